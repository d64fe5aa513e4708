package import LRNetKernels
internal import LRNetSupport

/// A residual block, with a ReLU after the addition.
///
///     y = ReLU(body(x) + shortcut(x))
///
/// - Source: He, Zhang, Ren, Sun, CVPR 2016, equations 1 and 2.
package final class ResidualBlock: Layer {
    package let name: String

    /// The layers of the body, first to last; the last one is a batch norm.
    package let body: [any Layer]

    /// The layers of the shortcut; empty for the identity.
    package let shortcut: [any Layer]

    package let inputShape: ImageShape
    package let outputShape: ImageShape

    private var output: FloatView?
    private var memory = ScratchMemory(workerCount: 1)

    package var inputGradientBuffer: InputGradientBuffer { .sum(body: body, shortcut: shortcut) }
    package var inference: InferenceStep? { .residual(body: body, shortcut: shortcut) }

    /// - Precondition: The outputs of body and shortcut have the same shape.
    package init(name: String, inputShape: ImageShape, body: [any Layer], shortcut: [any Layer]) {
        self.name = name
        self.inputShape = inputShape
        self.body = body
        self.shortcut = shortcut
        outputShape = body.last?.outputShape ?? inputShape
        let shortcutShape = shortcut.last?.outputShape ?? inputShape
        precondition(
            shortcutShape == outputShape, "\(name): a sum of \(outputShape) and \(shortcutShape)")
    }

    package var branches: [[any Layer]] { [body, shortcut] }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
    }

    /// Adds the outputs of body and shortcut, in place of the output of the body.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let shortcutOutput = try shortcut.forward(input, pass)
        let sum = try body.forward(input, pass)
        pass.pool.forEachRange(sum.count, grain: Self.grain) { range, _ in
            Elementwise.addRectified(shortcutOutput[range], to: sum[range])
        }
        output = sum
        return sum
    }

    /// Computes the gradients of body and shortcut, and adds them.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let output else { preconditionFailure("\(name): backward without forward") }
        let gradientCopy = memory.gradient(gradient.count)
        pass.pool.forEachRange(gradient.count, grain: Self.grain) { range, _ in
            Elementwise.maskGradient(
                gradient[range], whereZero: output[range], copy: gradientCopy[range])
        }
        // In the order of ``branches``, as ``GradientPlan`` assumes.
        let bodyGradient = try body.backward(gradient, pass)
        let shortcutGradient = try shortcut.backward(gradientCopy, pass)
        pass.pool.forEachRange(bodyGradient.count, grain: Self.grain) { range, _ in
            Elementwise.add(shortcutGradient[range], to: bodyGradient[range])
        }
        return bodyGradient
    }

    /// The number of values that one thread handles at a time.
    private static let grain = 1 << 15
}

/// `64R`, `128R/2`: the basic residual block, with two 3x3 convolutions and their batch norms. The
/// first convolution has the given stride and a ReLU. The input is added (``Architecture/shortcut``
/// decides about differing shapes), and a ReLU follows.
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
        return "\(self) has fewer filters than its input of \(shape) has channels; a zero-padded "
            + "shortcut can only add channels"
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
            // The block adds the gradients of body and shortcut, even if it is the first in the
            // network.
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
