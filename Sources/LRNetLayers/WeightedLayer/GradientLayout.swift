internal import LRNetKernels

/// The positions of the gradients of a layer with weights in its range of the gradient vector: one
/// value per mean, then one per variance, one per scale and one per bias.
struct GradientLayout {
    /// Empty if the gradient comes from losses alone, or if nothing is learned.
    let means: Range<Int>

    /// `nil` if gradients do not include variances.
    let variances: Range<Int>?

    /// One range per tensor.
    let scales: [Range<Int>]

    /// `nil` for a layer without a bias.
    let bias: Range<Int>?

    let count: Int

    /// Lays out the gradients of a layer.
    ///
    /// - Parameters:
    ///   - scales: The sizes of the scales.
    ///   - bias: The size of the bias; `nil` for a layer without a bias.
    init(model: any WeightModel, shape: WeightShape, scales: [Int], bias: Int?) {
        var end = 0
        func next(_ count: Int) -> Range<Int> {
            defer { end += count }
            return end..<end + count
        }
        let isLearned = !model.isFrozen
        means = next(isLearned && model.hasWeightGradient ? shape.count : 0)
        variances = isLearned && model.hasVarianceGradient ? next(means.count) : nil
        self.scales = (isLearned ? scales : []).map(next)
        self.bias = isLearned ? bias.map(next) : nil
        count = end
    }

    /// The range of all scales, one after another.
    var allScales: Range<Int> {
        let start = variances?.upperBound ?? means.upperBound
        return start..<(scales.last?.upperBound ?? start)
    }

    /// Returns the gradients of means and variances in the layer's range of a gradient vector.
    func moments(of vector: FloatView) -> MomentViews {
        MomentViews(mean: vector[means], variance: variances.map { vector[$0] })
    }
}
