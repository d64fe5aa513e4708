package import LRNetKernels

extension TrainingMethod {
    package static let bwn = TrainingMethod(
        "bwn", publication: "Rastegari et al. 2016", summary: "signs times one scale per filter",
        gradient: "straight through, the released code's factors",
        result: "signs, one scale per output",
        problem: { architecture in
            guard architecture.firstLayer != .fullPrecision, architecture.firstInputCount == 1
            else { return nil }
            return "bwn centers weights over input channels, but the images have only one; "
                + firstLayerRemedy
        }
    ) { _ in FilterScaleModel() }

    package static let xnor = TrainingMethod(
        "xnor", publication: "Rastegari et al. 2016",
        summary: "as bwn, with sign activations before products",
        gradient: "as bwn; hard tanh's for signs", result: "signs, one scale per output",
        problem: { architecture in
            guard architecture.firstLayer != .fullPrecision else { return nil }
            return "xnor would reduce the images to their signs; " + firstLayerRemedy
        }
    ) { _ in FilterScaleModel(hasBinaryActivations: true) }

    private static let firstLayerRemedy = "set network.firstLayer to full-precision"
}

/// Binary weights with one scale per filter: Binary-Weight-Networks, or XNOR-Net if signs precede
/// the products.
///
/// The released code does not implement the input scaling map of the XNOR-Net paper, nor does this
/// model.
///
/// - Source: Rastegari, Ordonez, Redmon, Farhadi, *XNOR-Net*, ECCV 2016; formulas at
///   `FilterWeights`.
package struct FilterScaleModel: NeedsWholeLayer, HasConstraint, HasScaledDecay {
    /// True if activations are binary, too.
    package let hasBinaryActivations: Bool

    package let isProbabilistic = false
    package let isDrawn = false
    package let levels: Int? = 2
    package let gradientRule = GradientRule.straightThrough

    /// Signs before the products for XNOR-Net.
    package var activations: ActivationStyle { hasBinaryActivations ? .signBefore : .rectified }

    package init(hasBinaryActivations: Bool = false) {
        self.hasBinaryActivations = hasBinaryActivations
    }

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Initializes as full-precision weights, then centers and clips as after an update.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize(latents, shape: shape, from: source)
        didUpdate(latents, shape: shape)
    }

    package func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float] {
        FilterWeights.scales(latents[0], outputs: shape.outputs)
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        SignWeights.binarize(latents[0], into: weights.mean)
        Elementwise.multiplyRows(of: weights.mean, by: step.statistics)
    }

    /// Applies the straight-through gradient with the factors of the released code.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        FilterWeights.pullBack(
            latent: latents[0], first: first, scales: step.statistics, rows: step.shape.fanIn,
            inputs: step.shape.inputs, weightGradient: gradient.mean,
            latentGradient: latentGradients[0])
    }

    /// Adds `lambda scale[o] W`. The gradients of the weights contain the factor scale[o], and Adam
    /// divides by the size of gradients, so decay without that factor would be correspondingly
    /// stronger than in full precision. The released code multiplies gradients by 1e9 for Adam,
    /// which removes the effect of decay.
    package func addDecay(
        _ strength: Float, _ latents: [FloatView], first: Int, step: WeightStep,
        to latentGradients: [FloatView]
    ) {
        guard strength != 0 else { return }
        FilterWeights.addDecay(
            strength, latent: latents[0], first: first, scales: step.statistics,
            to: latentGradients[0])
    }

    /// Centers weights over input channels, and clips them to -1 ... 1.
    package func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        FilterWeights.centre(latents[0], inputs: shape.inputs, outputs: shape.outputs)
    }

    /// Writes signs and returns their scales; ignores `selection`.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        SignWeights.binarize(latents[0], into: weights)
        return TestWeights(
            scale: FilterWeights.scales(latents[0], outputs: shape.outputs), isDiscrete: true)
    }
}
