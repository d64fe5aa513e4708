/// Which color and name a run has in all figures.
enum RunColors {
    /// Whether names stand at the curves: few and short ones.
    private static func areDirect(_ runs: [ReportRun]) -> Bool {
        runs.count > 1 && runs.count <= 5 && runs.allSatisfy { $0.label.count <= 16 }
    }

    /// Whether a run's curves are dashed: colors are used a second time where runs are many.
    static func isDashed(_ number: Int) -> Bool { number / ChartColor.series.count % 2 == 1 }

    /// The name at a curve's end; none where there is one run, or names are too long.
    static func directLabel(_ run: ReportRun, of runs: [ReportRun]) -> String {
        areDirect(runs) ? run.label : ""
    }

    /// The legend of curves, where names do not stand at their ends.
    static func legendOfCurves(_ runs: [ReportRun]) -> [LegendEntry] {
        areDirect(runs) ? [] : legend(runs)
    }

    /// The legend, where there is more than one run.
    static func legend(_ runs: [ReportRun]) -> [LegendEntry] {
        guard runs.count > 1 else { return [] }
        return runs.enumerated().map { number, run in
            LegendEntry(run.label, .series(number), isDashed: isDashed(number))
        }
    }
}
