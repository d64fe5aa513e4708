internal import LRNetKernels

/// A pair of gradients or outputs: of the mean, and of the variance where the model has one.
struct MomentViews {
    let mean: FloatView
    let variance: FloatView?
}

/// The linear part of a layer with weights, for runs of whole samples.
///
///     mean     = x * m        variance     = x^2 * v            * is the layer's convolution
///     dm       = x' dMean     dv           = (x^2)' dVariance
///     dx       = dMean * m'  +  2 x (dVariance * v')
///
/// Weights are packed into memory that all layers share, when the layer's turn comes; each thread
/// has scratch, which is shared in the same way.
protocol LayerProducts: AnyObject {
    /// Samples that one call should bring; a pure function of geometry and micro-batch.
    func panelSize(microBatch: Int) -> Int

    /// Asks for the memory of panels of up to `panelSize` samples.
    func reserve(panelSize: Int, needsInputGradient: Bool, memory: ScratchMemory)

    /// Takes the weights, stored `[patch, outputs]`, for outputs; the variances only where there are
    /// any.
    func packForward(_ weights: PreparedWeights, pool: ThreadPool)

    /// Takes the weights for input gradients.
    func packBackward(_ weights: PreparedWeights, pool: ThreadPool)

    /// Overwrites the outputs; `output.variance` is `nil` where only means are wanted.
    func forward(_ input: FloatView, into output: MomentViews, worker: Int)

    /// Overwrites `target` with the weights' gradient over a leaf.
    ///
    /// - Parameter panelSize: The samples of one product, where the sum over the leaf is cut.
    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, panelSize: Int,
        worker: Int)

    /// Overwrites `result` with the input's gradient.
    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int)
}

/// How convolutions are computed.
package enum ConvolutionAlgorithm: String, Sendable, CaseIterable {
    /// By Winograd's algorithm where it is the faster one, as a table of shapes says.
    case fastest
    /// Directly, as products with patches; for comparisons.
    case direct
}
