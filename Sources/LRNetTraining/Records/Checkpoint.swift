internal import Foundation
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The state of a run between two steps: parameters, Adam's moments, batch-norm averages, and the
/// state of the coordinator. It does not depend on the number of ranks, threads or leaves per rank.
///
/// The state is one HDF5 file:
///
///     /parameters/<name>     /adam/first/<name>     /adam/second/<name>      float32
///     /batchNorm/<layer>/mean, variance                                      float64
///     /trace/<layer>, /start/<layer>      likeliest weights at the last record, and at the start      uint8
///     attributes step, recipe and data (fingerprints), recipeYAML, coordinator (JSON)
package enum Checkpoint {
    /// The attributes of a checkpoint.
    package struct Header: Sendable, Codable {
        package var step: Int
        var recipeFingerprint: String
        /// The recipe with every key; `nil` in checkpoints of earlier versions.
        var recipeYAML: String?
        var dataFingerprint: String
        var coordinator: CoordinatorState
    }

    /// Encodes a checkpoint as an HDF5 file image, and empties the snapshot.
    static func encode(_ header: Header, _ snapshot: inout StateSnapshot) throws -> [UInt8] {
        let file = try HDF5File.create(inMemoryNamed: "checkpoint")
        try file.setAttribute("step", to: header.step)
        try file.setAttribute("recipe", to: header.recipeFingerprint)
        try file.setAttribute("data", to: header.dataFingerprint)
        if let yaml = header.recipeYAML { try file.setAttribute("recipeYAML", to: yaml) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let coordinator = try encoder.encode(header.coordinator)
        try file.setAttribute(
            "coordinator", to: String(decoding: coordinator, as: UTF8.self))
        for group in ["/parameters", "/adam", "/adam/first", "/adam/second", "/batchNorm"] {
            try file.createGroup(group)
        }
        snapshot.tensors.reverse()
        while let tensor = snapshot.tensors.popLast() {
            for (path, view) in [
                (valuePath(tensor.name), tensor.value), (firstPath(tensor.name), tensor.first),
                (secondPath(tensor.name), tensor.second),
            ] {
                let set = try file.createDataSet(
                    path, of: .float, shape: [view.count], hasChecksum: false)
                try set.write(view)
            }
        }
        for layer in snapshot.averages {
            try file.createGroup(averagesPath(layer.layer))
            for (part, values) in [("mean", layer.mean), ("variance", layer.variance)] {
                let set = try file.createDataSet(
                    "\(averagesPath(layer.layer))/\(part)", of: .double, shape: [values.count],
                    hasChecksum: false)
                try set.write(values)
            }
        }
        try snapshot.trace.write(to: file)
        return try file.image()
    }

    /// Reads the header of a checkpoint.
    static func header(of file: HDF5File) throws -> Header {
        let text = try file.stringAttribute("coordinator")
        return Header(
            step: try file.intAttribute("step"),
            recipeFingerprint: try file.stringAttribute("recipe"),
            recipeYAML: try? file.stringAttribute("recipeYAML"),
            dataFingerprint: try file.stringAttribute("data"),
            coordinator: try JSONDecoder().decode(CoordinatorState.self, from: Data(text.utf8)))
    }

    /// Restores a network from a checkpoint, without its optimizer.
    ///
    /// - Throws: `Failure` if the file contains a different network; `network` is then unusable.
    static func restore(_ file: HDF5File, network: Network) throws {
        for parameter in network.parameters {
            try read(valuePath(parameter.name), of: file, into: parameter.value)
        }
        for layer in network.batchNorms {
            let averages = try averages(of: layer, in: file)
            layer.restore(movingMean: averages.mean, movingVariance: averages.variance)
        }
    }

    /// Reads a tensor.
    ///
    /// - Throws: `Failure` (65) if the file contains another number of values.
    static func read(_ path: String, of file: HDF5File, into view: FloatView) throws {
        let set = try file.dataSet(path)
        guard set.shape == [view.count] else {
            throw Failure(
                call: "checkpoint", subject: "\(file.name) \(path)",
                message: "contains \(set.shape) values, but the recipe's network has "
                    + "\(view.count)", exitStatus: .badData)
        }
        try set.read(into: view)
    }

    /// Reads the moving averages of a batch norm.
    static func averages(
        of layer: BatchNormalization, in file: HDF5File
    ) throws -> (mean: [Double], variance: [Double]) {
        let path = averagesPath(layer.name)
        return (
            try file.dataSet("\(path)/mean").read(), try file.dataSet("\(path)/variance").read()
        )
    }

    static func valuePath(_ parameter: String) -> String { "/parameters/\(parameter)" }
    static func firstPath(_ parameter: String) -> String { "/adam/first/\(parameter)" }
    static func secondPath(_ parameter: String) -> String { "/adam/second/\(parameter)" }
    private static func averagesPath(_ layer: String) -> String { "/batchNorm/\(layer)" }
}
