internal import Foundation
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A finished network as a file: integer weights, batch norm as used, and the last layer.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `conv1.weight` | int8 (float32 for real weights) | `[rows, columns, inputs, outputs]` |
/// | `conv1.scale` | float32 | `[1]` or `[outputs]`, if the method has scales |
/// | `conv1.negativeScale` | float32 | `[1]`, if negative weights have a separate scale |
/// | `bn1.mean`, `.variance`, `.gamma`, `.beta` | float32 | `[channels]` |
/// | `output.weight`, `.bias` | float32 | `[1, 1, inputs, classes]`, `[classes]` |
///
/// The input order of the first fully connected layer is (row, column, channel). The metadata
/// contain everything else that is needed to run the network (``NetworkDescription``).
package struct NetworkFile: Sendable {
    /// The name of the file in a run's folder.
    package static let name = "winner.safetensors"

    /// The tensors and metadata of the file.
    package let contents: SafeTensors

    /// The path of the file, for messages.
    package let path: String

    // MARK: Writing

    /// Encodes a network as a file.
    ///
    /// - Parameter metadata: Additional metadata.
    package static func bytes(of network: FinishedNetwork, metadata: [String: String]) throws
        -> [UInt8]
    {
        var file = SafeTensors()
        file.metadata = metadata
        file.metadata["format"] = format
        file.metadata[SelfHash.key] = SelfHash.empty
        file.metadata["network"] = network.architecture.name
        file.metadata["classes"] = "\(network.classes)"
        if let preprocessing = network.preprocessing {
            let description = NetworkDescription(
                architecture: network.architecture, classes: network.classes,
                preprocessing: preprocessing, classNames: network.classNames)
            file.metadata.merge(try description.metadata) { $1 }
        } else {
            file.metadata["format"] = formatWithoutArchitecture
        }
        for layer in network.layers {
            switch layer {
            case .weights(let weights): add(weights, to: &file)
            case .normalization(let normalization):
                let parts = [
                    ("mean", normalization.mean), ("variance", normalization.variance),
                    ("gamma", normalization.gamma), ("beta", normalization.beta),
                ]
                for (part, values) in parts {
                    file.add(
                        "\(layer.name).\(part)", type: .float32, shape: [values.count],
                        values: values)
                }
            }
        }
        return SelfHash.filled(try file.bytes())
    }

    private static func add(_ weights: FinishedWeights, to file: inout SafeTensors) {
        let type: SafeTensors.ElementType =
            if case .integers = weights.values { .int8 } else { .float32 }
        file.add(
            "\(weights.name).weight", type: type, shape: weights.shape.sizes,
            values: weights.values.reals)
        let parts = [
            ("scale", weights.scale), ("negativeScale", weights.negativeScale),
            ("bias", weights.bias ?? []),
        ]
        for (part, values) in parts where !values.isEmpty {
            file.add(
                "\(weights.name).\(part)", type: .float32, shape: [values.count], values: values)
        }
    }

    private static let format = "lrnet-dist network 3"
    /// The format of earlier versions, which is usable only together with the run.
    private static let formatWithoutArchitecture = "lrnet-dist network 2"
    /// The format of earlier versions that has neither an architecture nor a hash.
    private static let formatWithoutHash = "lrnet-dist network 1"
    private static let formats = [format, formatWithoutArchitecture, formatWithoutHash]

    // MARK: Reading

    /// Reads a file.
    ///
    /// - Throws: `Failure` that names the file.
    package init(path: String) throws {
        try self.init(bytes: FileBytes.read(path), path: path)
    }

    /// Reads the bytes of a file and verifies their hash. The metadata contain the hash of all
    /// bytes, computed with zeros in its place.
    ///
    /// - Throws: `Failure` (65) that names the file.
    package init(bytes: [UInt8], path: String) throws {
        contents = try SafeTensors(bytes: bytes, file: path)
        self.path = path
        switch contents.metadata["format"] {
        case Self.formatWithoutHash: break
        case Self.format, Self.formatWithoutArchitecture:
            try SelfHash.check(bytes, contents.metadata, site: site)
        default:
            throw site.badData(
                "is not an lrnet-dist network that this version can read: its format is "
                    + "'\(contents.metadata["format"] ?? "")'; known formats are "
                    + Self.formats.joined(separator: ", "))
        }
    }

    /// Reads the description of the network.
    ///
    /// - Returns: The description; `nil` for formats 1 and 2.
    /// - Throws: `Failure` (65) that names the file.
    package func description() throws -> NetworkDescription? {
        guard contents.metadata["format"] == Self.format else { return nil }
        return try NetworkDescription(metadata: contents.metadata, site: site)
    }

    /// The training step and the draw that the network comes from; `?` if not recorded.
    var origin: (step: String, draw: String) {
        (contents.metadata["step"] ?? "?", contents.metadata["draw"] ?? "?")
    }

    /// True if the weights are the likeliest values of their distributions; false if they were
    /// drawn, or if the file does not record it.
    package var isLikeliest: Bool {
        contents.metadata["selection"] == EvaluatedWeights.likeliest.rawValue
    }

    /// Returns true if a file's metadata name a format of this program.
    static func isOwn(_ file: SafeTensors) -> Bool {
        file.metadata["format"].map(formats.contains) ?? false
    }

    /// Reads the network in the file.
    ///
    /// - Parameter network: A network of the same architecture; only its names, shapes and epsilon
    ///   are used.
    /// - Throws: `Failure` (65) that names the tensor that is missing or has the wrong shape.
    package func network(like network: Network) throws -> FinishedNetwork {
        let layers = try network.layers.compactMap { layer -> FinishedLayer? in
            switch layer {
            case let layer as WeightedLayer: .weights(try weights(of: layer))
            case let layer as BatchNormalization: .normalization(try normalization(of: layer))
            default: nil
            }
        }
        let description = try description()
        return FinishedNetwork(
            architecture: network.architecture, classes: network.classes, layers: layers,
            preprocessing: description?.preprocessing, classNames: description?.classNames)
    }

    private func weights(of layer: WeightedLayer) throws -> FinishedWeights {
        let scale = contents.tensors["\(layer.name).scale"]?.values ?? []
        guard [0, 1, layer.shape.outputs].contains(scale.count) else {
            throw site.badData("\(layer.name).scale has \(scale.count) values")
        }
        let negative = contents.tensors["\(layer.name).negativeScale"]?.values ?? []
        guard negative.count <= min(scale.count, 1) else {
            throw site.badData("\(layer.name).negativeScale has \(negative.count) values")
        }
        let tensor = try tensor("\(layer.name).weight", count: layer.shape.count)
        let bias = try layer.bias.map { try self.tensor($0.name, count: $0.value.count).values }
        return FinishedWeights(
            name: layer.name, shape: layer.shape,
            values: tensor.type == .int8
                ? .integers(tensor.values.map { Int8($0) }) : .reals(tensor.values),
            scale: scale, negativeScale: negative, bias: bias)
    }

    private func normalization(of layer: BatchNormalization) throws -> FinishedNormalization {
        func part(_ name: String) throws -> [Float] {
            try tensor("\(layer.name).\(name)", count: layer.inputShape.channels).values
        }
        return FinishedNormalization(
            name: layer.name, mean: try part("mean"), variance: try part("variance"),
            gamma: try part("gamma"), beta: try part("beta"), epsilon: layer.options.epsilon)
    }

    /// Reads the real weights of a layer, from which logits are initialized.
    ///
    /// - Throws: `Failure` (65) if the file contains no weights of this shape, or contains
    ///   integers.
    func sourceWeights(for layer: WeightedLayer) throws -> FloatView {
        let name = "\(layer.name).weight"
        guard contents.tensors[name]?.type != .int8 else {
            throw site.badData(
                "\(name) contains integers; initialization.from requires a full-precision run, or, "
                    + "for a method with logits, the folder of a run whose method also has logits")
        }
        return FloatBuffer(try tensor(name, count: layer.shape.count).values).all
    }

    private func tensor(_ name: String, count: Int) throws -> SafeTensors.Tensor {
        guard let tensor = contents.tensors[name] else {
            throw site.badData("has no tensor \(name); the file belongs to another network")
        }
        guard tensor.values.count == count else {
            throw site.badData(
                "\(name) has shape \(tensor.shape), but this network needs \(count) values; "
                    + "the file belongs to another network")
        }
        return tensor
    }

    private var site: FailureSite { FailureSite("network", path) }
}
