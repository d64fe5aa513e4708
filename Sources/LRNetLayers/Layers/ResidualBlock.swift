package import LRNetKernels
internal import LRNetSupport

/// A residual block, with a ReLU behind the addition.
///
///     y = ReLU(body(x) + shortcut(x))
///
/// - Source: He, Zhang, Ren, Sun, CVPR 2016, equations 1 and 2.
package final class ResidualBlock: Layer {
    /// `block1`; unique in the network.
    package let name: String

    /// The layers of the sum's first part, first to last; the last is a batch norm.
    package let body: [any Layer]

    /// The layers of the second part; none for the identity.
    package let shortcut: [any Layer]

    /// The shape of one sample.
    package let inputShape: ImageShape

    /// The shape of one sample's output.
    package let outputShape: ImageShape

    private var output: FloatView?
    private var memory = ScratchMemory(workerCount: 1)

    /// The body's, beside that of the shortcut.
    package var inputGradientBuffer: InputGradientBuffer { .sum(body: body, shortcut: shortcut) }

    /// The sum, with its ReLU.
    package var inference: InferenceStep? { .residual(body: body, shortcut: shortcut) }

    /// Creates a block.
    ///
    /// - Precondition: Both parts have outputs of one shape.
    package init(name: String, inputShape: ImageShape, body: [any Layer], shortcut: [any Layer]) {
        self.name = name
        self.inputShape = inputShape
        self.body = body
        self.shortcut = shortcut
        outputShape = body.last?.outputShape ?? inputShape
        let other = shortcut.last?.outputShape ?? inputShape
        precondition(other == outputShape, "\(name): a sum of \(outputShape) and \(other)")
    }

    /// Body and shortcut.
    package var branches: [[any Layer]] { [body, shortcut] }

    /// Takes note of the memory.
    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
    }

    /// Adds the parts, over the output of the body.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let other = try shortcut.forward(input, pass)
        let sum = try body.forward(input, pass)
        pass.pool.forEachRange(sum.count, grain: Self.grain) { range, _ in
            Elementwise.addRectified(other[range], to: sum[range])
        }
        output = sum
        return sum
    }

    /// Sends the gradient through both parts and adds what comes back.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let output else { preconditionFailure("\(name): backward without forward") }
        let second = memory.gradient(gradient.count)
        pass.pool.forEachRange(gradient.count, grain: Self.grain) { range, _ in
            Elementwise.maskGradient(gradient[range], whereZero: output[range], copy: second[range])
        }
        // In the order of ``branches``, as plans take it.
        let ofBody = try body.backward(gradient, pass)
        let ofShortcut = try shortcut.backward(second, pass)
        pass.pool.forEachRange(ofBody.count, grain: Self.grain) { range, _ in
            Elementwise.add(ofShortcut[range], to: ofBody[range])
        }
        return ofBody
    }

    /// Values that one thread handles at a time.
    private static let grain = 1 << 15
}

/// `64R`, `128R/2`: the basic residual block, two convolutions of 3x3 with batch norm, the first of the
/// given stride and with a ReLU; the input is added (where shapes differ, as ``Architecture/shortcut``
/// says), then comes a ReLU.
package struct BasicResidualBlock: Block {
    package let filters, stride: Int

    package init(filters: Int, stride: Int = 1) {
        self.filters = filters
        self.stride = stride
    }

    package static var examples: KeyValuePairs<String, String> {
        ["64R": "", "128R/2": "residual block"]
    }

    package init?(notation word: String) {
        guard let match = word.wholeMatch(of: /([1-9]\d{0,4})R(?:\/([1-9]))?/) else { return nil }
        self.init(
            filters: BlockNotation.number(match.1), stride: BlockNotation.number(match.2, 1))
    }

    package var description: String { "\(filters)R\(BlockNotation.suffix(stride: stride))" }

    package var allowsBinaryActivations: Bool { false }

    package func scaled(by width: Double) -> BasicResidualBlock {
        BasicResidualBlock(filters: Self.scaled(filters, by: width), stride: stride)
    }

    package func problem(on shape: ImageShape, in architecture: Architecture) -> String? {
        guard architecture.shortcut == .zeroPadded, filters < shape.channels else { return nil }
        return "\(self) has fewer filters than the \(shape) that reach it have channels; a "
            + "zero-padded shortcut only adds channels"
    }

    package func outputShape(on shape: ImageShape, in architecture: Architecture) -> ImageShape {
        architecture.outputShape(shape, window: 3, stride: stride, channels: filters)
    }

    package func weightCount(on shape: ImageShape) -> Int {
        9 * filters * (shape.channels + filters)
    }

    package func valueCount(output: ImageShape) -> Int { 2 * output.count }

    package func append(to builder: inout NetworkBuilder) {
        let (shape, architecture) = (builder.shape, builder.architecture)
        let name = builder.name("block")
        func product(_ part: String, _ geometry: PatchGeometry) -> WeightedLayer {
            let layer = builder.weighted(
                "\(name).\(part)", geometry, of: geometry.input, outputs: filters,
                model: builder.options.model)
            // The block adds the gradients of its two ways, also where it is the network's first layer.
            layer.needsInputGradient = true
            return layer
        }
        func norm(_ part: String, _ shape: ImageShape, rectified: Bool) -> BatchNormalization {
            builder.batchNorm("\(name).\(part)", shape, rectified: rectified)
        }
        let first = product("conv1", architecture.geometry(shape, window: 3, stride: stride))
        let firstNorm = norm("bn1", first.outputShape, rectified: true)
        let second = product(
            "conv2", architecture.geometry(first.outputShape, window: 3, stride: 1))
        let secondNorm = norm("bn2", second.outputShape, rectified: false)
        var shortcut: [any Layer] = []
        if second.outputShape != shape, architecture.shortcut == .zeroPadded {
            shortcut = [
                SubsampleLayer(
                    name: "\(name).shortcut", inputShape: shape, stride: stride,
                    channels: filters)
            ]
        } else if second.outputShape != shape {
            let projection = product(
                "projection", PatchGeometry(input: shape, window: 1, stride: stride))
            shortcut = [
                projection, norm("projectionNorm", projection.outputShape, rectified: false),
            ]
        }
        builder.append(
            ResidualBlock(
                name: name, inputShape: shape, body: [first, firstNorm, second, secondNorm],
                shortcut: shortcut))
    }
}
