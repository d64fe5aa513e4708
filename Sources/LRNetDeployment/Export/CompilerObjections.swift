internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetTraining

/// The properties of a network that the FPGA compilers FINN and hls4ml do not convert on their own.
package struct CompilerObjections {
    /// One line for each property, in the order of the layers.
    package private(set) var lines: [String] = []

    package init(_ network: DeployedNetwork) {
        switch network.description.preprocessing.scaling {
        case .unit: break
        case .image: lines.append("FINN: images are standardized one by one; do this on the host")
        case .channels(let mean, let deviation):
            if Set(mean).count > 1 || Set(deviation).count > 1 {
                lines.append(
                    "FINN: images have a scale for each channel, not one for all; standardize them on "
                        + "the host")
            }
        }
        add(network.steps, of: network.description.architecture.input)
        if let last = network.products.last, !last.weights.isDiscrete {
            lines.append("FINN: \(last.name): weights are real; the host computes this layer")
        }
    }

    private mutating func add(_ steps: [DeployedStep], of input: ImageShape) {
        var (shape, areSigns, isImage) = (input, false, true)
        for step in steps {
            switch step {
            case .product(let product):
                if areSigns, product.geometry.padding != .none {
                    lines.append(
                        "FINN, hls4ml: \(product.name): pads signs with 0, which types of one bit "
                            + "do not have")
                }
                if !isImage, product.isWhole, shape.pixelCount > 1 {
                    lines.append(
                        "FINN: \(product.name): is fully connected to \(shape.height)x\(shape.width) "
                            + "pixels; the build needs RemoveCNVtoFCFlatten")
                }
                (shape, areSigns, isImage) = (product.outputShape, false, false)
            case .affine(let affine): areSigns = affine.activation == .sign
            case .maxPool(_, let geometry):
                isImage = false
                shape = ImageShape(
                    height: geometry.outputHeight, width: geometry.outputWidth,
                    channels: shape.channels)
            case .averagePool(_, let pooled):
                (areSigns, isImage) = (false, false)
                shape = ImageShape(height: 1, width: 1, channels: pooled.channels)
            case .residual(let block):
                lines.append(
                    "FINN: \(block.name): is a residual block; the build needs its own streamlining"
                )
                if case .affine(let last) = block.body.last { shape = last.shape }
                (areSigns, isImage) = (false, false)
            }
        }
    }
}
