internal import LRNetKernels

/// The outputs of a layer with weights. They are drawn from their means and variances, or divided
/// by their standard deviations. The backward pass computes the gradients of both moments here.
struct PreActivations {
    /// The shape of one sample.
    private let shape: ImageShape
    private let model: any WeightModel
    /// Means, then `z`.
    private let output: FloatBuffer
    /// Variances, then the derivatives of `z` with respect to them, then dL/d variance.
    private let sensitivity: FloatBuffer

    /// Creates memory for the outputs of at most `sampleCount` samples.
    init(shape: ImageShape, model: any WeightModel, sampleCount: Int) {
        self.shape = shape
        self.model = model
        isStandardized = model is any StandardizesPreActivations
        output = FloatBuffer(count: sampleCount * shape.count)
        sensitivity = FloatBuffer(count: model.isProbabilistic ? sampleCount * shape.count : 0)
    }

    /// True if pre-activations are divided by their standard deviations instead of being drawn.
    private let isStandardized: Bool

    /// Returns the outputs of some samples.
    func values(_ samples: Range<Int>) -> FloatView { output[samples.scaled(by: shape.count)] }

    /// Returns the memory for the moments of some samples.
    func moments(_ samples: Range<Int>, isNoisy: Bool) -> MomentViews {
        MomentViews(
            mean: values(samples),
            variance: isNoisy ? sensitivity[samples.scaled(by: shape.count)] : nil)
    }

    /// Draws the pre-activations of some samples from their moments if the model requires it, and
    /// records the smallest variance.
    ///
    /// - Parameter key: Returns the noise key of a sample.
    func draw(
        _ samples: Range<Int>, monitor: VarianceMonitor?, worker: Int, key: (Int) -> NoiseKey
    ) {
        if isStandardized { return }
        monitor?.note(sensitivity[samples.scaled(by: shape.count)], worker: worker)
        for sample in samples {
            let values = (sample..<sample + 1).scaled(by: shape.count)
            GaussianNoise.samplePreActivations(
                mean: output[values], variance: sensitivity[values],
                floor: WeightedLayer.varianceFloor, key: key(sample))
        }
    }

    /// Divides the means of some samples by their standard deviations, if the model requires it.
    func standardize(_ samples: Range<Int>, offset: Float) {
        guard isStandardized else { return }
        let values = samples.scaled(by: shape.count)
        SignActivations.standardize(
            mean: output[values], variance: sensitivity[values], offset: offset)
    }

    /// Computes dM and dV of some samples from dL/dz and the derivatives of z, in place.
    func computeMomentGradients(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let gradients = momentGradients(samples, gradient)
        if isStandardized {
            Elementwise.multiply(
                gradients.mean, by: sensitivity[samples.scaled(by: shape.count)])
        }
        if let variance = gradients.variance {
            Elementwise.multiply(variance, by: gradients.mean)
        }
        return gradients
    }

    /// Returns dM and dV of some samples, after they are computed.
    func momentGradients(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let values = samples.scaled(by: shape.count)
        return MomentViews(
            mean: gradient[values], variance: model.hasVarianceGradient ? sensitivity[values] : nil)
    }
}
