public import LRNetKernels

/// Binary weights with one scale a filter: Binary-Weight-Networks, and with signs in front of the
/// products XNOR-Net.
///
/// The input scaling map of the XNOR-Net paper is not in its released code, nor here.
///
/// - Source: Rastegari, Ordonez, Redmon, Farhadi, *XNOR-Net*, ECCV 2016; formulas at ``FilterWeights``.
public struct FilterScaleModel: WeightModel {
    /// Whether activations are binary, too.
    public let hasBinaryActivations: Bool

    /// `bwn` or `xnor`
    public var name: String { hasBinaryActivations ? "xnor" : "bwn" }

    /// No.
    public let isProbabilistic = false

    /// No.
    public let isDrawn = false

    /// Two.
    public let levels: Int? = 2

    /// Straight through, with factors.
    public let gradientRule = GradientRule.straightThrough

    /// Signs in front of the products for XNOR-Net.
    public var activations: ActivationStyle { hasBinaryActivations ? .signBefore : .rectified }

    /// Creates the model.
    public init(hasBinaryActivations: Bool = false) {
        self.hasBinaryActivations = hasBinaryActivations
    }

    /// The latent weights.
    public func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Xavier normal, or a copy; then as behind an update.
    public func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize(latents, shape: shape, from: source)
        didUpdate(latents, shape: shape)
    }

    /// The scales.
    public func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float] {
        FilterWeights.scales(latents[0], outputs: shape.outputs)
    }

    /// Scaled signs.
    public func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        SignWeights.binarize(latents[0], into: weights.mean)
        Elementwise.multiplyRows(of: weights.mean, by: step.statistics)
    }

    /// Straight through, with the released code's factors.
    public func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        FilterWeights.pullBack(
            latent: latents[0], first: first, scales: step.statistics, rows: step.shape.fanIn,
            inputs: step.shape.inputs, weightGradient: gradient.mean,
            latentGradient: latentGradients[0])
    }

    /// Centres over input channels, and clips to -1 ... 1.
    public func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        FilterWeights.centre(latents[0], inputs: shape.inputs, outputs: shape.outputs)
    }

    /// Signs and scales, whatever the selection.
    public func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        SignWeights.binarize(latents[0], into: weights)
        return TestWeights(
            scale: FilterWeights.scales(latents[0], outputs: shape.outputs), isDiscrete: true)
    }
}
