internal import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The source that `initialization.from` names: a run's folder, or a file from another program.
struct SourceNetwork {
    /// Returns the weights of a layer, in the form that `Network.initialize` requires.
    let weights: (WeightedLayer) throws -> FloatView?

    /// The matched tensors, if the file comes from another program.
    let pretrained: PretrainedNetwork?

    /// The outcome of an initialization.
    struct Start {
        /// Rows of a table for the log.
        var rows: [String] = []

        /// A log line about the source; `nil` for a cold start.
        var origin: String?

        /// The first 64 bits of the SHA-256 of the weights that the source gave; `nil` for a cold
        /// start.
        var weightHash: UInt64?
    }

    private static let fileEnding = ".safetensors"

    /// Returns the path of the file that a recipe's `from` names.
    private static func path(_ from: String) -> String {
        from.hasSuffix(fileEnding) ? from : "\(from)/\(NetworkFile.name)"
    }

    /// Reads the file.
    ///
    /// - Throws: `Failure` (66) if the file does not exist.
    static func read(_ from: String) throws -> [UInt8] {
        let path = path(from)
        guard FileBytes.exists(path) else {
            let message: String
            if FileBytes.exists("\(from)/\(RunResult.name)") {
                message =
                    "has no \(NetworkFile.name), because it was trained without validation; train "
                    + "it again in a new --output with --set validation.everyEpochs=1"
            } else if FileBytes.exists(from), !FileBytes.isFolder(from) {
                message = "is neither a run's folder nor a \(fileEnding) file; pass one of these"
            } else if path == from {
                message =
                    "does not exist; use a network file, a run's folder, or null to start at random"
            } else {
                message =
                    "does not exist or has no \(NetworkFile.name); finish training the "
                    + "full-precision recipe first, or choose another run with "
                    + "--set initialization.from=RUN"
            }
            throw Failure(
                call: "recipe", subject: "initialization.from: \(from)", message: message,
                exitStatus: .inputMissing)
        }
        return try FileBytes.read(path)
    }

    /// Checks that a source exists, without a network.
    ///
    /// - Throws: `Failure` (66, 65 or 78) that names the source.
    static func check(_ from: String, for recipe: Recipe) throws {
        if try DistributionSource.applies(to: recipe, from: from) {
            _ = try DistributionSource.read(from, for: recipe)
        } else {
            _ = try read(from)
        }
    }

    /// Decodes the file.
    ///
    /// - Throws: `Failure` (65) if the file is damaged or contains nothing that fits the network.
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

    /// Initializes a network by a cold start, or from the source that `initialization.from` names.
    /// Every rank must call it; only rank 0 needs the file.
    ///
    /// All methods that start from the same full-precision weights have the same
    /// ``Start/weightHash``.
    static func initialize(
        _ network: Network, recipe: Recipe, group: any ProcessGroup
    ) throws -> Start {
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
        var hash = ContentHash()
        try group.agreeing {
            try network.initialize(
                seed: recipe.training.seed, coldStart: start.coldStart,
                from: source.map { source in
                    { layer in
                        let weights = try source.weights(layer)
                        if let weights { hash.update(weights) }
                        return weights
                    }
                }, range: start.logitRange)
        }
        guard let source, let from = start.from else { return Start() }
        source.pretrained?.finish(network)
        return Start(
            rows: source.pretrained?.table.lines ?? [],
            origin: "starting from the weights of \(from)", weightHash: prefix(hash.hex))
    }

    private static func prefix(_ hex: String) -> UInt64? { UInt64(hex.prefix(16), radix: 16) }

    private static func continueDistributions(
        _ network: Network, of from: String, recipe: Recipe, group: any ProcessGroup
    ) throws -> Start {
        let source = try group.fromCoordinator {
            try DistributionSource.read(from, for: recipe)
        } parse: {
            try DistributionSource($0, of: from)
        }
        return try group.agreeing {
            try network.initialize(
                seed: recipe.training.seed, coldStart: recipe.initialization.coldStart, from: nil,
                range: recipe.initialization.logitRange)
            let origin = try source.initialize(network)
            return Start(origin: origin, weightHash: prefix(ParameterHash.of(network)))
        }
    }
}
