internal import LRNetKernels
internal import LRNetSupport

/// The finished weights of a convolution or fully connected layer:
///
///     w[k, o] = scale[o or 0] * values[k, o]
///
/// Negative values use `negativeScale` if there is one. Without a scale the factor is 1.
package struct FinishedWeights: Sendable, Equatable {
    /// The weights before scaling, in the order of ``WeightShape``.
    package enum Values: Sendable, Equatable {
        /// Values of -1, 0 or +1.
        case integers([Int8])
        case reals([Float])

        package var count: Int {
            switch self {
            case .integers(let values): values.count
            case .reals(let values): values.count
            }
        }

        package var reals: [Float] {
            switch self {
            case .integers(let values): values.map { Float($0) }
            case .reals(let values): values
            }
        }
    }

    /// The name of the layer, such as `conv1`.
    package let name: String
    package let shape: WeightShape
    package let values: Values
    /// One value, one value per output, or none.
    package let scale: [Float]
    /// One value, or none.
    package let negativeScale: [Float]
    /// One value per output; `nil` for a layer without a bias.
    package let bias: [Float]?

    /// - Precondition: The counts match the shape.
    package init(
        name: String, shape: WeightShape, values: Values, scale: [Float] = [],
        negativeScale: [Float] = [], bias: [Float]? = nil
    ) {
        precondition(
            values.count == shape.count && [0, 1, shape.outputs].contains(scale.count)
                && negativeScale.count <= min(scale.count, 1)
                && bias?.count ?? shape.outputs == shape.outputs,
            "\(name): \(values.count) weights, \(scale.count) and \(negativeScale.count) scales, "
                + "\(bias?.count ?? 0) biases for shape \(shape.sizes)")
        self.name = name
        self.shape = shape
        self.values = values
        self.scale = scale
        self.negativeScale = negativeScale
        self.bias = bias
    }

    /// Writes the scaled weights.
    ///
    /// - Parameter target: Overwritten; one value per weight.
    func expand(into target: FloatView) {
        target.copy(from: values.reals)
        if let minus = negativeScale.first {
            Elementwise.scale(target, positive: scale[0], negative: minus)
        } else if scale.count == 1 {
            Elementwise.scale(target, by: scale[0])
        } else if scale.count > 1 {
            Elementwise.multiplyRows(of: target, by: scale)
        }
    }
}
