package import LRNetKernels

/// The function of a layer in a finished network, for exporters.
package enum InferenceStep {
    /// No function: the layer acts only in training.
    case identity
    /// Sums of products.
    case product(WeightedLayer)
    /// Batch norm, with a ReLU if the layer has one.
    case normalization(BatchNormalization)
    /// `+1 where x >= 0, else -1`, after batch norm, or after a product and its pooling.
    case sign
    case maxPool(PatchGeometry)
    /// The mean over all pixels.
    case averagePool
    /// Every `stride`-th pixel, with zeros in additional channels; only as the shortcut of a
    /// residual block.
    case subsampling(Subsampling)
    /// `ReLU(body(x) + shortcut(x))`
    case residual(body: [any Layer], shortcut: [any Layer])
}
