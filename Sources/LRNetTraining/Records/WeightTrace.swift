internal import LRNetHDF5
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// Follows the discrete weights of a network: how undecided they are, and how many have another
/// likeliest value than at the last look.
///
/// Looks at learned tensors only, which are the same on all ranks, so records are the same at any
/// number of ranks. What the next look compares with goes into checkpoints: an interrupted run
/// records what an uninterrupted one does.
package final class WeightTrace {
    /// Weights that share a byte in checkpoints.
    private static let packing = 4

    private struct Followed {
        var layer: WeightedLayer
        /// The likeliest values at the last look: -1, 0, +1.
        var likeliest: FloatView
        /// Room for the next look's.
        var scratch: FloatView
    }

    private var layers: [Followed] = []
    private var lastStep = 0

    /// Follows the layers whose finished weights are discrete.
    ///
    /// - Parameter isActive: Whether this rank records; others need not look.
    package init(network: Network, isActive: Bool) {
        guard isActive else { return }
        layers = network.weightedLayers.filter { $0.model.levels != nil }.map {
            Followed(
                layer: $0, likeliest: FloatBuffer(count: $0.shape.count).all,
                scratch: FloatBuffer(count: $0.shape.count).all)
        }
    }

    /// Looks at initial values, without a record.
    package func begin() {
        lastStep = 0
        layers.removeAll { !Self.look($0.layer, into: $0.likeliest) }
    }

    /// Looks at the weights now.
    ///
    /// - Returns: `nil` where no layer has discrete weights.
    func record(step: Int) -> RunMetrics.Weights? {
        guard !layers.isEmpty else { return nil }
        defer { lastStep = step }
        return RunMetrics.Weights(
            step: step, sinceStep: lastStep,
            layers: layers.indices.map { index in
                let followed = layers[index]
                _ = Self.look(followed.layer, into: followed.scratch)
                let changes = DistributionStatistics.changes(
                    from: followed.likeliest, to: followed.scratch)
                layers[index].likeliest = followed.scratch
                layers[index].scratch = followed.likeliest
                let summary = DistributionSummary(followed.layer)
                let count = followed.layer.shape.count
                return RunMetrics.LayerWeights(
                    layer: followed.layer.name, count: count, entropy: summary?.entropy,
                    saturation: summary?.saturatedShare,
                    zeros: Double(changes.zeros) / Double(count),
                    flips: Double(changes.changed) / Double(count))
            })
    }

    /// Makes a layer's likeliest values; `false` for methods whose finished weights are real numbers.
    private static func look(_ layer: WeightedLayer, into values: FloatView) -> Bool {
        layer.model.testWeights(
            layer.latents.map(\.value), shape: layer.shape, selection: .likeliest, into: values
        ).isDiscrete
    }

    // MARK: Checkpoints

    /// Writes what the next record compares with: four weights a byte, 0 to 2 for -1 to +1.
    func save(to file: HDF5File) throws {
        try file.createGroup("/trace")
        try file.setAttribute("step", of: "/trace", to: lastStep)
        for followed in layers {
            let values = followed.likeliest.values
            let bytes = stride(from: 0, to: values.count, by: Self.packing).map { first in
                (0..<min(Self.packing, values.count - first)).reduce(UInt8(0)) {
                    $0 | UInt8(max(-1, min(values[first + $1], 1)) + 1) << UInt8(2 * $1)
                }
            }
            try file.createDataSet(
                "/trace/\(followed.layer.name)", of: .uint8, shape: [bytes.count],
                hasChecksum: false
            ).write(bytes)
        }
    }

    /// Goes on from a checkpoint; from one of an earlier version, which has no trace, by a look at
    /// its weights.
    func restore(from file: HDF5File, step: Int) throws {
        begin()
        lastStep = step
        guard !layers.isEmpty, try file.contains("/trace") else { return }
        lastStep = try file.intAttribute("step", of: "/trace")
        for index in layers.indices {
            let likeliest = layers[index].likeliest
            let count = likeliest.count
            let path = "/trace/\(layers[index].layer.name)"
            let bytes = try file.dataSet(path).read(as: UInt8.self)
            guard bytes.count == (count + Self.packing - 1) / Self.packing else {
                throw Failure(
                    call: "checkpoint", subject: "\(file.name) \(path)",
                    message: "has \(bytes.count) bytes for \(count) weights", exitStatus: .badData)
            }
            likeliest.copy(
                from: (0..<count).map {
                    Float(bytes[$0 / Self.packing] >> UInt8(2 * ($0 % Self.packing)) & 3) - 1
                })
        }
    }
}
