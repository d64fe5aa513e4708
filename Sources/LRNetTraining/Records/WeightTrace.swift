internal import LRNetHDF5
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A tracker of a network's discrete weights: how undecided they are, and how many likeliest values
/// have changed since the last record.
///
/// It reads only learned tensors, which are the same on all ranks, so the records do not depend on
/// the number of ranks. The reference values for the next record are saved in checkpoints, so an
/// interrupted run has the same records as an uninterrupted one.
package final class WeightTrace {
    private struct Followed {
        var layer: WeightedLayer
        /// The likeliest values at the last record: -1, 0, +1.
        var likeliest: FloatView
        /// Space for the values at the next record.
        var scratch: FloatView
        /// The likeliest values at the start of the run; `nil` if the run resumed from a checkpoint
        /// of an earlier version.
        var start: PackedWeights?
    }

    private var layers: [Followed] = []
    private var lastStep = 0

    /// Tracks the layers whose finished weights are discrete.
    ///
    /// - Parameter isActive: True if this rank records; other ranks track nothing.
    package init(network: Network, isActive: Bool) {
        guard isActive else { return }
        layers = network.weightedLayers.filter { $0.model.levels != nil }.map {
            Followed(
                layer: $0, likeliest: FloatBuffer(count: $0.shape.count).all,
                scratch: FloatBuffer(count: $0.shape.count).all)
        }
    }

    /// Stores the initial values as the reference, without a record.
    package func begin() {
        lastStep = 0
        layers.removeAll { !Self.readLikeliest($0.layer, into: $0.likeliest) }
        for index in layers.indices { layers[index].start = PackedWeights(layers[index].likeliest) }
    }

    /// Compares the weights with the last record.
    ///
    /// - Returns: The record of this step; `nil` if no layer has discrete weights.
    func record(step: Int) -> RunMetrics.Weights? {
        guard !layers.isEmpty else { return nil }
        defer { lastStep = step }
        return RunMetrics.Weights(
            step: step, sinceStep: lastStep,
            layers: layers.indices.map { index in
                let followed = layers[index]
                _ = Self.readLikeliest(followed.layer, into: followed.scratch)
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
                    flips: Double(changes.changed) / Double(count),
                    moved: followed.start.map {
                        Double($0.changeCount(to: PackedWeights(layers[index].likeliest)))
                            / Double(count)
                    })
            })
    }

    /// Computes a layer's likeliest values. Returns `false` for methods whose finished weights are
    /// real numbers.
    private static func readLikeliest(_ layer: WeightedLayer, into values: FloatView) -> Bool {
        layer.model.testWeights(
            layer.latents.map(\.value), shape: layer.shape, selection: .likeliest, into: values
        ).isDiscrete
    }

    // MARK: Checkpoints

    /// The reference values for the next record, as a checkpoint contains them.
    struct Saved: Sendable {
        fileprivate var lastStep: Int
        fileprivate var likeliest: [(layer: String, weights: PackedWeights)]
        fileprivate var start: [(layer: String, weights: PackedWeights)]

        /// Writes the values to a checkpoint.
        func write(to file: HDF5File) throws {
            try file.createGroup("/trace")
            try file.setAttribute("step", of: "/trace", to: lastStep)
            for (layer, weights) in likeliest {
                try WeightTrace.write(weights, to: "/trace/\(layer)", of: file)
            }
            guard !start.isEmpty else { return }
            try file.createGroup("/start")
            for (layer, weights) in start {
                try WeightTrace.write(weights, to: "/start/\(layer)", of: file)
            }
        }
    }

    /// A copy of the reference values for the next record.
    var saved: Saved {
        Saved(
            lastStep: lastStep,
            likeliest: layers.map { ($0.layer.name, PackedWeights($0.likeliest)) },
            start: layers.compactMap { followed in
                followed.start.map { (followed.layer.name, $0) }
            })
    }

    /// Restores the reference values from a checkpoint. A checkpoint of an earlier version contains
    /// none; the current weights then become the reference.
    func restore(from file: HDF5File, step: Int) throws {
        begin()
        lastStep = step
        for index in layers.indices { layers[index].start = nil }
        guard !layers.isEmpty, try file.contains("/trace") else { return }
        lastStep = try file.intAttribute("step", of: "/trace")
        for index in layers.indices {
            let likeliest = layers[index].likeliest
            let name = layers[index].layer.name
            likeliest.copy(
                from: try Self.read("/trace/\(name)", of: file, count: likeliest.count).values)
            guard try file.contains("/start") else { continue }
            layers[index].start = try Self.read(
                "/start/\(name)", of: file, count: likeliest.count)
        }
    }

    fileprivate static func write(
        _ weights: PackedWeights, to path: String, of file: HDF5File
    ) throws {
        try file.createDataSet(
            path, of: .uint8, shape: [weights.bytes.count], hasChecksum: false
        ).write(weights.bytes)
    }

    private static func read(
        _ path: String, of file: HDF5File, count: Int
    ) throws -> PackedWeights {
        let bytes = try file.dataSet(path).read(as: UInt8.self)
        guard let weights = PackedWeights(bytes: bytes, count: count) else {
            throw Failure(
                call: "checkpoint", subject: "\(file.name) \(path)",
                message: "has \(bytes.count) bytes for \(count) weights", exitStatus: .badData)
        }
        return weights
    }
}
