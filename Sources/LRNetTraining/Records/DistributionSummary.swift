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

    /// Weights that are looked at together: few enough to stay in a core's cache.
    private static let chunk = 1 << 14

    /// `nil` for methods without distributions.
    init?(_ layer: WeightedLayer) {
        guard let model = layer.model as? any HasDistributions else { return nil }
        let (count, latents) = (layer.shape.count, layer.latents.map(\.value))
        // Learned tensors that are not a value a weight cannot be cut.
        let canCut = latents.allSatisfy { $0.count == count }
        var totals = DistributionStatistics.Totals()
        for start in stride(from: 0, to: count, by: canCut ? Self.chunk : max(count, 1)) {
            let range = start..<min(start + Self.chunk, count)
            let p = model.probabilities(canCut ? latents.map { $0[range] } : latents)
            let part = DistributionStatistics.totals(
                zero: FloatBuffer(p.zero).all, plus: FloatBuffer(p.plus).all,
                saturation: Self.saturation)
            totals.entropy += part.entropy
            totals.saturatedCount += part.saturatedCount
        }
        entropy = totals.entropy / Double(max(count, 1))
        saturatedShare = Double(totals.saturatedCount) / Double(max(count, 1))
    }

    /// The probabilities of 0 and +1 of each weight.
    static func probabilities(_ layer: WeightedLayer) -> (zero: FloatView, plus: FloatView)? {
        guard let model = layer.model as? any HasDistributions else { return nil }
        let p = model.probabilities(layer.latents.map(\.value))
        return (FloatBuffer(p.zero).all, FloatBuffer(p.plus).all)
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
