internal import LRNetKernels

/// Where the gradients of a layer with weights lie in its range of the gradient vector: one value a
/// mean, one a variance, one a scale and one a bias, in this order.
struct GradientLayout {
    /// None where losses alone give the gradient, or nothing is learnt.
    let means: Range<Int>

    /// `nil` where gradients know nothing of variances.
    let variances: Range<Int>?

    /// One range a tensor.
    let scales: [Range<Int>]

    /// `nil` for a layer without a bias.
    let bias: Range<Int>?

    /// The number of values.
    let count: Int

    /// Lays out the gradients of a layer.
    ///
    /// - Parameters:
    ///   - scales: The sizes of the scales.
    ///   - bias: The size of the bias.
    init(model: any WeightModel, shape: WeightShape, scales: [Int], bias: Int?) {
        var end = 0
        func next(_ count: Int) -> Range<Int> {
            defer { end += count }
            return end..<end + count
        }
        let isLearnt = !model.isFrozen
        means = next(isLearnt && model.hasWeightGradient ? shape.count : 0)
        variances = isLearnt && model.hasVarianceGradient ? next(means.count) : nil
        self.scales = (isLearnt ? scales : []).map(next)
        self.bias = isLearnt ? bias.map(next) : nil
        count = end
    }

    /// The scales, one after the other.
    var allScales: Range<Int> {
        let start = variances?.upperBound ?? means.upperBound
        return start..<(scales.last?.upperBound ?? start)
    }

    /// The means' and variances' gradients, of the layer's range of a gradient vector.
    func moments(of vector: FloatView) -> MomentViews {
        MomentViews(mean: vector[means], variance: variances.map { vector[$0] })
    }
}
