package import LRNetKernels
internal import LRNetSupport

extension TrainingMethod {
    package static let ttq = TrainingMethod(
        "ttq", publication: "Zhu et al. 2017", summary: "threshold, two learned scales per layer",
        gradient: "straight through by zone; exact for the scales",
        result: "-1, 0, +1, two scales", constants: [TrainedTernaryModel.threshold]
    ) { TrainedTernaryModel(thresholdFactor: Float($0[number: TrainedTernaryModel.threshold])) }
}

/// Trained Ternary Quantization: latent real weights that a threshold makes ternary, with two
/// scales per layer that are learned together with the weights.
///
/// - Source: Zhu, Han, Mao, Dally, *Trained Ternary Quantization*, ICLR 2017; formulas at
///   `TrainedTernaryWeights`. Scales start at 1 and are kept positive, which the released code
///   does not enforce.
package struct TrainedTernaryModel: NeedsWholeLayer, LearnsScales, HasConstraint {
    /// The threshold as a fraction of the largest magnitude, in 0 ..< 1; 0.05 in the paper.
    package let thresholdFactor: Float

    package static let threshold = MethodConstant.number(
        "threshold", .from(0, below: 1), usual: 0.05,
        about: "Weights below this share of the layer's largest magnitude become 0.")

    /// The lower limit of the scales.
    static let minimumScale: Float = 1e-4

    package let isProbabilistic = false
    package let isDrawn = false
    package let levels: Int? = 3

    /// The rule for the latent weights; the gradient of the scales is exact.
    package let gradientRule = GradientRule.straightThrough

    package init(thresholdFactor: Float = 0.05) {
        precondition(
            thresholdFactor >= 0 && thresholdFactor < 1, "threshold factor \(thresholdFactor)")
        self.thresholdFactor = thresholdFactor
    }

    /// Returns the latent weights, and the scales of positive and of negative weights.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [
            LatentTensor(name: "weight", role: .weight, shape: shape.sizes),
            LatentTensor(name: "positiveScale", role: .scale, shape: [1]),
            LatentTensor(name: "negativeScale", role: .scale, shape: [1]),
        ]
    }

    /// Initializes the weights as in full precision, and the scales with 1.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize([latents[0]], shape: shape, from: source)
        latents[1].fill(1)
        latents[2].fill(1)
    }

    /// Returns the threshold, the positive scale and the negative scale.
    package func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float] {
        [
            TrainedTernaryWeights.threshold(latents[0], factor: thresholdFactor), latents[1][0],
            latents[2][0],
        ]
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        TrainedTernaryWeights.quantize(
            latents[0], threshold: step.statistics[0], plus: step.statistics[1],
            minus: step.statistics[2], into: weights.mean)
    }

    /// Writes the gradient of the weights times the scale of their zone, which is 1 for weights of
    /// 0.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        TrainedTernaryWeights.pullBack(
            latent: latents[0], threshold: step.statistics[0], plus: step.statistics[1],
            minus: step.statistics[2], weightGradient: gradient.mean,
            latentGradient: latentGradients[0])
    }

    /// Writes the gradients of both scales, which are sums over the two outer zones.
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
        for scale in latents[1...] { scale[0] = max(scale[0], Self.minimumScale) }
    }

    /// Writes ternary weights and returns their two scales; ignores `selection`.
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
