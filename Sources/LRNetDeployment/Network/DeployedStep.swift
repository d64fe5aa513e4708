package import LRNetKernels

/// A convolution or fully connected layer: sums of products alone, without scale, bias or activation.
///
///     acc[pixel, o] = sum over k of w[o, k] * x[window of pixel, k]
package struct DeployedProduct: Sendable, Equatable {
    /// `conv1`; unique in the network.
    package let name: String
    /// The window; of a fully connected layer the whole image is one pixel of `inputs` channels.
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

    /// The number of weights of an output.
    package var fanIn: Int { geometry.patchCount }

    package var outputShape: ImageShape {
        ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
    }
}

/// `y[c] = activation(scale[c] * x[c] + shift[c])`: a batch norm, a bias, and the scales of weights, folded.
///
/// Where it follows a product directly, no scale is negative (the sign is in the weights), and those of weights
/// that are all 0 are 0.
package struct DeployedAffine: Sendable, Equatable {
    package enum Activation: Sendable, Equatable {
        case none
        /// `max(x, 0)`
        case rectified
        /// `+1 where x >= 0, else -1`
        case sign
    }

    /// `bn1`; unique in the network.
    package let name: String
    package let shape: ImageShape
    /// `[channels]` each.
    package internal(set) var scale, shift: [Float]
    package let activation: Activation
}

/// `y = ReLU(body(x) + shortcut(x))`
package struct DeployedResidual: Sendable {
    /// `block1`
    package let name: String
    /// Product, affine, product, affine.
    package let body: [DeployedStep]
    package let shortcut: Shortcut

    package enum Shortcut: Sendable {
        case identity
        /// Product, affine.
        case projection([DeployedStep])
        /// Each `stride`-th pixel, and zeros in further channels.
        case subsampling(Subsampling)
    }
}

/// A stage of a deployed network; activations are NHWC.
package indirect enum DeployedStep: Sendable {
    case product(DeployedProduct)
    case affine(DeployedAffine)
    /// Maximum pooling over the values inside the image.
    case maxPool(name: String, PatchGeometry)
    /// The mean over all pixels.
    case averagePool(name: String, ImageShape)
    case residual(DeployedResidual)
}
