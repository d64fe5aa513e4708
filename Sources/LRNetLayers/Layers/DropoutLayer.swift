package import LRNetKernels
internal import LRNetSupport

/// Dropout in training, otherwise the identity; see `Dropout`.
package final class DropoutLayer: Layer {
    package let name: String

    /// The position in the network; part of the noise key.
    package let index: Int

    package let inputShape: ImageShape
    package var outputShape: ImageShape { inputShape }

    /// The fraction of units that are cleared, in 0 ..< 1.
    package let rate: Float

    private var output = FloatBuffer(count: 0)

    package var inputGradientBuffer: InputGradientBuffer { .same }
    package var inference: InferenceStep? { .identity }

    package init(name: String, index: Int, inputShape: ImageShape, rate: Float) {
        precondition(rate >= 0 && rate < 1, "\(name): rate \(rate)")
        self.name = name
        self.index = index
        self.inputShape = inputShape
        self.rate = rate
    }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        output = FloatBuffer(count: size.sampleCount * inputShape.count)
    }

    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        if ![.training, .scoring].contains(pass.mode) || rate == 0 { return input }
        apply(input, into: output.all, pass)
        return output[0..<input.count]
    }

    /// Clears the gradients of the same units, in place.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        if rate > 0 { apply(gradient, into: gradient, pass) }
        return gradient
    }

    private func apply(_ source: FloatView, into target: FloatView, _ pass: Pass) {
        let count = inputShape.count
        pass.forEachPart { _, samples in
            for sample in samples {
                let range = sample * count..<(sample + 1) * count
                Dropout.apply(
                    source[range], rate: rate,
                    key: pass.key(.dropout, layer: index, sample: sample), into: target[range])
            }
        }
    }
}

/// `dropout`: dropout at the rate of the recipe.
package struct DropoutBlock: Block {
    package init() {}

    package static var examples: KeyValuePairs<String, String> { ["dropout": ""] }

    package init?(notation word: String) {
        guard word == "dropout" else { return nil }
    }

    package var description: String { "dropout" }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        shape
    }

    package func append(to builder: inout NetworkBuilder) {
        let rate = builder.options.dropout
        builder.append("dropout") { name, index, shape in
            DropoutLayer(name: name, index: index, inputShape: shape, rate: rate)
        }
    }
}
