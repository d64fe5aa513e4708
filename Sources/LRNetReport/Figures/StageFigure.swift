internal import LRNetDiagnostics
internal import LRNetTraining

/// Where the time of a step goes.
enum StageFigure {
    private static let stages = [
        "waiting for data", "forward", "backward", "waiting for gradients", "update", "rest",
    ]
    private static let inks: [ChartColor] = [
        .series(3), .series(0), .series(2), .series(1), .series(4), .neutral,
    ]

    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("stages", "Time of a step")
        let timed = runs.compactMap { run in bar(run).map { (run: run, bar: $0) } }
        let bars = timed.map(\.bar)
        guard !bars.isEmpty else {
            return .missing(
                name: name, title: title, "Needs a run that was trained with this version.")
        }
        let totals = bars.map { $0.parts.reduce(0, +) }
        let summary = zip(bars, totals).map { "\($0.name): \(Text.number($1, 1)) ms" }
        return Figure(
            name: name, title: title,
            caption: "Mean over all steps, on rank 0, without validations and checkpoints. Forward "
                + "and backward contain the exchange of batch-norm sums; gradients are exchanged "
                + "while earlier layers compute, so only what is left is waited for. Rest: losses, "
                + "flags and decisions, and their exchange.",
            panels: [
                StackedBars(
                    title: "Milliseconds a step",
                    summary: "Time of a step in stages. " + summary.joined(separator: ", ") + ".",
                    axis: Axis(label: "ms", fitting: totals, includesZero: true), inks: inks, bars)
            ],
            legend: zip(stages, inks).map { LegendEntry($0, $1) },
            table: Figure.Table(
                header: [.text("run")] + stages.map { .number("\($0), ms") }
                    + [.number("validations, s in all")],
                rows: timed.map { run, bar in
                    let seconds = run.metrics.validations.map(\.seconds).reduce(0, +)
                    return [run.label] + bar.parts.map { Text.number($0, 1) }
                        + [Text.number(seconds, 1)]
                }))
    }

    private static func bar(_ run: ReportRun) -> StackedBars.Bar? {
        var (parts, images) = (Array(repeating: 0.0, count: stages.count), 0.0)
        for record in run.metrics.training {
            guard let forward = record.forwardSeconds, let backward = record.backwardSeconds,
                let reduction = record.reductionSeconds, let update = record.updateSeconds
            else { continue }
            let total = record.dataSeconds + record.computeSeconds + record.communicationSeconds
            let known = [record.dataSeconds, forward, backward, reduction, update]
            for (index, value) in known.enumerated() { parts[index] += value }
            parts[stages.count - 1] += max(total - known.reduce(0, +), 0)
            images += record.imagesPerSecond * total
        }
        let steps = images / Double(run.recipe.training.globalBatch)
        guard steps > 0 else { return nil }
        let ranks = run.environment.map {
            ", \(Text.count($0.ranks, "rank")) of \(Text.count($0.threads, "thread"))"
        }
        return StackedBars.Bar(run.label + (ranks ?? ""), parts.map { 1000 * $0 / steps })
    }
}
