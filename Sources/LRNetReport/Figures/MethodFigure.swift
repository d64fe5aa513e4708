internal import LRNetTraining

/// Figure 4 of the paper: a comparison of methods over the epochs, with one data set per panel.
enum MethodFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("methods", "Figure 4: comparison of methods")
        let groups = DataSetGroup.split(runs).map { group in
            DataSetGroup(
                name: group.name,
                runs: group.runs.filter { !$0.run.metrics.validations.isEmpty })
        }
        let compared = groups.filter { $0.runs.count > 1 }
        guard !compared.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs at least two runs with validations on one data set, such as one recipe with "
                    + "weights=ternary and with weights=gumbel-ternary.")
        }
        let (mean, best) = ("Validation error, mean of the draws", "Validation error, best network")
        return Figure(
            name: name, title: title,
            caption:
                "The paper's figure compares LR-nets with Gumbel-softmax over ten epochs. "
                + "“\(mean)” does not favor methods with many draws; “\(best)” is the error of the "
                + "network that a user gets. Methods are comparable only to the extent that their "
                + "recipes agree; the table of recipes lists the differences.",
            panels: compared.flatMap { group in
                [
                    chart(group.title(mean, of: groups), group, runs, \.mean),
                    chart(group.title(best, of: groups), group, runs, \.best),
                ]
            },
            legend: RunColors.legendOfCurves(runs), columns: 2)
    }

    private static func chart(
        _ title: String, _ group: DataSetGroup, _ runs: [ReportRun],
        _ value: (RunMetrics.Validation) -> Double
    ) -> Chart {
        let lines = group.runs.map { number, run in
            Chart.Line(
                RunColors.directLabel(run, of: runs),
                run.metrics.validations.map { (run.epochs($0.step), value($0)) },
                .series(number), isDashed: RunColors.isDashed(number), hasPoints: true)
        }
        let ends = zip(group.runs, lines).compactMap { item, line in
            line.points.last.map { "\(item.run.label) \(Text.percent($0.y))" }
        }
        return Chart(
            title: title,
            summary: "\(title) over the epochs; at the end: \(ends.joined(separator: ", ")).",
            x: .epochs(upTo: group.runs.map(\.run.trainedEpochs).max() ?? 1),
            y: .fitting(lines.flatMap { $0.points.map(\.y) }, label: "%", kind: .logarithmic),
            lines.map { .line($0) })
    }
}
