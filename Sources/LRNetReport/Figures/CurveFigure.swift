internal import LRNetTraining

/// Loss, errors and learning rate over the epochs: one curve per run, with runs of one data set in
/// the same panel.
enum CurveFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let groups = DataSetGroup.split(runs)
        return Figure(
            name: "curves", title: "Loss, error and learning rate",
            caption: "Training values are means over 50 steps and include the noise of training "
                + "(sampled pre-activations, dropout). Validation values are those of finished "
                + "networks, whose weights were drawn once.",
            panels: groups.flatMap { panels($0, of: groups, runs) },
            legend: RunColors.legendOfCurves(runs), columns: groups.count > 1 ? 2 : nil)
    }

    private static func panels(
        _ group: DataSetGroup, of groups: [DataSetGroup], _ runs: [ReportRun]
    ) -> [Chart] {
        let x = Axis.epochs(upTo: group.runs.map(\.run.trainedEpochs).max() ?? 1)
        func chart(
            _ name: String, _ label: String, kind: Axis.Kind = .linear, hasPoints: Bool = false,
            _ values: (ReportRun) -> [(x: Double, y: Double)]
        ) -> Chart {
            let lines = group.runs.map { number, run in
                Chart.Line(
                    RunColors.directLabel(run, of: runs), values(run), .series(number),
                    isDashed: RunColors.isDashed(number), hasPoints: hasPoints)
            }
            let ends = zip(group.runs, lines).compactMap { item, line in
                line.points.last.map { "\(item.run.label) \(Text.general($0.y))" }
            }
            let title = group.title(name, of: groups)
            return Chart(
                title: title,
                summary: "\(title) over the epochs; at the end: \(ends.joined(separator: ", ")).",
                x: x,
                y: .fitting(
                    lines.flatMap { $0.points.map(\.y) }, label: label,
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
        if group.runs.contains(where: { !$0.run.metrics.validations.isEmpty }) {
            panels.append(
                chart("Validation error of the best network", "%", hasPoints: true) { run in
                    run.metrics.validations.map { (run.epochs($0.step), $0.best) }
                })
        }
        let optimizers = Set(group.runs.map { $0.run.recipe.optimizer.name.rawValue }).sorted()
        let names = optimizers.map { ["adam": "Adam", "sgd": "SGD"][$0] ?? $0 }
        panels.append(
            chart(
                "Learning rate", "\(Text.list(names)); for logits if they have their own",
                kind: .logarithmic
            ) { run in
                // A rate is constant from one record to the next.
                var (points, start) = ([(x: Double, y: Double)](), 0.0)
                for record in run.metrics.training {
                    let end = run.epochs(record.step)
                    let rate = record.logitRate ?? record.learningRate
                    points += [(start, rate), (end, rate)]
                    start = end
                }
                return points
            })
        return panels
    }
}
