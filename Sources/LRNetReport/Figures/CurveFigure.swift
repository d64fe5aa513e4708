internal import LRNetTraining

/// Loss, errors and learning rate over the epochs, one curve a run.
enum CurveFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let x = Axis(
            label: "epochs",
            fitting: [0]
                + runs.flatMap { run in
                    run.metrics.training.map { run.epochs($0.step) }
                })
        func chart(
            _ title: String, _ label: String, kind: Axis.Kind = .linear, hasPoints: Bool = false,
            _ values: (ReportRun) -> [(x: Double, y: Double)]
        ) -> Chart {
            let lines = runs.enumerated().map { number, run in
                Chart.Line(
                    RunColours.directLabel(run, of: runs), values(run), .series(number),
                    hasPoints: hasPoints)
            }
            let ends = zip(runs, lines).compactMap { run, line in
                line.points.last.map { "\(run.label) \(Text.general($0.y))" }
            }
            return Chart(
                title: title,
                summary: "\(title) over the epochs; at the end: \(ends.joined(separator: ", ")).",
                x: x,
                y: Axis(
                    label: label, fitting: lines.flatMap { $0.points.map(\.y) },
                    includesZero: kind == .linear, kind: kind),
                lines.map { .line($0) })
        }
        func training(
            _ value: @escaping (RunMetrics.Training) -> Double
        ) -> (ReportRun) -> [(x: Double, y: Double)] {
            { run in run.metrics.training.map { (run.epochs($0.step), value($0)) } }
        }
        var panels = [
            chart("Training loss", "cross-entropy, nats", kind: .logarithmic, training(\.loss)),
            chart("Training error", "%", training(\.errorPercent)),
        ]
        if runs.contains(where: { !$0.metrics.validations.isEmpty }) {
            panels.append(
                chart("Validation error of the best draw", "%", hasPoints: true) { run in
                    run.metrics.validations.map { (run.epochs($0.step), $0.best) }
                })
        }
        panels.append(
            chart("Learning rate", "of Adam", kind: .logarithmic) { run in
                // A rate holds from one record to the next.
                var (points, start) = ([(x: Double, y: Double)](), 0.0)
                for record in run.metrics.training {
                    let end = run.epochs(record.step)
                    points += [(start, record.learningRate), (end, record.learningRate)]
                    start = end
                }
                return points
            })
        return Figure(
            name: "curves", title: "Loss, error and learning rate",
            caption: "Training values are means over 50 steps, with the noise of training (drawn "
                + "pre-activations, dropout); validation values are those of finished networks, "
                + "whose weights were drawn once.",
            panels: panels, legend: RunColours.legendOfCurves(runs))
    }
}

/// Which colour and name a run has in all figures.
enum RunColours {
    /// Whether names stand at the curves: few and short ones.
    private static func areDirect(_ runs: [ReportRun]) -> Bool {
        runs.count > 1 && runs.count <= 5 && runs.allSatisfy { $0.label.count <= 16 }
    }

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
        return runs.enumerated().map { LegendEntry($0.element.label, .series($0.offset)) }
    }
}
