internal import LRNetDiagnostics
internal import LRNetTraining

/// The time of a step by stage.
enum StageFigure {
    private static let stages = [
        "waiting for data", "forward", "backward", "waiting for gradients", "update", "rest",
    ]
    private static let colors: [ChartColor] = [
        .series(3), .series(0), .series(2), .series(1), .series(4), .neutral,
    ]

    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("stages", "Step time")
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
            caption: "Mean over all steps on rank 0, without validations and checkpoints. Forward "
                + "and backward include the exchange of batch-norm sums. Gradients are exchanged "
                + "while earlier layers compute, so only the remaining wait is shown. Rest: "
                + "losses, flags and decisions, and their exchange.",
            panels: [
                StackedBars(
                    title: "Milliseconds per step",
                    summary: "Step time by stage. " + summary.joined(separator: ", ") + ".",
                    axis: Axis(label: "ms", fitting: totals, includesZero: true), inks: colors,
                    bars)
            ],
            legend: zip(stages, colors).map { LegendEntry($0, $1) },
            table: Figure.Table(
                header: [.text("run")] + stages.map { .number("\($0), ms") }
                    + [.number("validations, s in total")],
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
