public import LRNetKernels

/// A stage of a network: forward and backward over the samples of one process.
///
/// Activations are NHWC, sample after sample, without gaps. A layer owns its output and its input
/// gradient; they are overwritten by the next pass.
public protocol Layer: AnyObject {
    /// `conv1`; unique in the network.
    var name: String { get }

    /// The shape of one sample.
    var inputShape: ImageShape { get }

    /// The shape of one sample's output.
    var outputShape: ImageShape { get }

    /// The learned tensors, in the order of checkpoints and hashes.
    var parameters: [Parameter] { get }

    /// The number of values that the layer adds to the exchanged gradient vector.
    var gradientCount: Int { get }

    /// Tells the layer its range of the gradient vector.
    func assignGradients(_ range: Range<Int>)

    /// Allocates activations and scratch.
    ///
    /// - Parameters:
    ///   - sampleCount: The most samples that a pass brings.
    ///   - microBatch: The most samples of a product.
    ///   - workerCount: The number of threads.
    func reserve(sampleCount: Int, microBatch: Int, workerCount: Int)

    /// Makes what is the same for all samples of a training step: moments, or drawn weights.
    func prepare(_ pass: Pass)

    /// Computes the output.
    func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView

    /// Computes the input's gradient, and the leaves' gradients into `pass.gradients`.
    ///
    /// - Parameter gradient: dL/d output; may be overwritten.
    /// - Returns: dL/d input; empty where the layer was told that nobody wants it.
    func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView

    /// Turns the exchanged sums into the parameters' gradients.
    func finishGradients(_ pass: Pass)

    /// Called when the optimizer has changed the parameters.
    func didUpdate()
}

extension Layer {
    /// None.
    public var parameters: [Parameter] { [] }

    /// None.
    public var gradientCount: Int { 0 }

    /// Does nothing.
    public func assignGradients(_ range: Range<Int>) {}

    /// Does nothing.
    public func prepare(_ pass: Pass) {}

    /// Does nothing.
    public func finishGradients(_ pass: Pass) {}

    /// Does nothing.
    public func didUpdate() {}
}
