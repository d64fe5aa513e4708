package import LRNetKernels

/// A residual block's shortcut without weights; see ``Subsampling``.
package final class SubsampleLayer: Layer {
    /// `block3.shortcut`; unique in the network.
    package let name: String

    /// Which values are kept.
    package let sampling: Subsampling

    /// The shape of one sample.
    package var inputShape: ImageShape { sampling.input }

    /// The shape of one sample's output.
    package var outputShape: ImageShape { sampling.output }

    private var output = FloatBuffer(count: 0)
    private var memory = ScratchMemory(workerCount: 1)

    /// A buffer of its own.
    package var inputGradientBuffer: InputGradientBuffer { .another }

    /// The shortcut of a residual block.
    package var inference: InferenceStep? { .subsampling(sampling) }

    /// Creates a layer.
    ///
    /// - Precondition: `channels` are at least the input's.
    package init(name: String, inputShape: ImageShape, stride: Int, channels: Int) {
        self.name = name
        sampling = Subsampling(input: inputShape, stride: stride, channels: channels)
    }

    /// Allocates activations.
    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
    }

    /// Keeps each `stride`-th pixel.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        forEachSample(pass) { inputs, outputs in
            sampling.forward(input[inputs], into: output[outputs])
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

    /// Sends each gradient to its pixel.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        let inputGradient = memory.gradient(pass.layout.sampleCount * inputShape.count)
        forEachSample(pass) { inputs, outputs in
            sampling.backward(gradient[outputs], into: inputGradient[inputs])
        }
        return inputGradient
    }

    private func forEachSample(
        _ pass: Pass, _ body: (_ inputs: Range<Int>, _ outputs: Range<Int>) -> Void
    ) {
        pass.pool.forEach(pass.layout.sampleCount) { sample, _ in
            let range = sample..<sample + 1
            body(range.scaled(by: inputShape.count), range.scaled(by: outputShape.count))
        }
    }
}
