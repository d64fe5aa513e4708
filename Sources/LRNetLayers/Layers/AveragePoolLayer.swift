package import LRNetKernels

/// The mean over all pixels of each channel.
///
///     y[c] = 1/P sum over p of x[p, c]        dx[p, c] = dy[c] / P
package final class AveragePoolLayer: Layer {
    package let name: String
    package let inputShape: ImageShape
    package let outputShape: ImageShape

    private var output = FloatBuffer(count: 0)
    private var memory = ScratchMemory(workerCount: 1)

    package var inputGradientBuffer: InputGradientBuffer { .another }
    package var inference: InferenceStep? { .averagePool }

    package init(name: String, inputShape: ImageShape) {
        self.name = name
        self.inputShape = inputShape
        outputShape = ImageShape(height: 1, width: 1, channels: inputShape.channels)
    }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
    }

    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let factor = 1 / Float(inputShape.pixelCount)
        forEachSample(pass) { inputs, outputs in
            Elementwise.sumRows(of: input[inputs], into: output[outputs], accumulate: false)
            Elementwise.scale(output[outputs], by: factor)
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        let factor = 1 / Float(inputShape.pixelCount)
        let inputGradient = memory.gradient(pass.layout.sampleCount * inputShape.count)
        forEachSample(pass) { inputs, outputs in
            Elementwise.scale(gradient[outputs], by: factor)
            inputGradient[inputs].fill(0)
            Elementwise.addRow(gradient[outputs], toRowsOf: inputGradient[inputs])
        }
        return inputGradient
    }

    private func forEachSample(
        _ pass: Pass, _ body: (_ inputs: Range<Int>, _ outputs: Range<Int>) -> Void
    ) {
        let (inputs, outputs) = (inputShape.count, outputShape.count)
        pass.pool.forEach(pass.layout.sampleCount) { sample, _ in
            body(sample * inputs..<(sample + 1) * inputs, sample * outputs..<(sample + 1) * outputs)
        }
    }
}

/// `GAP`: the mean over all pixels.
package struct AveragePoolBlock: Block {
    package init() {}

    package static var examples: KeyValuePairs<String, String> { ["GAP": "average pooling"] }

    package init?(notation word: String) {
        guard word == "GAP" else { return nil }
    }

    package var description: String { "GAP" }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        ImageShape(height: 1, width: 1, channels: shape.channels)
    }

    package func append(to builder: inout NetworkBuilder) {
        builder.append("pool") { name, _, shape in AveragePoolLayer(name: name, inputShape: shape) }
    }
}
