/// The color and name of a run in all figures.
enum RunColors {
    /// Returns true if names are written at the curves because they are few and short.
    private static func areDirect(_ runs: [ReportRun]) -> Bool {
        runs.count > 1 && runs.count <= 5 && runs.allSatisfy { $0.label.count <= 16 }
    }

    /// Returns true if a run's curves are dashed because its color is used a second time.
    static func isDashed(_ number: Int) -> Bool { number / ChartColor.series.count % 2 == 1 }

    /// Returns the name at a curve's end; empty if there is one run, or if names are too many or
    /// too long.
    static func directLabel(_ run: ReportRun, of runs: [ReportRun]) -> String {
        areDirect(runs) ? run.label : ""
    }

    /// Returns the legend of curves; empty if names are written at the curves' ends.
    static func legendOfCurves(_ runs: [ReportRun]) -> [LegendEntry] {
        areDirect(runs) ? [] : legend(runs)
    }

    /// Returns the legend; empty if there is only one run.
    static func legend(_ runs: [ReportRun]) -> [LegendEntry] {
        guard runs.count > 1 else { return [] }
        return runs.enumerated().map { number, run in
            LegendEntry(run.label, .series(number), isDashed: isDashed(number))
        }
    }
}
