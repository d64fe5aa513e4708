internal import LRNetKernels

/// The exchanges of a layer in a training step, in order: passes begin these very parts
/// (``GradientStore/begin(_:_:rows:)``), and plans count them.
package struct LayerExchange {
    /// One thing that is exchanged.
    package enum Part {
        /// Rows of all samples are gathered.
        case rows(GatherName, width: Int)
        /// A range of the gradient vector is added up.
        case sum(GradientSum)
        /// A tensor that processes update in shares is gathered.
        case shares(Parameter, unit: Int)
    }

    /// The parts that the forward pass begins.
    package private(set) var forward: [Part] = []

    /// The parts that the backward pass begins.
    package private(set) var backward: [Part] = []

    /// The parts that the update begins.
    package private(set) var update: [Part] = []

    /// Creates an exchange of nothing.
    init() {}

    /// Lists the exchanges of a layer.
    ///
    /// - Parameters:
    ///   - layer: The layer's position in the network.
    ///   - range: The layer's range of the gradient vector.
    ///   - usesWholeBatch: The weights' gradient is a product over the whole batch instead of a sum.
    ///   - latents: The learned tensors of the weights' shape.
    init(
        layer: Int, shape: WeightShape, layout: GradientLayout, range: Range<Int>,
        usesWholeBatch: Bool, latents: [Parameter]
    ) {
        if usesWholeBatch {
            func rows(_ rows: GatherName.Rows, width: Int) -> Part {
                .rows(GatherName(layer: layer, rows: rows), width: width)
            }
            forward = [rows(.input, width: shape.fanIn)]
            backward = [rows(.meanGradient, width: shape.outputs)]
            if layout.variances != nil {
                backward.append(rows(.varianceGradient, width: shape.outputs))
            }
        } else {
            func sum(_ part: Range<Int>, unit: Int?) -> Part {
                let start = range.lowerBound
                return .sum(
                    GradientSum(
                        range: start + part.lowerBound..<start + part.upperBound, unit: unit))
            }
            // From the end of the vector, as buckets want it.
            backward = [layout.bias].compactMap { $0 }.map { sum($0, unit: nil) }
            backward += layout.scales.reversed().map { sum($0, unit: nil) }
            backward += [layout.variances, layout.means].compactMap { $0 }
                .filter { !$0.isEmpty }.map { sum($0, unit: latents.first?.shareUnit) }
        }
        update = latents.compactMap { latent in
            latent.shareUnit.map { .shares(latent, unit: $0) }
        }
    }

    /// All parts.
    package var parts: [Part] { forward + backward + update }
}
