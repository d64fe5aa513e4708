package import LRNetKernels
internal import LRNetSupport

extension TrainingMethod {
    package static let ttq = TrainingMethod(
        "ttq", publication: "Zhu et al. 2017", summary: "threshold, two learned scales a layer",
        gradient: "straight through by zone; exact for the scales",
        result: "-1, 0, +1, two scales", constants: [TrainedTernaryModel.threshold]
    ) { TrainedTernaryModel(thresholdFactor: Float($0[number: TrainedTernaryModel.threshold])) }
}

/// Trained Ternary Quantization: latent real weights, ternarised by a threshold, with two scales a layer
/// that are learned beside them.
///
/// - Source: Zhu, Han, Mao, Dally, *Trained Ternary Quantization*, ICLR 2017; formulas at
///   ``TrainedTernaryWeights``. Scales start at 1 and are kept positive, which the released code does
///   not see to.
package struct TrainedTernaryModel: NeedsWholeLayer, LearnsScales, HasConstraint {
    /// The threshold as a share of the largest magnitude; in 0 ..< 1, 0.05 in the paper.
    package let thresholdFactor: Float

    package static let threshold = MethodConstant.number(
        "threshold", .from(0, below: 1), usual: 0.05,
        about: "Weights below this share of the layer's largest magnitude become 0.")

    /// Scales are kept at least this large.
    static let leastScale: Float = 1e-4

    /// No.
    package let isProbabilistic = false

    /// No.
    package let isDrawn = false

    /// Three.
    package let levels: Int? = 3

    /// Straight through for latent weights; the scales' is exact.
    package let gradientRule = GradientRule.straightThrough

    /// Creates the model.
    package init(thresholdFactor: Float = 0.05) {
        precondition(
            thresholdFactor >= 0 && thresholdFactor < 1, "threshold factor \(thresholdFactor)")
        self.thresholdFactor = thresholdFactor
    }

    /// The latent weights, and the scales of positive and of negative weights.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [
            LatentTensor(name: "weight", role: .weight, shape: shape.sizes),
            LatentTensor(name: "positiveScale", role: .scale, shape: [1]),
            LatentTensor(name: "negativeScale", role: .scale, shape: [1]),
        ]
    }

    /// Xavier normal, or a copy; scales of 1.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize([latents[0]], shape: shape, from: source)
        latents[1].fill(1)
        latents[2].fill(1)
    }

    /// Threshold, positive and negative scale.
    package func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float] {
        [
            TrainedTernaryWeights.threshold(latents[0], factor: thresholdFactor), latents[1][0],
            latents[2][0],
        ]
    }

    /// Scaled ternary weights.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        TrainedTernaryWeights.quantize(
            latents[0], threshold: step.statistics[0], plus: step.statistics[1],
            minus: step.statistics[2], into: weights.mean)
    }

    /// The gradient of the weights times the scale of their zone.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        TrainedTernaryWeights.pullBack(
            latent: latents[0], threshold: step.statistics[0], plus: step.statistics[1],
            minus: step.statistics[2], weightGradient: gradient.mean,
            latentGradient: latentGradients[0])
    }

    /// The sums over the two outer zones.
    package func scaleGradient(
        _ latents: [FloatView], step: WeightStep, gradient: PreparedWeights,
        into scaleGradient: FloatView
    ) {
        let sums = TrainedTernaryWeights.scaleGradients(
            latent: latents[0], threshold: step.statistics[0], weightGradient: gradient.mean)
        scaleGradient[0] = sums.plus
        scaleGradient[1] = sums.minus
    }

    /// Keeps the scales positive.
    package func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        for scale in latents[1...] { scale[0] = max(scale[0], Self.leastScale) }
    }

    /// Ternary weights and their two scales, whatever the selection.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        TrainedTernaryWeights.quantize(
            latents[0],
            threshold: TrainedTernaryWeights.threshold(latents[0], factor: thresholdFactor),
            plus: 1, minus: 1, into: weights)
        return TestWeights(
            scale: [latents[1][0]], negativeScale: [latents[2][0]], isDiscrete: true)
    }
}
