internal import LRNetKernels

/// The outputs of a layer with weights, drawn from their means and variances or divided by their
/// deviations, and the slopes of both moments on the way back.
struct PreActivations {
    /// The shape of one sample.
    private let shape: ImageShape
    private let model: any WeightModel
    /// Means, then `z`.
    private let output: FloatBuffer
    /// Variances, then the sensitivities of `z` to them, then dL/d variance.
    private let sensitivity: FloatBuffer

    /// Creates the outputs of at most `sampleCount` samples.
    init(shape: ImageShape, model: any WeightModel, sampleCount: Int) {
        self.shape = shape
        self.model = model
        isStandardized = model is any StandardizesPreActivations
        output = FloatBuffer(count: sampleCount * shape.count)
        sensitivity = FloatBuffer(count: model.isProbabilistic ? sampleCount * shape.count : 0)
    }

    /// Pre-activations are divided by their deviation instead of being drawn.
    private let isStandardized: Bool

    /// The outputs of some samples.
    func values(_ samples: Range<Int>) -> FloatView { output[samples.scaled(by: shape.count)] }

    /// Where the moments of some samples stand.
    func moments(_ samples: Range<Int>, isNoisy: Bool) -> MomentViews {
        MomentViews(
            mean: values(samples),
            variance: isNoisy ? sensitivity[samples.scaled(by: shape.count)] : nil)
    }

    /// Draws the pre-activations of some samples from their moments, where the model draws them, and
    /// notes the smallest variance.
    ///
    /// - Parameter key: Of a sample's noise.
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

    /// Divides the means of some samples by their deviations, where the model does.
    func standardize(_ samples: Range<Int>, offset: Float) {
        guard isStandardized else { return }
        let values = samples.scaled(by: shape.count)
        SignActivations.standardize(
            mean: output[values], variance: sensitivity[values], offset: offset)
    }

    /// Turns dL/dz and the sensitivities of some samples into dM and dV, in place.
    func makeSlopes(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let slopes = slopes(samples, gradient)
        if isStandardized {
            Elementwise.multiply(
                slopes.mean, by: sensitivity[samples.scaled(by: shape.count)])
        }
        if let variance = slopes.variance { Elementwise.multiply(variance, by: slopes.mean) }
        return slopes
    }

    /// dM and dV of some samples, once they are made.
    func slopes(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let values = samples.scaled(by: shape.count)
        return MomentViews(
            mean: gradient[values], variance: model.hasVarianceGradient ? sensitivity[values] : nil)
    }
}
