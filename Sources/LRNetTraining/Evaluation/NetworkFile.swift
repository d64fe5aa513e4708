internal import Foundation
internal import LRNetKernels
public import LRNetLayers
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
/// The input order of the first fully connected layer is (row, column, channel).
public enum NetworkFile {
    /// The file's name in a run's folder.
    public static let name = "winner.safetensors"

    /// Writes a network whose test-time weights are in use.
    ///
    /// Batch norm's statistics are those that evaluation uses now.
    ///
    /// - Parameters:
    ///   - selection: How the weights were taken; they are taken again.
    ///   - metadata: Free text that goes with it.
    /// - Throws: `Failure` when the file cannot be written; an old one is then untouched.
    static func write(
        _ network: Network, selection: (WeightedLayer) -> WeightDraws.Selection,
        metadata: [String: String], to path: String
    ) throws {
        var file = SafeTensors()
        file.metadata = metadata
        file.metadata["format"] = format
        file.metadata[hashKey] = emptyHash
        file.metadata["network"] = network.architecture.name
        file.metadata["classes"] = "\(network.classes)"
        for layer in network.layers {
            if let layer = layer as? WeightedLayer {
                let weights = FloatBuffer(count: layer.shape.count)
                let test = layer.useTestWeights(selection(layer), unscaled: weights.all)
                file.add(
                    "\(layer.name).weight", type: test.isDiscrete ? .int8 : .float32,
                    shape: layer.shape.sizes, values: weights.all.values)
                for (part, scale) in [
                    ("scale", test.scale), ("negativeScale", test.negativeScale),
                ] where !scale.isEmpty {
                    file.add(
                        "\(layer.name).\(part)", type: .float32, shape: [scale.count],
                        values: scale)
                }
                if let bias = layer.bias {
                    file.add(
                        bias.name, type: .float32, shape: bias.shape, values: bias.value.values)
                }
            } else if let layer = layer as? BatchNormalization {
                let statistics = layer.statisticsInUse
                let parts = [
                    ("mean", statistics.mean), ("variance", statistics.variance),
                    ("gamma", layer.gamma.value.values), ("beta", layer.beta.value.values),
                ]
                for (part, values) in parts {
                    file.add(
                        "\(layer.name).\(part)", type: .float32, shape: [values.count],
                        values: values)
                }
            }
        }
        let bytes = try file.bytes()
        try AtomicFile.write(
            replacing(emptyHash, by: ContentHash.of(bytes), in: bytes), to: path)
    }

    private static let format = "lrnet-dist network 2"
    /// A file without a hash, of earlier versions.
    private static let formatWithoutHash = "lrnet-dist network 1"
    private static let hashKey = "sha256"
    /// Stands in the file while it is hashed.
    private static let emptyHash = String(repeating: "0", count: 64)

    /// Reads a file.
    ///
    /// - Throws: `Failure`, naming the file.
    public static func read(_ path: String) throws -> SafeTensors {
        try parse(FileBytes.read(path), named: path)
    }

    /// Reads a file's bytes, which must be just as they were written: the metadata hold the hash of
    /// all bytes, taken while zeros stood in its place.
    ///
    /// - Throws: `Failure` (65) naming the file.
    static func parse(_ bytes: [UInt8], named path: String) throws -> SafeTensors {
        let file = try SafeTensors(bytes: bytes, file: path)
        switch file.metadata["format"] {
        case formatWithoutHash: return file
        case format:
            guard let hash = file.metadata[hashKey], hash.utf8.count == emptyHash.utf8.count,
                ContentHash.of(replacing(hash, by: emptyHash, in: bytes)) == hash
            else {
                throw failure(
                    path, "is damaged or was edited: its content does not have its SHA-256")
            }
            return file
        default:
            throw failure(path, "is no network of lrnet-dist: its metadata say no such format")
        }
    }

    /// Whether a file says that it is of this program.
    static func isOwn(_ file: SafeTensors) -> Bool {
        [format, formatWithoutHash].contains(file.metadata["format"])
    }

    /// The bytes with the first occurrence of a text replaced by one of the same length.
    private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
        guard let place = bytes.firstRange(of: Array(old.utf8)) else { return bytes }
        var result = bytes
        result.replaceSubrange(place, with: Array(new.utf8))
        return result
    }

    /// Makes a network evaluate exactly what the file holds.
    ///
    /// - Throws: `Failure` naming the tensor that is missing or has another shape.
    public static func install(
        _ file: SafeTensors, named path: String, in network: Network
    ) throws {
        for layer in network.layers {
            if let layer = layer as? WeightedLayer {
                let scale = file.tensors["\(layer.name).scale"]?.values ?? []
                guard [0, 1, layer.shape.outputs].contains(scale.count) else {
                    throw failure(path, "\(layer.name).scale has \(scale.count) values")
                }
                let negative = file.tensors["\(layer.name).negativeScale"]?.values ?? []
                guard negative.count <= min(scale.count, 1) else {
                    throw failure(
                        path, "\(layer.name).negativeScale has \(negative.count) values")
                }
                layer.useWeights(
                    try values(
                        "\(layer.name).weight", count: layer.shape.count, in: file, path),
                    scale: scale, negativeScale: negative)
                if let bias = layer.bias {
                    bias.value.copy(
                        from: try values(bias.name, count: bias.value.count, in: file, path))
                }
            } else if let layer = layer as? BatchNormalization {
                func part(_ name: String) throws -> [Float] {
                    try values(
                        "\(layer.name).\(name)", count: layer.inputShape.channels, in: file, path)
                }
                layer.gamma.value.copy(from: try part("gamma"))
                layer.beta.value.copy(from: try part("beta"))
                layer.evaluationStatistics = (
                    try part("mean").map(Double.init), try part("variance").map(Double.init)
                )
            }
        }
    }

    /// The real weights of a layer, to start logits from.
    ///
    /// - Throws: `Failure` if the file holds none of this shape, or integers.
    static func sourceWeights(
        for layer: WeightedLayer, in file: SafeTensors, named path: String
    ) throws -> FloatView {
        let name = "\(layer.name).weight"
        guard file.tensors[name]?.type != .int8 else {
            throw failure(
                path, "\(name) holds integers; initialization.from wants a full-precision run")
        }
        return FloatBuffer(try values(name, count: layer.shape.count, in: file, path)).all
    }

    private static func values(
        _ name: String, count: Int, in file: SafeTensors, _ path: String
    ) throws -> [Float] {
        guard let tensor = file.tensors[name] else {
            throw failure(path, "has no tensor \(name); it belongs to another network")
        }
        guard tensor.values.count == count else {
            throw failure(
                path,
                "\(name) has shape \(tensor.shape), which is not \(count) values; "
                    + "it belongs to another network")
        }
        return tensor.values
    }

    private static func failure(_ path: String, _ message: String) -> Failure {
        Failure(call: "network", subject: path, message: message, exitStatus: .badData)
    }
}
