package import LRNetKernels
package import LRNetLayers
package import LRNetSupport

/// The tensors of a network that another program has trained, matched to the layers of ours.
///
/// Full-precision networks take all that matches: weights, batch norm with its statistics, the last
/// layer. Other methods take what they take of a run of ours: the weights before the last layer, which
/// their initialisation turns into logits or latents. Layouts are PyTorch's in the file (convolutions
/// `[outputs, inputs, rows, columns]`, linear layers `[outputs, inputs]`, inputs behind images in the
/// order channel, row, column) and HWIO here.
package struct PretrainedNetwork {
    /// What became of each tensor of the file, and which layers found none; in the file's order, then
    /// the network's.
    package private(set) var table = TextTable(["tensor", "shape", "layer", "what becomes of it"])

    /// By layer, in the order of ours (HWIO).
    private var weights: [String: [Float]] = [:]
    /// By parameter (`bn1.gamma`) or statistic (`bn1.mean`).
    private var vectors: [String: [Float]] = [:]

    private let path: String

    /// Matches a file to a network.
    ///
    /// - Parameter takesAll: Whether batch norm and the last layer are taken too.
    /// - Throws: `Failure` (65) if nothing matches, or if a value that is wanted is not finite.
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
                    ? try take(tensor, name, layer, target.part)
                    : "not taken: \(layer.name) starts afresh with this method"
            } else {
                outcome = "not taken: the network has no such layer"
            }
            table.append([name, "\(tensor.shape)", target?.layer ?? "-", outcome])
        }
        for (name, dtype) in file.unread {
            table.append([name, "-", "-", "not taken: dtype \(dtype) is not read"])
        }
        guard !weights.isEmpty else {
            let some = file.names.prefix(3).joined(separator: ", ")
            throw site.badData(
                "matches no layer of network \(network.architecture.name); it has "
                    + "\(some.isEmpty ? "no tensors" : "\(some), ..."), and names such as "
                    + "conv1.weight and layer1.0.conv1.weight were looked for")
        }
        for layer in network.weightedLayers where weights[layer.name] == nil {
            guard takesAll || layer.name != last else { continue }
            table.append(["-", "-", layer.name, "nothing for it: a cold start"])
        }
    }

    /// A layer's weights, HWIO; `nil` if the file has none for it.
    package func weights(for layer: WeightedLayer) -> FloatView? {
        weights[layer.name].map { FloatBuffer($0).all }
    }

    /// Sets what `Network.initialize` leaves alone: batch norm and the last layer, as far as they were
    /// taken.
    package func finish(_ network: Network) {
        if let last = network.weightedLayers.last, let taken = weights[last.name] {
            last.latents[0].value.copy(from: taken)
        }
        for parameter in network.parameters {
            if let taken = vectors[parameter.name] { parameter.value.copy(from: taken) }
        }
        for layer in network.batchNorms {
            func taken(_ part: String, or old: [Double]) -> [Double] {
                vectors["\(layer.name).\(part)"]?.map(Double.init) ?? old
            }
            layer.restore(
                movingMean: taken("mean", or: layer.movingMean),
                movingVariance: taken("variance", or: layer.movingVariance))
        }
    }

    /// Takes a tensor if it fits.
    ///
    /// - Returns: What the table says of it.
    private mutating func take(
        _ tensor: SafeTensors.Tensor, _ name: String, _ layer: any Layer, _ part: TorchNames.Part
    ) throws -> String {
        guard tensor.type.isReal else { return "not taken: \(tensor.type.rawValue) is not real" }
        func refusal(_ expected: [[Int]]) -> String? {
            if expected.contains(tensor.shape) { return nil }
            let shapes = expected.map { "\($0)" }.joined(separator: " or ")
            return "not taken: shape \(tensor.shape) where \(layer.name) has \(shapes)"
        }
        func check(_ isGood: (Float) -> Bool, _ what: String) throws {
            guard tensor.values.allSatisfy(isGood) else {
                throw site.badData("\(name) has values that are not \(what)")
            }
        }
        let note = tensor.type == .float32 ? "taken" : "taken, from \(tensor.type.rawValue)"
        try check({ $0.isFinite }, "finite (in Float32)")
        switch (layer, part) {
        case (let layer as WeightedLayer, .weight):
            if let refusal = refusal(layer.torchShapes) { return refusal }
            weights[layer.name] = layer.fromTorch(tensor.values)
        case (let layer as WeightedLayer, .bias):
            guard let bias = layer.bias else { return "not taken: \(layer.name) has no bias" }
            if let refusal = refusal([bias.shape]) { return refusal }
            vectors[bias.name] = tensor.values
        case (let layer as BatchNormalization, _):
            if let refusal = refusal([[layer.inputShape.channels]]) { return refusal }
            if part == .variance { try check({ $0 >= 0 }, "variances (0 or more)") }
            let ours = [
                TorchNames.Part.weight: "gamma", .bias: "beta", .mean: "mean",
                .variance: "variance",
            ]
            guard let ours = ours[part] else { return "not needed" }
            vectors["\(layer.name).\(ours)"] = tensor.values
        default: return "not taken: \(layer.name) has no \(part.rawValue)"
        }
        return note
    }

    private var site: FailureSite { FailureSite("initialization.from", path) }
}

extension WeightedLayer {
    /// Whether the layer sees its whole input at once.
    private var isWhole: Bool {
        geometry.window == 1 && geometry.input.channels == inputShape.count
    }

    /// The shapes that the weights may have in PyTorch.
    var torchShapes: [[Int]] {
        let matrix = isWhole ? [[shape.outputs, shape.inputs]] : []
        let isPixel = inputShape.pixelCount == 1
        return isWhole && !isPixel
            ? matrix : matrix + [[shape.outputs, shape.inputs, shape.window, shape.window]]
    }

    /// PyTorch's weights in our order: outputs innermost, a window's values as (row, column, channel).
    func fromTorch(_ values: [Float]) -> [Float] {
        precondition(values.count == shape.count, "\(values.count) of \(shape.count) weights")
        // A fully connected layer sees an image as a window does, but its channels come last here and
        // first there.
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
