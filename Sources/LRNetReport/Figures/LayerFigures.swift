internal import Foundation
internal import LRNetTraining

/// Statistics of each layer's weights during training: entropy, flips, saturation, zeros.
enum LayerFigures {
    /// Figure 5 of the paper.
    static func entropy(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("entropy", "Figure 5: mean entropy of each layer's weights")
        let panels = runs.compactMap { run in
            chart(run, title: run.label, label: "nats per weight", includesZero: true) {
                $0.entropy
            }
        }
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run of a method with distributions (ternary, binary, gumbel-ternary, "
                    + "gumbel-binary), trained with this version.")
        }
        return Figure(
            name: name, title: title,
            caption: "Every weight is a distribution over its values. Its entropy is ln 3 = 1.10 "
                + "nats if three values are equally likely, ln 2 = 0.69 nats if two are, and 0 "
                + "once the weight is decided. Entropies are computed from the logits every 50 "
                + "steps.",
            panels: panels)
    }

    /// Returns the figure of flips, saturation and zeros, which is not in the paper.
    static func movement(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("movement", "How weights move: flips, saturation, zeros")
        let panels = runs.flatMap { run -> [Chart] in
            let parts: [(String, (RunMetrics.LayerWeights) -> Double?)] = [
                ("flipped weights, %", { 100 * $0.flips }),
                ("saturated weights, %", { $0.saturation.map { 100 * $0 } }),
                ("weights most likely 0, %", { 100 * $0.zeros }),
            ]
            return parts.enumerated().compactMap { number, part in
                let word = ["flips", "saturation", "zeros"][number]
                return chart(
                    run, title: "\(run.label): \(word)", label: part.0,
                    kind: number == 0 ? .logarithmic : .linear, includesZero: number > 0,
                    fullIntervalsOnly: number == 0, part.1)
            }
        }
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run of a method with discrete weights, trained with this version.")
        }
        return Figure(
            name: name, title: title,
            caption: "A weight has flipped if its most likely value differs from the value 50 "
                + "steps before. A curve has a gap where no weight has flipped. A weight is "
                + "saturated if its most likely value has a probability of at least 0.99.",
            panels: panels)
    }

    private static func chart(
        _ run: ReportRun, title: String, label: String, kind: Axis.Kind = .linear,
        includesZero: Bool, fullIntervalsOnly: Bool = false,
        _ value: (RunMetrics.LayerWeights) -> Double?
    ) -> Chart? {
        var records = run.metrics.weights
        if fullIntervalsOnly {
            // The last interval may be longer or shorter than the others.
            let lengths = records.filter { $0.step > 0 }.map { $0.step - $0.sinceStep }
            let interval = lengths.first ?? 0
            let full = records.filter { $0.step > 0 && $0.step - $0.sinceStep == interval }
            records = full
        }
        let names = records.first?.layers.map(\.layer) ?? []
        let lines = names.enumerated().compactMap { number, name -> Chart.Line? in
            let points = records.compactMap { record -> (x: Double, y: Double)? in
                guard let layer = record.layers.first(where: { $0.layer == name }),
                    let value = value(layer)
                else { return nil }
                // A logarithmic axis cannot show 0.
                return (
                    run.epochs(record.step), kind == .logarithmic && value <= 0 ? .nan : value
                )
            }
            guard points.contains(where: { $0.y.isFinite }) else { return nil }
            return Chart.Line(
                names.count <= 8 || number % 4 == 0 ? name : "", points,
                .ordered(number, of: names.count))
        }
        guard !lines.isEmpty else { return nil }
        let ends = lines.compactMap { line in
            line.points.last { $0.y.isFinite }.map {
                "\(line.name.isEmpty ? "a layer" : line.name) \(Text.general($0.y))"
            }
        }
        return Chart(
            title: title,
            summary: "\(label), for each layer over the epochs; at the end: "
                + ends.joined(separator: ", ") + ".",
            x: .epochs(upTo: run.trainedEpochs),
            y: .fitting(
                lines.flatMap { $0.points.map(\.y) }, label: label, includesZero: includesZero,
                kind: kind),
            lines.map { .line($0) })
    }
}
