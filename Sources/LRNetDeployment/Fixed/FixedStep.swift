package import LRNetKernels

/// A product of integer weights and its requantization.
package struct FixedLayer: Sendable, Equatable {
    /// A name such as `conv1`.
    package let name: String
    package let geometry: PatchGeometry
    package let outputs: Int
    /// `[outputs][row][column][input]`: -1, 0, +1 if ``isDiscrete``, otherwise -64 ... 64.
    package let weights: [Int8]
    /// True if the layer's weights are -1, 0, +1 in the network; other weights are rounded.
    package let isDiscrete: Bool
    /// The largest magnitude of an input minus its zero point.
    package let inputReach: Int32
    package let requantization: Requantization

    package var outputShape: ImageShape {
        ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
    }
}

/// `q = clip(qBody - 128 + qShortcut, 0, 255)`, where 128 is also subtracted from a projection's
/// `qShortcut`. All values have the same unit.
package struct FixedResidual: Sendable {
    package let name: String
    /// Two layers, the second with a zero point of 128.
    package let body: [FixedLayer]
    package let shortcut: Shortcut

    package enum Shortcut: Sendable {
        case identity
        /// A layer with a zero point of 128.
        case projection(FixedLayer)
        case subsampling(Subsampling)
    }
}

/// The mean over all pixels of each channel, before a layer that is not the last: the requantized
/// sum of the values minus their zero point.
package struct FixedAverage: Sendable, Equatable {
    package let name: String
    package let shape: ImageShape
    package let requantization: Requantization
}

/// A step of a fixed-point network. Activations are uint8, NHWC.
package enum FixedStep: Sendable {
    case layer(FixedLayer)
    case average(FixedAverage)
    /// Maximum pooling over the values inside the image. Padding never wins because no value is
    /// below 0.
    case maxPool(name: String, PatchGeometry)
    case residual(FixedResidual)
}

/// The conversion of images to the first activations.
package struct FixedInput: Sendable, Equatable {
    package enum Rule: Sendable, Equatable {
        /// The pixels themselves.
        case pixels
        /// `table[channel * 256 + pixel]`
        case table([UInt8])
        /// `clip(roundHalfEven(x / unit) + zeroPoint)`, where `x` is the image standardized in
        /// Double.
        case image
    }

    package let rule: Rule
    package let shape: ImageShape
    /// The real value of a step.
    package let unit: Double
    /// The step whose real value is 0, which is also the value of padding.
    package let zeroPoint: Int32
}

/// The layer that computes the scores from uint8 activations or from their sums over pixels.
///
///     score[c] = scale[c] * sum over k of weights[c, k] * (q[k] - zeroPoint) + bias[c]
///
/// The scale contains the unit of `q` and, for sums, the reciprocal of the number of pixels. Signs
/// whose batch norm decreases after pooling arrive inverted, so their weights are also inverted.
package struct FixedOutput: Sendable, Equatable {
    package let name: String
    package let inputs, classes: Int
    /// The number of pixels in a sum, or 1 if the input is not summed.
    package let pixelCount: Int
    /// `[classes][inputs]`: -1, 0, +1 if ``isDiscrete``, so that the sums are exact.
    package let weights: [Float]
    package let isDiscrete: Bool
    /// The zero point of `q` or of its sums.
    package let zeroPoint: Int32
    /// `[classes]`: 1 if the weights are real, because they then contain the scale.
    package let scale: [Float]
    package let bias: [Float]
    /// The integer form, which replaces the equation above; `nil` for real scores.
    package let integer: IntegerOutput?
}
