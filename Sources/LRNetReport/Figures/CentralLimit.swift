internal import LRNetTraining

/// Figures 1 and 2 of the paper: pre-activations with drawn weights, compared with the Gaussian.
enum CentralLimit {
    /// The number of bins of a histogram and its range, in standard deviations on each side of the
    /// mean.
    private static let bins = 45
    private static let reach = 4.5

    /// Returns the histogram of a neuron's draws and the Gaussian that the training step samples,
    /// or `nil` if the pre-activation has no variance because all weights are decided.
    private static func parts(
        _ neuron: RunInspection.Neuron
    ) -> (histogram: Histogram, gaussian: Gaussian)? {
        let deviation = neuron.variance.squareRoot()
        guard deviation > 1e-9, deviation.isFinite else { return nil }
        let range = neuron.mean - reach * deviation...neuron.mean + reach * deviation
        return (
            Histogram(neuron.draws, in: range, bins: bins),
            Gaussian(mean: neuron.mean, deviation: deviation)
        )
    }

    /// Returns the Jensen-Shannon divergence of the draws from the Gaussian, in bits.
    static func divergence(_ neuron: RunInspection.Neuron) -> Double? {
        parts(neuron).map {
            Divergence.jensenShannon($0.histogram.shares, $0.gaussian.shares($0.histogram.edges))
        }
    }

    // MARK: Figure 1

    static func first(_ runs: [ReportRun], _ inspectedRuns: [InspectedRun?]) -> Figure {
        let (name, title) = ("central-limit", "Figure 1: is the pre-activation Gaussian?")
        let candidates = zip(runs, inspectedRuns).filter { $0.1?.neurons.isEmpty == false }
        guard
            let (run, inspected) = candidates.first(where: { $0.0.method == "ternary" })
                ?? candidates.first, let inspected
        else {
            return .missing(
                name: name, title: title,
                "Needs --data DIR and a run of a method with distributions (ternary, binary, "
                    + "gumbel-ternary, gumbel-binary), with a checkpoint.")
        }
        return Figure(
            name: name, title: title, caption: caption(inspected, run),
            panels: inspected.neurons.map { panel($0, title: $0.neuron.layer, color: .series(0)) },
            legend: legend([("weights drawn", .series(0))]), table: table([(run, inspected)]))
    }

    private static func caption(_ inspected: InspectedRun, _ run: ReportRun) -> String {
        let chance = Divergence.jensenShannonOfChance(bins: bins, count: InspectedRun.draws)
        return
            "Training computes the mean and variance of a pre-activation and samples that "
            + "Gaussian. Here, the weights of one neuron in the first and in the last discrete "
            + "layer of \(run.label) after \(Text.epochCount(run.epochs(inspected.step))) are "
            + "actually drawn, \(Ticks.grouped(InspectedRun.draws)) times, for the first "
            + "validation image (or training image, if there are none). The neuron is at the position where the layer's input has the "
            + "most energy, in the channel with the median variance. JS is the Jensen-Shannon "
            + "divergence between the histogram and the Gaussian: 0 bits if they are equal, 1 bit "
            + "if they do not overlap. For a sample of this size, chance alone produces "
            + "\(Text.general(chance)) bits."
    }

    private static func legend(_ entries: [(String, ChartColor)]) -> [LegendEntry] {
        entries.map { LegendEntry($0.0, $0.1) } + [LegendEntry("Gaussian", .neutral)]
    }

