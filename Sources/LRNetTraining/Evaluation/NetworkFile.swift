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
/// | `bn1.mean`, `.variance`, `.gamma`, `.beta` | float32 | `[channels]` |
/// | `output.weight`, `.bias` | float32 | `[1, 1, inputs, classes]`, `[classes]` |
///
/// The input order of the first fully connected layer is (row, column, channel).
public enum NetworkFile {
    /// The file's name in a run's folder.
    public static let name = "winner.safetensors"

    /// What the metadata call the format.
    static let format = "lrnet-dist network 1"

    /// Writes a network whose test-time weights are in use.
    ///
    /// Batch norm's statistics are those that evaluation uses now.
    ///
    /// - Parameters:
    ///   - selection: How the weights were taken; they are taken again.
    ///   - metadata: Free text that goes with it.
    /// - Throws: `SupportFailure` when the file cannot be written; an old one is then untouched.
    static func write(
        _ network: Network, selection: (WeightedLayer) -> WeightDraws.Selection,
        metadata: [String: String], to path: String
    ) throws {
        var file = SafeTensors()
        file.metadata = metadata
        file.metadata["format"] = format
        file.metadata["network"] = network.architecture.name
        file.metadata["classes"] = "\(network.classes)"
        for layer in network.layers {
            if let layer = layer as? WeightedLayer {
                let weights = FloatBuffer(count: layer.shape.count)
                let test = layer.useTestWeights(selection(layer), unscaled: weights.all)
                file.add(
                    "\(layer.name).weight", type: test.isDiscrete ? .int8 : .float32,
                    shape: layer.shape.sizes, values: weights.all.values)
                if !test.scale.isEmpty {
                    file.add(
                        "\(layer.name).scale", type: .float32, shape: [test.scale.count],
                        values: test.scale)
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
        try AtomicFile.write(try file.bytes(), to: path)
    }

    /// Reads a file.
    ///
    /// - Throws: `TrainingFailure` or `SupportFailure`, naming the file.
    public static func read(_ path: String) throws -> SafeTensors {
        try SafeTensors(bytes: FileBytes.read(path), file: path)
    }

    /// Makes a network evaluate exactly what the file holds.
    ///
    /// - Throws: `TrainingFailure` naming the tensor that is missing or has another shape.
    public static func install(
        _ file: SafeTensors, named path: String, in network: Network
    ) throws {
        for layer in network.layers {
            if let layer = layer as? WeightedLayer {
                let scale = file.tensors["\(layer.name).scale"]?.values ?? []
                guard [0, 1, layer.shape.outputs].contains(scale.count) else {
                    throw failure(path, "\(layer.name).scale has \(scale.count) values")
                }
                layer.useWeights(
                    try values(
                        "\(layer.name).weight", count: layer.shape.count, in: file, path),
                    scale: scale)
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
    /// - Throws: `TrainingFailure` if the file holds none of this shape, or integers.
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

    private static func failure(_ path: String, _ message: String) -> TrainingFailure {
        TrainingFailure(call: "network", subject: path, message: message, exitStatus: .badData)
    }
}
