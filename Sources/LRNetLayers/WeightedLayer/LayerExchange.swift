internal import LRNetKernels

/// The exchanges of a layer in a training step, in order. Passes begin exactly these parts
/// (`GradientStore/begin(_:_:rows:)`), and plans count them.
package struct LayerExchange {
    package enum Part {
        /// Gathers the rows of all samples.
        case rows(GatherName, width: Int)
        /// Sums a range of the gradient vector.
        case sum(GradientSum)
        /// Gathers a tensor whose update is divided among the processes.
        case shares(Parameter, unit: Int)
    }

    /// The parts that the forward pass begins.
    package private(set) var forward: [Part] = []

    /// The parts that the backward pass begins.
    package private(set) var backward: [Part] = []

    /// The parts that the update begins.
    package private(set) var update: [Part] = []

    init() {}

    /// Lists the exchanges of a layer.
    ///
    /// - Parameters:
    ///   - layer: The layer's position in the network.
    ///   - range: The layer's range of the gradient vector.
    ///   - usesWholeBatch: True if the weights' gradient is a product over the whole batch instead
    ///     of a sum.
    ///   - latents: The learned tensors that have the shape of the weights.
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
            // From the end of the vector to its start, the order in which buckets join ranges.
            backward = [layout.bias].compactMap { $0 }.map { sum($0, unit: nil) }
            backward += layout.scales.reversed().map { sum($0, unit: nil) }
            backward += [layout.variances, layout.means].compactMap { $0 }
                .filter { !$0.isEmpty }.map { sum($0, unit: latents.first?.shareUnit) }
        }
        update = latents.compactMap { latent in
            latent.shareUnit.map { .shares(latent, unit: $0) }
        }
    }

    package var parts: [Part] { forward + backward + update }
}
