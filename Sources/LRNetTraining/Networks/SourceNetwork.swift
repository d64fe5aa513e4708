internal import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// What `initialization.from` names: a run's folder, or a file of another program.
struct SourceNetwork {
    /// The weights of a layer, as `Network.initialize` wants them.
    let weights: (WeightedLayer) throws -> FloatView?

    /// What was matched, if the file is another program's.
    let pretrained: PretrainedNetwork?

    private static let fileEnding = ".safetensors"

    /// The file that a recipe's `from` stands for.
    private static func path(_ from: String) -> String {
        from.hasSuffix(fileEnding) ? from : "\(from)/\(NetworkFile.name)"
    }

    /// Reads the file.
    ///
    /// - Throws: `Failure` (66) if it is not there.
    static func read(_ from: String) throws -> [UInt8] {
        let path = path(from)
        guard FileBytes.exists(path) else {
            let message: String
            if FileBytes.exists("\(from)/\(RunResult.name)") {
                message =
                    "has no \(NetworkFile.name), since it was trained without validation; train it "
                    + "in another --output with --set validation.everyEpochs=1"
            } else if FileBytes.exists(from), !FileBytes.isFolder(from) {
                message = "is neither a run's folder nor a network's \(fileEnding) file"
            } else if path == from {
                message =
                    "is not there; give a network's file, a run's folder, or null for a cold start"
            } else {
                message =
                    "has no \(NetworkFile.name); train the full-precision recipe to its end "
                    + "first, or give another folder with --set initialization.from=RUN"
            }
            throw Failure(
                call: "recipe", subject: "initialization.from: \(from)", message: message,
                exitStatus: .inputMissing)
        }
        return try FileBytes.read(path)
    }

    /// Looks whether a source is there, without a network.
    ///
    /// - Throws: `Failure` (66, 65 or 78) that names it.
    static func check(_ from: String, for recipe: Recipe) throws {
        if try DistributionSource.applies(to: recipe, from: from) {
            _ = try DistributionSource.read(from, for: recipe)
        } else {
            _ = try read(from)
        }
    }

    /// Understands the file's bytes.
    ///
    /// - Throws: `Failure` (65) if it is damaged or has nothing for the network.
    init(_ bytes: [UInt8], of from: String, for network: Network, recipe: Recipe) throws {
        let path = Self.path(from)
        let file = try SafeTensors(bytes: bytes, file: path)
        if NetworkFile.isOwn(file) || !from.hasSuffix(Self.fileEnding) {
            let file = try NetworkFile(bytes: bytes, path: path)
            pretrained = nil
            weights = { try file.sourceWeights(for: $0) }
        } else {
            let matched = try PretrainedNetwork(
                file, named: path, for: network,
                takesAll: recipe.weights.model == .fullPrecision)
            pretrained = matched
            weights = { matched.weights(for: $0) }
        }
    }

    /// Gives a network its initial values: cold, or from what `initialization.from` names. Every rank
    /// calls it; rank 0 alone needs the file.
    ///
    /// - Returns: Rows of a table for the log, and a line about the origin; `nil` for a cold start.
    static func initialize(
        _ network: Network, recipe: Recipe, group: any ProcessGroup
    ) throws -> (rows: [String], origin: String?) {
        let start = recipe.initialization
        if let from = start.from,
            try group.fromCoordinator({
                [try DistributionSource.applies(to: recipe, from: from) ? 1 : 0]
            }) == [1]
        {
            return try continueDistributions(network, of: from, recipe: recipe, group: group)
        }
        let source = try start.from.map { from in
            try group.fromCoordinator {
                try read(from)
            } parse: {
                try SourceNetwork($0, of: from, for: network, recipe: recipe)
            }
        }
        try group.agreeing {
            try network.initialize(
                seed: recipe.training.seed, coldStart: start.coldStart, from: source?.weights,
                range: start.logitRange)
        }
        source?.pretrained?.finish(network)
        return (
            source?.pretrained?.table.lines ?? [],
            start.from.map { "starting from the weights of \($0)" }
        )
    }

    private static func continueDistributions(
        _ network: Network, of from: String, recipe: Recipe, group: any ProcessGroup
    ) throws -> (rows: [String], origin: String?) {
        let source = try group.fromCoordinator {
            try DistributionSource.read(from, for: recipe)
        } parse: {
            try DistributionSource($0, of: from)
        }
        return try group.agreeing {
            try network.initialize(
                seed: recipe.training.seed, coldStart: recipe.initialization.coldStart, from: nil,
                range: recipe.initialization.logitRange)
            return ([], try source.initialize(network))
        }
    }
}
