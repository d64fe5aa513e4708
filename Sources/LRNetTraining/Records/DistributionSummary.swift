internal import LRNetKernels
internal import LRNetLayers

/// Statistics that show how undecided the weights of a layer are.
struct DistributionSummary {
    /// The mean entropy of a weight, in nats.
    var entropy: Double
    /// The share of weights whose likeliest value has a probability of ``saturation`` or more.
    var saturatedShare: Double

    /// The minimum probability at which a weight counts as decided. For a binary weight it
    /// corresponds to a logit of 4.6.
    static let saturation: Float = 0.99

    /// The number of bins in a histogram of probabilities.
    static let bins = 20

    /// The number of weights that are evaluated together; they fit in a core's cache.
    private static let chunk = 1 << 14

    /// Summarizes a layer; `nil` for methods without distributions.
    init?(_ layer: WeightedLayer) {
        guard let model = layer.model as? any HasDistributions else { return nil }
        let (count, latents) = (layer.shape.count, layer.latents.map(\.value))
        // Only learned tensors with one value per weight can be cut into chunks.
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

    /// Returns each weight's probabilities of 0 and +1; `nil` for methods without distributions.
    static func probabilities(_ layer: WeightedLayer) -> (zero: FloatView, plus: FloatView)? {
        guard let model = layer.model as? any HasDistributions else { return nil }
        let p = model.probabilities(layer.latents.map(\.value))
        return (FloatBuffer(p.zero).all, FloatBuffer(p.plus).all)
    }

    /// Returns histograms of the probabilities; `nil` for methods without distributions. The
    /// histogram of p(0) is empty if no weight can be 0.
    static func histograms(_ layer: WeightedLayer) -> RunMetrics.LayerDistributions? {
        guard let p = probabilities(layer) else { return nil }
        let zero = DistributionStatistics.histogram(p.zero, bins: bins)
        let isNeverZero = p.zero.values.allSatisfy { $0 == 0 }
        return RunMetrics.LayerDistributions(
            layer: layer.name, zero: isNeverZero ? [] : zero,
            plus: DistributionStatistics.histogram(p.plus, bins: bins))
    }
}
