public import LRNetKernels
internal import LRNetSupport

/// A residual block, with a ReLU behind the addition.
///
///     y = ReLU(body(x) + shortcut(x))
///
/// - Source: He, Zhang, Ren, Sun, CVPR 2016, equations 1 and 2.
public final class ResidualBlock: Layer {
    /// `block1`; unique in the network.
    public let name: String

    /// The layers of the sum's first part, first to last; the last is a batch norm.
    public let body: [any Layer]

    /// The layers of the second part; none for the identity.
    public let shortcut: [any Layer]

    /// The shape of one sample.
    public let inputShape: ImageShape

    /// The shape of one sample's output.
    public let outputShape: ImageShape

    private var output: FloatView?
    private var memory = SharedMemory(workerCount: 1)

    /// Creates a block.
    ///
    /// - Precondition: Both parts have outputs of one shape.
    public init(name: String, inputShape: ImageShape, body: [any Layer], shortcut: [any Layer]) {
        self.name = name
        self.inputShape = inputShape
        self.body = body
        self.shortcut = shortcut
        outputShape = body.last?.outputShape ?? inputShape
        let other = shortcut.last?.outputShape ?? inputShape
        precondition(other == outputShape, "\(name): a sum of \(outputShape) and \(other)")
    }

    /// Body and shortcut.
    public var sublayers: [any Layer] { body + shortcut }

    /// Takes note of the memory.
    public func reserve(_ size: PassSize, memory: SharedMemory) {
        self.memory = memory
    }

    /// Adds the parts, over the output of the body.
    public func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        let other = try shortcut.forward(input, pass)
        let sum = try body.forward(input, pass)
        pass.pool.forEachRange(sum.count, grain: Self.grain) { range, _ in
            Elementwise.addRectified(other[range], to: sum[range])
        }
        output = sum
        return sum
    }

    /// Sends the gradient through both parts and adds what comes back.
    public func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let output else { preconditionFailure("\(name): backward without forward") }
        let second = memory.gradient(gradient.count)
        pass.pool.forEachRange(gradient.count, grain: Self.grain) { range, _ in
            Elementwise.maskGradient(gradient[range], whereZero: output[range], copy: second[range])
        }
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
