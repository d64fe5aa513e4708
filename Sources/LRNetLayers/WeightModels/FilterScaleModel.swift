package import LRNetKernels

extension TrainingMethod {
    package static let bwn = TrainingMethod(
        "bwn", publication: "Rastegari et al. 2016", summary: "signs times a scale a filter",
        gradient: "straight through, the released code's factors",
        result: "signs, a scale an output",
        problem: { architecture in
            guard architecture.firstLayer != .fullPrecision, architecture.firstInputCount == 1
            else { return nil }
            return "bwn centres weights over input channels, and images have one"
                + realFirstLayer(architecture)
        }
    ) { _ in FilterScaleModel() }

    package static let xnor = TrainingMethod(
        "xnor", publication: "Rastegari et al. 2016",
        summary: "as bwn, and activations before products",
        gradient: "as bwn; hard tanh's for signs", result: "signs, a scale an output",
        problem: { architecture in
            guard architecture.firstLayer != .fullPrecision else { return nil }
            return "xnor would take the signs of the images" + realFirstLayer(architecture)
        }
    ) { _ in FilterScaleModel(hasBinaryActivations: true) }

    private static func realFirstLayer(_ architecture: Architecture) -> String {
        ", write network: {name: \(architecture.name), firstLayer: full-precision}"
    }
}

/// Binary weights with one scale a filter: Binary-Weight-Networks, and with signs in front of the
/// products XNOR-Net.
///
/// The input scaling map of the XNOR-Net paper is not in its released code, nor here.
///
/// - Source: Rastegari, Ordonez, Redmon, Farhadi, *XNOR-Net*, ECCV 2016; formulas at ``FilterWeights``.
package struct FilterScaleModel: NeedsWholeLayer, HasConstraint, HasScaledDecay {
    /// Whether activations are binary, too.
    package let hasBinaryActivations: Bool

    /// No.
    package let isProbabilistic = false

    /// No.
    package let isDrawn = false

    /// Two.
    package let levels: Int? = 2

    /// Straight through, with factors.
    package let gradientRule = GradientRule.straightThrough

    /// Signs in front of the products for XNOR-Net.
    package var activations: ActivationStyle { hasBinaryActivations ? .signBefore : .rectified }

    /// Creates the model.
    package init(hasBinaryActivations: Bool = false) {
        self.hasBinaryActivations = hasBinaryActivations
    }

    /// The latent weights.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Xavier normal, or a copy; then as behind an update.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize(latents, shape: shape, from: source)
        didUpdate(latents, shape: shape)
    }

    /// The scales.
    package func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float] {
        FilterWeights.scales(latents[0], outputs: shape.outputs)
    }

    /// Scaled signs.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        SignWeights.binarize(latents[0], into: weights.mean)
        Elementwise.multiplyRows(of: weights.mean, by: step.statistics)
    }

    /// Straight through, with the released code's factors.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        FilterWeights.pullBack(
            latent: latents[0], first: first, scales: step.statistics, rows: step.shape.fanIn,
            inputs: step.shape.inputs, weightGradient: gradient.mean,
            latentGradient: latentGradients[0])
    }

    /// `lambda scale[o] W`: gradients have the factor scale[o], so that under Adam, which divides by their
    /// size, a decay without it would be that much stronger than in full precision. The released code
    /// multiplies gradients by 1e9 for Adam, which leaves no decay at all.
    package func addDecay(
        _ strength: Float, _ latents: [FloatView], first: Int, step: WeightStep,
        to latentGradients: [FloatView]
    ) {
        guard strength != 0 else { return }
        FilterWeights.addDecay(
            strength, latent: latents[0], first: first, scales: step.statistics,
            to: latentGradients[0])
    }

    /// Centres over input channels, and clips to -1 ... 1.
    package func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        FilterWeights.centre(latents[0], inputs: shape.inputs, outputs: shape.outputs)
    }

    /// Signs and scales, whatever the selection.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        SignWeights.binarize(latents[0], into: weights)
        return TestWeights(
            scale: FilterWeights.scales(latents[0], outputs: shape.outputs), isDiscrete: true)
    }
}
