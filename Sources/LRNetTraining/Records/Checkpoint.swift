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
    package struct Header {
        package var step: Int
        var recipeFingerprint: String
        /// The recipe with every key; `nil` in checkpoints of earlier versions.
        var recipeYAML: String?
        var dataFingerprint: String
        var coordinator: CoordinatorState
    }

    /// Encodes a checkpoint as an HDF5 file image.
    static func encode(
        _ header: Header, network: Network, optimizer: MomentOptimizer, trace: WeightTrace
    ) throws -> [UInt8] {
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
        for (parameter, moments) in zip(network.parameters, optimizer.moments) {
            for (path, view) in places(of: parameter, moments) {
                let set = try file.createDataSet(
                    path, of: .float, shape: [view.count], hasChecksum: false)
                try set.write(view)
            }
        }
        for layer in network.batchNorms {
            try file.createGroup("/batchNorm/\(layer.name)")
            for (part, values) in [
                ("mean", layer.movingMean), ("variance", layer.movingVariance),
            ] {
                let set = try file.createDataSet(
                    "/batchNorm/\(layer.name)/\(part)", of: .double, shape: [values.count],
                    hasChecksum: false)
                try set.write(values)
            }
        }
        try trace.save(to: file)
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

    /// Restores a network and its optimizer from a checkpoint.
    ///
    /// - Parameter optimizer: `nil` to restore only the network.
    /// - Throws: `Failure` if the file contains a different network; `network` is then unusable.
    static func restore(
        _ file: HDF5File, network: Network, optimizer: MomentOptimizer?
    ) throws {
        for (index, parameter) in network.parameters.enumerated() {
            for (path, view) in places(of: parameter, optimizer?.moments[index]) {
                let set = try file.dataSet(path)
                guard set.shape == [view.count] else {
                    throw Failure(
                        call: "checkpoint", subject: "\(file.name) \(path)",
                        message: "contains \(set.shape) values, but the recipe's network has "
                            + "\(view.count)", exitStatus: .badData)
                }
                try set.read(into: view)
            }
        }
        for layer in network.batchNorms {
            let path = "/batchNorm/\(layer.name)"
            layer.restore(
                movingMean: try file.dataSet("\(path)/mean").read(as: Double.self),
                movingVariance: try file.dataSet("\(path)/variance").read(as: Double.self))
        }
    }

    private static func places(
        of parameter: Parameter, _ moments: MomentOptimizer.Moments?
    ) -> [(path: String, view: FloatView)] {
        let parameters = [("/parameters/\(parameter.name)", parameter.value)]
        guard let moments else { return parameters }
        return parameters + [
            ("/adam/first/\(parameter.name)", moments.first),
            ("/adam/second/\(parameter.name)", moments.second),
        ]
    }
}
