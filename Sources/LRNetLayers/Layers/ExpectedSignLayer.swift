package import LRNetKernels

/// The expected sign of a Gaussian with standard deviation 1 in training; otherwise the sign of its
/// mean.
///
///     y = 2 Phi(z) - 1        dL/dz = dL/dy 2 phi(z)
///
/// - Source: Soudry, Hubara, Meir, *Expectation Backpropagation*, NIPS 2014; see
///   ``ExpectationModel``.
package final class ExpectedSignLayer: Layer {
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
        let isTraining = pass.mode == .training
        pass.pool.forEachRange(input.count, grain: Self.grain) { range, _ in
            if isTraining {
                SignActivations.expectation(input[range], into: output[range])
            } else {
                SignActivations.forward(input[range], into: output[range])
            }
        }
        return output[0..<input.count]
    }

    /// Multiplies by the derivative, in place.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input else { preconditionFailure("\(name): backward without forward") }
        pass.pool.forEachRange(gradient.count, grain: Self.grain) { range, _ in
            SignActivations.multiplyByDensity(gradient[range], input: input[range])
        }
        return gradient
    }

    /// The number of values that one thread handles at a time.
    private static let grain = 1 << 12
}
