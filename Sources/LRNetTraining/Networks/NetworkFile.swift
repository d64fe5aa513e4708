internal import Foundation
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A finished network as a file: integer weights, batch norm as used, and the last layer.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `conv1.weight` | int8 (float32 for real weights) | `[rows, columns, inputs, outputs]` |
/// | `conv1.scale` | float32 | `[1]` or `[outputs]`, where the method has scales |
/// | `conv1.negativeScale` | float32 | `[1]`, where negative weights have their own |
/// | `bn1.mean`, `.variance`, `.gamma`, `.beta` | float32 | `[channels]` |
/// | `output.weight`, `.bias` | float32 | `[1, 1, inputs, classes]`, `[classes]` |
///
/// The input order of the first fully connected layer is (row, column, channel). The metadata say what else
/// is needed to run the network (``NetworkDescription``).
package struct NetworkFile: Sendable {
    /// The file's name in a run's folder.
    package static let name = "winner.safetensors"

    /// The tensors and metadata as they are in the file.
    package let contents: SafeTensors

    /// The file, for messages.
    package let path: String

    // MARK: Writing

    /// The bytes of a file.
    ///
    /// - Parameter metadata: Free text that goes with it.
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
    /// A file of earlier versions, which is of use together with its run.
    private static let formatWithoutArchitecture = "lrnet-dist network 2"
    /// The same without a hash.
    private static let formatWithoutHash = "lrnet-dist network 1"
    private static let formats = [format, formatWithoutArchitecture, formatWithoutHash]

    // MARK: Reading

    /// Reads a file.
    ///
    /// - Throws: `Failure` naming the file.
    package init(path: String) throws {
        try self.init(bytes: FileBytes.read(path), path: path)
    }

    /// Reads a file's bytes, which must be just as they were written: the metadata hold the hash of
    /// all bytes, taken while zeros stood in its place.
    ///
    /// - Throws: `Failure` (65) naming the file.
    package init(bytes: [UInt8], path: String) throws {
        contents = try SafeTensors(bytes: bytes, file: path)
        self.path = path
        switch contents.metadata["format"] {
        case Self.formatWithoutHash: break
        case Self.format, Self.formatWithoutArchitecture:
            try SelfHash.check(bytes, contents.metadata, site: site)
        default:
            throw site.badData(
                "is not a network of lrnet-dist that this version reads: its format is "
                    + "'\(contents.metadata["format"] ?? "")', and known are "
                    + Self.formats.joined(separator: ", "))
        }
    }

    /// What the file says of its network.
    ///
    /// - Returns: `nil` for formats 1 and 2.
    /// - Throws: `Failure` (65) naming the file.
    package func description() throws -> NetworkDescription? {
        guard contents.metadata["format"] == Self.format else { return nil }
        return try NetworkDescription(metadata: contents.metadata, site: site)
    }

    /// The training step and the draw that the network comes from; `?` where the file does not say.
    var origin: (step: String, draw: String) {
        (contents.metadata["step"] ?? "?", contents.metadata["draw"] ?? "?")
    }

    /// The weights are the likeliest values of their distributions; `false` where they were drawn, or the
    /// file does not say.
    package var isLikeliest: Bool {
        contents.metadata["selection"] == EvaluatedWeights.likeliest.rawValue
    }

    /// Whether a file says that it is of this program.
    static func isOwn(_ file: SafeTensors) -> Bool {
        file.metadata["format"].map(formats.contains) ?? false
    }

    /// The network in the file.
    ///
    /// - Parameter network: One of the same architecture; only names, shapes and epsilon are taken from it.
    /// - Throws: `Failure` (65) naming the tensor that is missing or has another shape.
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

    /// The real weights of a layer, to start logits from.
    ///
    /// - Throws: `Failure` (65) if the file holds none of this shape, or integers.
    func sourceWeights(for layer: WeightedLayer) throws -> FloatView {
        let name = "\(layer.name).weight"
        guard contents.tensors[name]?.type != .int8 else {
            throw site.badData(
                "\(name) holds integers; initialization.from requires a full-precision run, or the folder "
                    + "of a run whose method has logits for a method that has them, too")
        }
        return FloatBuffer(try tensor(name, count: layer.shape.count).values).all
    }

    private func tensor(_ name: String, count: Int) throws -> SafeTensors.Tensor {
        guard let tensor = contents.tensors[name] else {
            throw site.badData("has no tensor \(name); it belongs to another network")
        }
        guard tensor.values.count == count else {
            throw site.badData(
                "\(name) has shape \(tensor.shape), which is not \(count) values; "
                    + "it belongs to another network")
        }
        return tensor
    }

    private var site: FailureSite { FailureSite("network", path) }
}
