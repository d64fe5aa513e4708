package import LRNetKernels

/// A product of integer weights with its requantization.
package struct FixedLayer: Sendable, Equatable {
    /// `conv1`
    package let name: String
    package let geometry: PatchGeometry
    package let outputs: Int
    /// `[outputs][row][column][input]`; -1, 0, +1 where ``isDiscrete``, else -64 ... 64.
    package let weights: [Int8]
    /// The network's weights are -1, 0, +1 in this layer; others are rounded.
    package let isDiscrete: Bool
    /// The largest magnitude of an input less its zero point.
    package let inputReach: Int32
    package let requantization: Requantization

    package var outputShape: ImageShape {
        ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
    }
}

/// `q = clip(qBody - 128 + qShortcut, 0, 255)`, where a projection's `qShortcut` is less 128, too; all have one unit.
package struct FixedResidual: Sendable {
    package let name: String
    /// The second layer has a zero point of 128.
    package let body: [FixedLayer]
    package let shortcut: Shortcut

    package enum Shortcut: Sendable {
        case identity
        /// With a zero point of 128.
        case projection(FixedLayer)
        case subsampling(Subsampling)
    }
}

/// The mean over all pixels, a channel, before a layer that is not the last: the sum of what a value is above its
/// zero point, requantized.
package struct FixedAverage: Sendable, Equatable {
    package let name: String
    package let shape: ImageShape
    package let requantization: Requantization
}

/// A stage of a fixed-point network; activations are uint8, NHWC.
package enum FixedStep: Sendable {
    case layer(FixedLayer)
    case average(FixedAverage)
    /// Over the values inside the image: padding never wins, since no value is below 0.
    case maxPool(name: String, PatchGeometry)
    case residual(FixedResidual)
}

/// How pictures become the first activations.
package struct FixedInput: Sendable, Equatable {
    package enum Rule: Sendable, Equatable {
        /// The pixels as they are.
        case pixels
        /// `table[channel * 256 + pixel]`
        case table([UInt8])
        /// `clip(roundHalfEven(x / unit) + zeroPoint)` of the picture that is standardized in Double.
        case image
    }

    package let rule: Rule
    package let shape: ImageShape
    /// The real value of a step.
    package let unit: Double
    /// The step whose real value is 0, and the value of padding.
    package let zeroPoint: Int32
}

/// The layer that makes the scores, from uint8 activations or from their sums over pixels.
///
///     score[c] = scale[c] * sum over k of weights[c, k] * (q[k] - zeroPoint) + bias[c]
///
/// The scale contains the unit of `q`, and the reciprocal of the pixels where sums come in. Signs whose batch norm
/// decreases after pooling arrive inverted: their weights are, too.
package struct FixedOutput: Sendable, Equatable {
    package let name: String
    package let inputs, classes: Int
    /// Pixels that are added up before; 1 for none.
    package let pixelCount: Int
    /// `[classes][inputs]`; -1, 0, +1 where ``isDiscrete``, so that the sums are exact.
    package let weights: [Float]
    package let isDiscrete: Bool
    /// Of `q`, or of its sums.
    package let zeroPoint: Int32
    /// `[classes]`; 1 where weights are real, which then contain it.
    package let scale: [Float]
    package let bias: [Float]
}
