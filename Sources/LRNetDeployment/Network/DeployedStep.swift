package import LRNetKernels

/// A convolution or fully connected layer: only sums of products, without scale, bias or
/// activation.
///
///     acc[pixel, o] = sum over k of w[o, k] * x[window of pixel, k]
package struct DeployedProduct: Sendable, Equatable {
    /// A name such as `conv1` that is unique in the network.
    package let name: String
    /// The window. For a fully connected layer, the whole image is one pixel of `inputs` channels.
    package let geometry: PatchGeometry
    package let outputs: Int
    package internal(set) var weights: DeployedWeights

    package init(name: String, geometry: PatchGeometry, outputs: Int, weights: DeployedWeights) {
        precondition(
            weights.values.count == geometry.patchCount * outputs,
            "\(name): \(weights.values.count) weights for \(geometry.patchCount) x \(outputs)")
        self.name = name
        self.geometry = geometry
        self.outputs = outputs
        self.weights = weights
    }

    /// The number of weights per output.
    package var fanIn: Int { geometry.patchCount }

    package var outputShape: ImageShape {
        ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
    }
}

/// `y[c] = activation(scale[c] * x[c] + shift[c])`: a folded batch norm, bias and weight scales.
///
/// If the map follows a product directly, no scale is negative because the sign is in the weights.
/// Where a scale is 0, the weights of that output are 0, unless they are signs.
package struct DeployedAffine: Sendable, Equatable {
    package enum Activation: Sendable, Equatable {
        case none
        /// `max(x, 0)`
        case rectified
        /// `+1 where x >= 0, else -1`
        case sign
    }

    /// A name such as `bn1` that is unique in the network.
    package let name: String
    package let shape: ImageShape
    /// The factors and offsets, `[channels]` each.
    package internal(set) var scale, shift: [Float]
    package let activation: Activation
}

/// `y = ReLU(body(x) + shortcut(x))`
package struct DeployedResidual: Sendable {
    /// A name such as `block1`.
    package let name: String
    /// The main branch: product, affine, product, affine.
    package let body: [DeployedStep]
    package let shortcut: Shortcut

    package enum Shortcut: Sendable {
        case identity
        /// A product and an affine map.
        case projection([DeployedStep])
        /// Every `stride`-th pixel, with zeros in the additional channels.
        case subsampling(Subsampling)
    }
}

/// A step of a deployed network. Activations are NHWC.
package indirect enum DeployedStep: Sendable {
    case product(DeployedProduct)
    case affine(DeployedAffine)
    /// Maximum pooling over the values inside the image.
    case maxPool(name: String, PatchGeometry)
    /// The mean over all pixels.
    case averagePool(name: String, ImageShape)
    case residual(DeployedResidual)
}
