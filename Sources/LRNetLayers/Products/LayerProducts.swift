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
/// Weights are packed once a step and serve all samples; each thread has memory of its own.
protocol LayerProducts: AnyObject {
    /// Samples that one call should bring; a pure function of geometry and micro-batch.
    func panelSize(microBatch: Int) -> Int

    /// Allocates what each thread needs for panels of up to `panelSize` samples.
    func reserve(panelSize: Int, workerCount: Int, needsInputGradient: Bool)

    /// Takes a step's weights, stored `[patch, outputs]`.
    ///
    /// - Parameters:
    ///   - variance: `nil` where the weights are fixed.
    ///   - withBackward: Whether input gradients will be wanted.
    func pack(_ weights: PreparedWeights, withBackward: Bool, pool: ThreadPool)

    /// Overwrites the outputs; `output.variance` is `nil` where only means are wanted.
    func forward(_ input: FloatView, into output: MomentViews, worker: Int)

    /// Overwrites `target` with the weights' gradient, or adds to it.
    ///
    /// - Parameters:
    ///   - isFirst: The first panel of a leaf overwrites.
    ///   - isLast: Only behind a leaf's last panel is `target` complete.
    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, isFirst: Bool,
        isLast: Bool, worker: Int)

    /// Overwrites `result` with the input's gradient.
    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int)
}
