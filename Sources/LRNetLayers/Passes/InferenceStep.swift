package import LRNetKernels

/// The function that a layer computes in a finished network, as exporters know it.
package enum InferenceStep {
    /// None: the layer acts in training alone.
    case identity
    /// Sums of products.
    case product(WeightedLayer)
    /// Batch norm, with a ReLU if the layer has one.
    case normalization(BatchNormalization)
    /// `+1 where x >= 0, else -1`, over batch norm or over a product and its pooling.
    case sign
    /// Maximum pooling.
    case maxPool(PatchGeometry)
    /// The mean over all pixels.
    case averagePool
    /// Some pixels, and zeros in further channels; as the shortcut of a residual block alone.
    case subsampling(Subsampling)
    /// `ReLU(body(x) + shortcut(x))`
    case residual(body: [any Layer], shortcut: [any Layer])
}
