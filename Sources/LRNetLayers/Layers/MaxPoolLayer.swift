public import LRNetKernels

/// Maximum pooling; see ``MaxPooling``.
public final class MaxPoolLayer: Layer {
    /// `pool1`; unique in the network.
    public let name: String

    /// The window, its stride and padding.
    public let geometry: PatchGeometry

    /// The shape of one sample.
    public var inputShape: ImageShape { geometry.input }

    /// The shape of one sample's output.
    public let outputShape: ImageShape

    private var output = FloatBuffer(count: 0)
    private var memory = SharedMemory(workerCount: 1)
    private var winners = MaxPooling.Winners(count: 0)

    /// Creates a layer.
    public init(name: String, geometry: PatchGeometry) {
        self.name = name
        self.geometry = geometry
        outputShape = ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth,
            channels: geometry.input.channels)
    }

    /// Allocates activations.
    public func reserve(_ size: PassSize, memory: SharedMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
        winners = MaxPooling.Winners(count: size.sampleCount * outputShape.count)
    }

    /// Takes each window's maximum.
    public func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let (inputs, outputs) = (inputShape.count, outputShape.count)
        let microBatches = pass.layout.microBatches
        pass.pool.forEach(microBatches.count) { position, _ in
            for sample in microBatches[position] {
                MaxPooling.forward(
                    input[sample * inputs..<(sample + 1) * inputs], geometry: geometry,
                    output: output[sample * outputs..<(sample + 1) * outputs], winners: winners,
                    firstWinner: sample * outputs)
            }
        }
        return output[0..<pass.layout.sampleCount * outputs]
    }

    /// Sends each gradient to its window's maximum.
    public func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        let (inputs, outputs) = (inputShape.count, outputShape.count)
        let inputGradient = memory.gradient(pass.layout.sampleCount * inputs)
        let microBatches = pass.layout.microBatches
        pass.pool.forEach(microBatches.count) { position, _ in
            for sample in microBatches[position] {
                MaxPooling.backward(
                    gradient[sample * outputs..<(sample + 1) * outputs], geometry: geometry,
                    inputGradient: inputGradient[sample * inputs..<(sample + 1) * inputs],
                    winners: winners, firstWinner: sample * outputs)
            }
        }
        return inputGradient
    }
}
