package import LRNetKernels

/// A model that trains the distributions of an LR-net in another way. Logits, initial values,
/// regularizers and test-time weights are those of the LR-net.
package protocol SharesLogits: HasRegularizer, HasDistributions {
    var distribution: DiscreteDistribution { get }
}

extension SharesLogits {
    private var model: any HasDistributions { distribution.model }

    /// False, because the weights of a pass are drawn once and are then fixed.
    package var isProbabilistic: Bool { false }

    package var isDrawn: Bool { true }
    package var levels: Int? { model.levels }

    package func latents(for shape: WeightShape) -> [LatentTensor] { model.latents(for: shape) }

    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        model.initialize(latents, shape: shape, from: source)
    }

    package func addRegularization(
        beta: Float, _ latents: [FloatView], to latentGradients: [FloatView]
    ) {
        (model as? any HasRegularizer)?.addRegularization(
            beta: beta, latents, to: latentGradients)
    }

    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        model.testWeights(latents, shape: shape, selection: selection, into: weights)
    }

    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        model.probabilities(latents)
    }
}
