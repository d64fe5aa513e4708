package import LRNetKernels

/// Activations of -1 and +1, with the gradient of hard tanh; see `SignActivations`.
///
///     y = +1 where x >= 0, else -1        dL/dx = dL/dy where |x| <= 1, else 0
package final class SignLayer: Layer {
    package let name: String
    package let inputShape: ImageShape
    package var outputShape: ImageShape { inputShape }

    private var output = FloatBuffer(count: 0)
    private var input: FloatView?

    package var inputGradientBuffer: InputGradientBuffer { .same }
    package var inference: InferenceStep? { .sign }

    package init(name: String, inputShape: ImageShape) {
        self.name = name
        self.inputShape = inputShape
    }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        output = FloatBuffer(count: size.sampleCount * inputShape.count)
    }

    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        pass.pool.forEachRange(input.count, grain: Self.grain) { range, _ in
            SignActivations.forward(input[range], into: output[range])
        }
        return output[0..<input.count]
    }

    /// Clears gradients where |x| > 1, in place.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input else { preconditionFailure("\(name): backward without forward") }
        pass.pool.forEachRange(gradient.count, grain: Self.grain) { range, _ in
            SignActivations.maskGradient(gradient[range], input: input[range])
        }
        return gradient
    }

    /// The number of values that one thread handles at a time.
    private static let grain = 1 << 15
}
