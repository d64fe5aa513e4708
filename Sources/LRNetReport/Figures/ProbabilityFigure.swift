internal import LRNetTraining

/// Figure 6 of the paper: histograms of p(w = 0) at the start and at the end of training.
enum ProbabilityFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("probabilities", "Figure 6: p(w = 0) at the start and at the end")
        let panels = runs.flatMap(panels)
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run of a method with distributions (ternary, binary, gumbel-ternary, "
                    + "gumbel-binary) with at least one validation, trained with this version.")
        }
        return Figure(
            name: name, title: title,
            caption: "The percentage of a layer's weights in 20 bins of the probability, for the "
                + "first and the last discrete layer, initially and at the last validation. Binary "
                + "weights are never 0, so their p(w = +1) is shown.",
            panels: panels,
            legend: [LegendEntry("start", .neutral), LegendEntry("end", .series(0))],
            columns: 2)
    }

    private static func panels(_ run: ReportRun) -> [Chart] {
        guard let start = run.metrics.distributions.first,
            let end = run.metrics.distributions.last, end.step > start.step
        else { return [] }
        var places = [start.layers.startIndex]
        if start.layers.count > 1 { places.append(start.layers.count - 1) }
        return places.compactMap { place in
            guard end.layers.count == start.layers.count else { return nil }
            let (old, new) = (start.layers[place], end.layers[place])
            let isBinary = old.zero.isEmpty
            let counts = isBinary ? (old.plus, new.plus) : (old.zero, new.zero)
            return chart(
                run, layer: old.layer, quantity: isBinary ? "p(w = +1)" : "p(w = 0)",
                old: Histogram(counts: counts.0, in: 0...1),
                new: Histogram(counts: counts.1, in: 0...1), epochs: run.epochs(end.step))
        }
    }

    private static func chart(
        _ run: ReportRun, layer: String, quantity: String, old: Histogram, new: Histogram,
        epochs: Double
    ) -> Chart {
        let shares = (old.shares.map { 100 * $0 }, new.shares.map { 100 * $0 })
        func ends(_ shares: [Double]) -> String {
            "\(Text.percent(shares.first, 1)) in the lowest bin and "
                + "\(Text.percent(shares.last, 1)) in the highest"
        }
        return Chart(
            title: "\(run.label), \(layer)",
            summary: "Histogram of \(quantity). Start: \(ends(shares.0)); after "
                + "\(Text.epochCount(epochs)): \(ends(shares.1)).",
            x: Axis(label: quantity, range: 0...1),
            y: Axis(label: "% of weights", fitting: shares.0 + shares.1, includesZero: true),
            [
                .bars(.init(edges: old.edges, heights: shares.0, .neutral)),
                .bars(.init(edges: new.edges, heights: shares.1, .series(0))),
                .line(outline(new.edges, shares.1, .series(0))),
            ])
    }

    /// Returns the upper outline of bars.
    private static func outline(
        _ edges: [Double], _ heights: [Double], _ color: ChartColor
    ) -> Chart.Line {
        var points: [(x: Double, y: Double)] = []
        for (number, height) in heights.enumerated() {
            points += [(edges[number], height), (edges[number + 1], height)]
        }
        return Chart.Line("", points, color)
    }
}
