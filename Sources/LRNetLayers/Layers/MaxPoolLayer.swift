package import LRNetKernels

/// Maximum pooling; see `MaxPooling`.
package final class MaxPoolLayer: Layer {
    package let name: String

    /// The window with its stride and padding.
    package let geometry: PatchGeometry

    package var inputShape: ImageShape { geometry.input }
    package let outputShape: ImageShape

    private var output = FloatBuffer(count: 0)
    private var memory = ScratchMemory(workerCount: 1)
    private var winners = MaxPooling.Winners(count: 0)

    package var inputGradientBuffer: InputGradientBuffer { .another }
    package var inference: InferenceStep? { .maxPool(geometry) }

    package init(name: String, geometry: PatchGeometry) {
        self.name = name
        self.geometry = geometry
        outputShape = ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth,
            channels: geometry.input.channels)
    }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
        winners = MaxPooling.Winners(count: size.sampleCount * outputShape.count)
    }

    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let (inputs, outputs) = (inputShape.count, outputShape.count)
        pass.forEachPart { _, samples in
            for sample in samples {
                MaxPooling.forward(
                    input[sample * inputs..<(sample + 1) * inputs], geometry: geometry,
                    output: output[sample * outputs..<(sample + 1) * outputs], winners: winners,
                    firstWinner: sample * outputs)
            }
        }
        return output[0..<pass.layout.sampleCount * outputs]
    }

    /// Adds each gradient to the maximum of its window.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        let (inputs, outputs) = (inputShape.count, outputShape.count)
        let inputGradient = memory.gradient(pass.layout.sampleCount * inputs)
        pass.forEachPart { _, samples in
            for sample in samples {
                MaxPooling.backward(
                    gradient[sample * outputs..<(sample + 1) * outputs], geometry: geometry,
                    inputGradient: inputGradient[sample * inputs..<(sample + 1) * inputs],
                    winners: winners, firstWinner: sample * outputs)
            }
        }
        return inputGradient
    }
}

/// `MP2`, `MP3/2`: maximum pooling with this window and stride. By default the stride equals the
/// window, and then there is no padding.
package struct MaxPoolBlock: Block {
    package let window, stride: Int

    package init(window: Int, stride: Int) {
        self.window = window
        self.stride = stride
    }

    package static var examples: KeyValuePairs<String, String> {
        ["MP2": "", "MP3/2": "max pooling"]
    }

    package init?(notation word: String) {
        guard let match = word.wholeMatch(of: /MP([1-9]\d?)(?:\/([1-9]\d?))?/) else { return nil }
        let window = BlockNotation.number(match.1)
        self.init(window: window, stride: BlockNotation.number(match.2, window))
    }

    package var description: String {
        "MP\(window)\(BlockNotation.suffix(stride: stride, unless: window))"
    }

    package var precedesSigns: Bool { true }

    package func problem(on shape: ImageShape, in architecture: Architecture) -> String? {
        if window * window > 255 { return "\(self): windows have at most 15 rows" }
        if window == stride && (shape.height < window || shape.width < window) {
            return "\(self) does not fit its input of \(shape)"
        }
        return nil
    }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        let geometry = geometry(shape, architecture)
        return ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: shape.channels)
    }

    package func append(to builder: inout NetworkBuilder) {
        let geometry = geometry(builder.shape, builder.architecture)
        builder.append("pool") { name, _, _ in MaxPoolLayer(name: name, geometry: geometry) }
    }

    private func geometry(_ shape: ImageShape, _ architecture: Architecture) -> PatchGeometry {
        window == stride
            ? PatchGeometry(input: shape, window: window, stride: stride)
            : architecture.geometry(shape, window: window, stride: stride)
    }
}
