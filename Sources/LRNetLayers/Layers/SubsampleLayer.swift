package import LRNetKernels

/// The shortcut without weights of a residual block; see `Subsampling`.
package final class SubsampleLayer: Layer {
    package let name: String
    package let sampling: Subsampling
    package var inputShape: ImageShape { sampling.input }
    package var outputShape: ImageShape { sampling.output }

    private var output = FloatBuffer(count: 0)
    private var memory = ScratchMemory(workerCount: 1)

    package var inputGradientBuffer: InputGradientBuffer { .another }
    package var inference: InferenceStep? { .subsampling(sampling) }

    /// - Precondition: `channels` is at least the number of channels of the input.
    package init(name: String, inputShape: ImageShape, stride: Int, channels: Int) {
        self.name = name
        sampling = Subsampling(input: inputShape, stride: stride, channels: channels)
    }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
    }

    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        forEachSample(pass) { inputs, outputs in
            sampling.forward(input[inputs], into: output[outputs])
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

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