    private static func panel(
        _ part: InspectedRun.Neuron, title: String, color: ChartColor
    ) -> Chart {
        let neuron = part.neuron
        let inputs = "\(neuron.activeInputCount) of \(neuron.fanIn) inputs not 0"
        guard let (histogram, gaussian) = parts(neuron) else {
            return Chart(
                title: "\(title): all weights are decided", summary: "No variance; \(inputs).",
                x: Axis(label: "pre-activation (\(inputs))", range: -1...1),
                y: Axis(label: "density", range: 0...1), [])
        }
        let divergence = Divergence.jensenShannon(
            histogram.shares, gaussian.shares(histogram.edges))
        let (low, high) = (histogram.edges[0], histogram.edges[histogram.edges.count - 1])
        let curve = (0...120).map { number -> (x: Double, y: Double) in
            let x = low + (high - low) * Double(number) / 120
            return (x, gaussian.density(x))
        }
        return Chart(
            title: "\(title): JS \(Text.number(divergence, 4)) bits",
            summary: "Histogram of a pre-activation with drawn weights: mean "
                + "\(Text.general(neuron.mean)), standard deviation "
                + "\(Text.general(gaussian.deviation)), \(inputs). Its Jensen-Shannon divergence "
                + "from the Gaussian is \(Text.number(divergence, 4)) bits.",
            x: Axis(label: "pre-activation (\(inputs))", range: low...high),
            y: Axis(
                label: "density", fitting: histogram.densities + curve.map(\.y),
                includesZero: true, count: 4),
            [
                .bars(.init(edges: histogram.edges, heights: histogram.densities, color)),
                .line(Chart.Line("", curve, .neutral)),
            ])
    }

    private static func table(_ items: [(ReportRun, InspectedRun)]) -> Figure.Table {
        Figure.Table(
            header: [
                .text("run"), .text("layer"), .number("inputs not 0"),
                .number("JS in the figure"), .number("median of \(InspectedRun.images) images"),
                .number("largest"),
            ],
            rows: items.flatMap { run, inspected in
                inspected.neurons.map { part in
                    let sorted = part.divergences.sorted()
                    func bits(_ value: Double?) -> String {
                        value.map { "\(Text.number($0, 4)) bits" } ?? "–"
                    }
                    return [
                        run.label, part.neuron.layer,
                        "\(part.neuron.activeInputCount) of \(part.neuron.fanIn)",
                        bits(divergence(part.neuron)),
                        bits(sorted.isEmpty ? nil : sorted[sorted.count / 2]), bits(sorted.last),
                    ]
                }
            })
    }

    // MARK: Figure 2

    static func second(_ runs: [ReportRun], _ inspectedRuns: [InspectedRun?]) -> Figure {
        let (name, title) = ("probability-decay", "Figure 2: what probability decay changes")
        let known = zip(runs, inspectedRuns).compactMap { run, inspected in
            inspected.flatMap { $0.neurons.isEmpty ? nil : (run: run, inspected: $0) }
        }
        func decay(_ run: ReportRun) -> Double { run.recipe.regularization.probabilityDecay }
        typealias Item = (run: ReportRun, inspected: InspectedRun)
        var pair: (without: Item, with: Item)?
        for without in known where decay(without.run) == 0 && pair == nil {
            let with = known.first {
                $0.run.method == without.run.method && $0.run.dataSet == without.run.dataSet
                    && decay($0.run) > 0
            }
            if let with { pair = (without, with) }
        }
        guard let pair else {
            return .missing(
                name: name, title: title,
                "Needs --data DIR and two runs of one method on that data set, one of them with "
                    + "--set regularization.probabilityDecay=0.")
        }
        let items: [(Item, ChartColor)] = [(pair.without, .series(1)), (pair.with, .series(0))]
        let panels = items.flatMap { item, color in
            item.inspected.neurons.map { part in
                let decay = Text.general(decay(item.run))
                return panel(part, title: "\(part.neuron.layer), decay \(decay)", color: color)
            }
        }
        return Figure(
            name: name, title: title,
            caption:
                "The same as Figure 1 for a run without probability decay and a run with it. Decay "
                + "keeps probabilities away from 0 and 1, so more terms of the sum stay random "
                + "and the Gaussian fits better. In the paper, the difference appears after "
                + "long training.",
            panels: panels,
            legend: legend([("without decay", .series(1)), ("with decay", .series(0))]),
            table: table([pair.without, pair.with]))
    }
}
