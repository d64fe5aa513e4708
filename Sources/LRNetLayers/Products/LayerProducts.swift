internal import LRNetKernels

/// A pair of gradients or outputs: of the mean, and of the variance if the model has one.
struct MomentViews {
    let mean: FloatView
    let variance: FloatView?
}

/// The linear part of a layer with weights, for ranges of whole samples.
///
///     mean     = x * m        variance     = x^2 * v            * is the layer's convolution
///     dm       = x' dMean     dv           = (x^2)' dVariance
///     dx       = dMean * m'  +  2 x (dVariance * v')
///
/// Each layer packs its weights into scratch memory when its turn comes. All layers share this
/// memory, and also the scratch of each thread.
protocol LayerProducts: AnyObject {
    /// Returns the number of samples per product of a weight gradient, and per call without a
    /// ``spanSize(_:threads:)``. It depends only on geometry and micro-batch.
    func panelSize(microBatch: Int) -> Int

    /// Returns the largest number of samples per call of ``forward(_:into:worker:)`` and
    /// ``inputGradient(_:gradient:into:worker:)`` if a call may contain samples of several leaves;
    /// `nil` if it may not.
    func spanSize(_ size: PassSize, threads: Int) -> Int?

    /// Requests scratch memory for calls of up to `panelSize` samples.
    func reserve(panelSize: Int, needsInputGradient: Bool, memory: ScratchMemory)

    /// Packs the weights, stored as `[patch, outputs]`, for outputs; packs variances only if there
    /// are any.
    func packForward(_ weights: PreparedWeights, pool: ThreadPool)

    /// Packs the weights for input gradients.
    func packBackward(_ weights: PreparedWeights, pool: ThreadPool)

    /// Overwrites the outputs; `output.variance` is `nil` if only means are required.
    func forward(_ input: FloatView, into output: MomentViews, worker: Int)

    /// The number of panels of outputs by which the gradient of the weights can be divided.
    var gradientPanelCount: Int { get }

    /// Overwrites some outputs of `target` with the gradient of the weights over a leaf.
    ///
    /// - Parameters:
    ///   - panelSize: The number of samples per product; the sum over the leaf is cut there.
    ///   - panels: The panels of outputs to compute, in `0 ..< gradientPanelCount`.
    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, panelSize: Int,
        panels: Range<Int>, worker: Int)

    /// Overwrites `result` with the gradient of the input.
    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int)
}

package enum ConvolutionAlgorithm: String, Sendable, CaseIterable {
    /// Winograd's algorithm for shapes for which it is faster, otherwise direct products.
    case fastest
    /// Direct products with patches, for comparisons.
    case direct
}
