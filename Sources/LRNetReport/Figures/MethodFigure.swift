internal import LRNetTraining

/// Figure 4 of the paper: methods against each other over the epochs.
enum MethodFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("methods", "Figure 4: methods against each other")
        let measured = runs.enumerated().filter { !$0.element.metrics.validations.isEmpty }
        guard measured.count > 1 else {
            return .missing(
                name: name, title: title,
                "Needs at least two runs with validations, such as weights=ternary and "
                    + "weights=gumbel-ternary of one recipe.")
        }
        func chart(
            _ title: String, _ value: (RunMetrics.Validation) -> Double
        ) -> Chart {
            let lines = measured.map { number, run in
                Chart.Line(
                    RunColours.directLabel(run, of: runs),
                    run.metrics.validations.map { (run.epochs($0.step), value($0)) },
                    .series(number), hasPoints: true)
            }
            let values = lines.flatMap { $0.points.map(\.y) }
            let ends = zip(measured, lines).compactMap { run, line in
                line.points.last.map { "\(run.element.label) \(Text.percent($0.y))" }
            }
            return Chart(
                title: title,
                summary: "\(title) over the epochs; at the end: \(ends.joined(separator: ", ")).",
                x: Axis(
                    label: "epochs", fitting: [0] + lines.flatMap { $0.points.map(\.x) }),
                y: Axis(label: "%", fitting: values, kind: .logarithmic),
                lines.map { .line($0) })
        }
        return Figure(
            name: name, title: title,
            caption:
                "The paper's figure compares LR-nets with Gumbel-softmax over ten epochs. Left: "
                + "what the mean draw does, which is fair to methods with many draws; right: the "
                + "best one. Methods are comparable as far as their recipes agree; what differs is "
                + "in the table of runs.",
            panels: [
                chart("Validation error, mean of the draws", \.mean),
                chart("Validation error, best draw", \.best),
            ],
            legend: RunColours.legendOfCurves(runs))
    }
}
