internal import LRNetKernels
internal import LRNetLayers

/// How undecided the weights of a layer are.
struct DistributionSummary {
    /// The mean entropy of a weight, in nats.
    var entropy: Double
    /// The share of weights whose likeliest value has a probability of ``saturation`` or more.
    var saturatedShare: Double

    /// The probability from which on a weight counts as decided: logits of 4.6 for a binary one.
    static let saturation: Float = 0.99

    /// Bins of a histogram of probabilities.
    static let bins = 20

    /// `nil` for methods without distributions.
    init?(_ layer: WeightedLayer) {
        guard let p = Self.probabilities(layer) else { return nil }
        let totals = DistributionStatistics.totals(
            zero: p.zero, plus: p.plus, saturation: Self.saturation)
        let count = Double(max(layer.shape.count, 1))
        entropy = totals.entropy / count
        saturatedShare = Double(totals.saturatedCount) / count
    }

    /// The probabilities of 0 and +1 of each weight.
    static func probabilities(_ layer: WeightedLayer) -> (zero: FloatView, plus: FloatView)? {
        layer.model.probabilities(layer.latents.map(\.value)).map {
            (FloatBuffer($0.zero).all, FloatBuffer($0.plus).all)
        }
    }

    /// Histograms of the probabilities; that of p(0) is empty where no weight can be 0.
    static func histograms(_ layer: WeightedLayer) -> RunMetrics.LayerDistributions? {
        guard let p = probabilities(layer) else { return nil }
        let zero = DistributionStatistics.histogram(p.zero, bins: bins)
        let isNeverZero = p.zero.values.allSatisfy { $0 == 0 }
        return RunMetrics.LayerDistributions(
            layer: layer.name, zero: isNeverZero ? [] : zero,
            plus: DistributionStatistics.histogram(p.plus, bins: bins))
    }
}
