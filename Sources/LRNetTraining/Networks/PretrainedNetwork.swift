package import LRNetKernels
package import LRNetLayers
package import LRNetSupport

/// The tensors of a network that another program trained, matched to the layers of a network here.
///
/// Full-precision networks load everything that matches: weights, batch norm with its statistics,
/// and the last layer. Other methods load only the weights before the last layer, as they do from a
/// full-precision run; their initialization converts these weights to logits or latent weights. The
/// file has PyTorch's layouts: convolutions `[outputs, inputs, rows, columns]`, linear layers
/// `[outputs, inputs]`, and linear layers after images with inputs in the order channel, row,
/// column. The layout here is HWIO.
package struct PretrainedNetwork {
    /// The outcome for each tensor, in the order of the file, and then the layers without a tensor,
    /// in the order of the network.
    package private(set) var table = TextTable(["tensor", "shape", "layer", "outcome"])

    /// The weights by layer, in HWIO layout.
    private var weights: [String: [Float]] = [:]
    /// The other values by parameter (`bn1.gamma`) or statistic (`bn1.mean`).
    private var vectors: [String: [Float]] = [:]

    private let path: String

    /// Matches a file to a network.
    ///
    /// - Parameter takesAll: True if batch norm and the last layer are loaded, too.
    /// - Throws: `Failure` (65) if no weights match, if two tensors match the same place, or if a
    ///   value to load is not finite or is a negative variance.
    package init(_ file: SafeTensors, named path: String, for network: Network, takesAll: Bool)
        throws
    {
        self.path = path
        let names = TorchNames(file.names)
        let layers = Dictionary(
            network.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let last = network.weightedLayers.last?.name
        var sources: [String: String] = [:]
        for name in file.names {
            guard let tensor = file.tensors[name] else { continue }
            let target = names.target(of: name)
            let outcome: String
            if let target, layers[target.layer] != nil, target.part != .count {
                let place = "\(target.layer).\(target.part.rawValue)"
                if let other = sources.updateValue(name, forKey: place) {
                    throw site.badData(
                        "has two tensors for \(place), \(other) and \(name); save the state "
                            + "dictionary of one network")
                }
            }
            if target?.part == .count {
                outcome = "not needed"
            } else if let target, let layer = layers[target.layer] {
                let isWanted = takesAll || layer is WeightedLayer && target.layer != last
                outcome =
                    isWanted
                    ? try load(tensor, name, layer, target.part)
                    : "not loaded: this method initializes \(layer.name) itself"
            } else {
                outcome = "not loaded: the network has no such layer"
            }
            table.append([name, "\(tensor.shape)", target?.layer ?? "-", outcome])
        }
        for (name, dtype) in file.unread {
            table.append([name, "-", "-", "not loaded: dtype \(dtype) is not supported"])
        }
        guard !weights.isEmpty else {
            let examples = file.names.prefix(3).joined(separator: ", ")
            throw site.badData(
                "matches no layer of network \(network.architecture.name); it has "
                    + "\(examples.isEmpty ? "no tensors" : "\(examples), ..."), but names such as "
                    + "conv1.weight and layer1.0.conv1.weight are expected")
        }
        for layer in network.weightedLayers where weights[layer.name] == nil {
            guard takesAll || layer.name != last else { continue }
            table.append(["-", "-", layer.name, "no tensor: cold start"])
        }
    }

    /// Returns a layer's weights in HWIO layout; `nil` if the file contains none for it.
    package func weights(for layer: WeightedLayer) -> FloatView? {
        weights[layer.name].map { FloatBuffer($0).all }
    }

    /// Sets the loaded values of batch norm and the last layer, which `Network.initialize` does not
    /// set.
    package func finish(_ network: Network) {
        if let last = network.weightedLayers.last, let loaded = weights[last.name] {
            last.latents[0].value.copy(from: loaded)
        }
        for parameter in network.parameters {
            if let loaded = vectors[parameter.name] { parameter.value.copy(from: loaded) }
        }
        for layer in network.batchNorms {
            func loaded(_ part: String, or old: [Double]) -> [Double] {
                vectors["\(layer.name).\(part)"]?.map(Double.init) ?? old
            }
            layer.restore(
                movingMean: loaded("mean", or: layer.movingMean),
                movingVariance: loaded("variance", or: layer.movingVariance))
        }
    }

    /// Loads a tensor if it fits.
    ///
    /// - Returns: The outcome for the table.
    private mutating func load(
        _ tensor: SafeTensors.Tensor, _ name: String, _ layer: any Layer, _ part: TorchNames.Part
    ) throws -> String {
        guard tensor.type.isReal else {
            return "not loaded: \(tensor.type.rawValue) is not a floating-point type"
        }
        func mismatch(_ expected: [[Int]]) -> String? {
            if expected.contains(tensor.shape) { return nil }
            let shapes = expected.map { "\($0)" }.joined(separator: " or ")
            return "not loaded: shape \(tensor.shape), but \(layer.name) has \(shapes)"
        }
        func check(_ isValid: (Float) -> Bool, _ requirement: String) throws {
            guard tensor.values.allSatisfy(isValid) else {
                throw site.badData("\(name) has values that are not \(requirement)")
            }
        }
        let note = tensor.type == .float32 ? "loaded" : "loaded from \(tensor.type.rawValue)"
        try check({ $0.isFinite }, "finite (in Float32)")
        switch (layer, part) {
        case (let layer as WeightedLayer, .weight):
            if let mismatch = mismatch(layer.torchShapes) { return mismatch }
            weights[layer.name] = layer.fromTorch(tensor.values)
        case (let layer as WeightedLayer, .bias):
            guard let bias = layer.bias else { return "not loaded: \(layer.name) has no bias" }
            if let mismatch = mismatch([bias.shape]) { return mismatch }
            vectors[bias.name] = tensor.values
        case (let layer as BatchNormalization, _):
            if let mismatch = mismatch([[layer.inputShape.channels]]) { return mismatch }
            if part == .variance { try check({ $0 >= 0 }, "variances (0 or more)") }
            let names = [
                TorchNames.Part.weight: "gamma", .bias: "beta", .mean: "mean",
                .variance: "variance",
            ]
            guard let own = names[part] else { return "not needed" }
            vectors["\(layer.name).\(own)"] = tensor.values
        default: return "not loaded: \(layer.name) has no \(part.rawValue)"
        }
        return note
    }

    private var site: FailureSite { FailureSite("initialization.from", path) }
}

extension WeightedLayer {
    /// True if the layer is fully connected: it reads its whole input at once.
    private var isWhole: Bool {
        geometry.window == 1 && geometry.input.channels == inputShape.count
    }

    /// The shapes that the weights can have in PyTorch.
    var torchShapes: [[Int]] {
        let matrix = isWhole ? [[shape.outputs, shape.inputs]] : []
        let isPixel = inputShape.pixelCount == 1
        return isWhole && !isPixel
            ? matrix : matrix + [[shape.outputs, shape.inputs, shape.window, shape.window]]
    }

    /// Converts PyTorch's weights to the layout used here: outputs are innermost, and the values of
    /// a window are ordered (row, column, channel).
    func fromTorch(_ values: [Float]) -> [Float] {
        precondition(values.count == shape.count, "\(values.count) of \(shape.count) weights")
        // A fully connected layer is a window over the whole image. Channels come last here and
        // first in PyTorch.
        let pixels = isWhole ? inputShape.pixelCount : shape.window * shape.window
        let channels = shape.fanIn / pixels
        var result = [Float](repeating: 0, count: shape.count)
        for output in 0..<shape.outputs {
            for channel in 0..<channels {
                for pixel in 0..<pixels {
                    result[(pixel * channels + channel) * shape.outputs + output] =
                        values[(output * channels + channel) * pixels + pixel]
                }
            }
        }
        return result
    }
}
