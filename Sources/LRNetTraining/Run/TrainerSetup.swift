internal import Foundation
internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The start of a run: data that fit, and initial values from where the recipe says.
enum TrainerSetup {
    /// Opens the data set on every rank and checks that it fits the recipe.
    static func openData(
        _ path: String, recipe: Recipe, group: any ProcessGroup
    ) throws -> ShardSet {
        let set = try group.agreeing { () throws -> ShardSet in
            let set = try ShardSet(directory: path)
            try check(set, recipe)
            return set
        }
        let prints = try group.allGather(Array(set.fingerprint.utf8))
        if let other = prints.firstIndex(where: { $0 != prints[0] }) {
            throw CollectiveFailure(
                rank: other, call: "data", subject: path,
                message: "is another data set than rank 0's; give every machine the same one",
                exitStatus: .badData, isAgreed: true)
        }
        return set
    }

    static func check(_ set: ShardSet, _ recipe: Recipe) throws {
        func failure(_ message: String) -> TrainingFailure {
            TrainingFailure(
                call: "data", subject: set.directory, message: message, exitStatus: .badData)
        }
        let architecture = recipe.architecture
        guard set.shape == architecture.input else {
            throw failure(
                "has images of \(set.shape) where network \(architecture.name) takes "
                    + "\(architecture.input); choose another data set or network")
        }
        guard set.classes == architecture.classes else {
            throw failure(
                "has \(set.classes) classes where network \(architecture.name) has "
                    + "\(architecture.classes)")
        }
        let batch = recipe.training.globalBatch
        guard set.count(.train) >= batch else {
            throw failure(
                "has \(set.count(.train)) training images, fewer than globalBatch \(batch)")
        }
        guard recipe.validation.everyEpochs == 0 || set.count(.validation) > 0 else {
            throw failure(
                "has no validation split; import it with --validation N or set "
                    + "validation.everyEpochs=0")
        }
    }

    /// Initial values, or those of the newest good checkpoint; the same on all ranks.
    ///
    /// Rank 0 reads; the others get what it read, so only its machine needs the folder.
    ///
    /// - Returns: The checkpoint's header, or `nil` for a fresh start; and lines for the log.
    static func restore(
        network: Network, optimizer: AdamOptimizer, recipe: Recipe, data: ShardSet,
        folder: RunFolder?, group: any ProcessGroup, log: RunLog
    ) throws -> (header: Checkpoint.Header?, notes: [String]) {
        let own = try group.agreeing {
            try folder?.checkpoints.loadLatest { log.warning($0) }?.bytes ?? []
        }
        let bytes = try group.broadcast(own, root: 0)
        if bytes.isEmpty {
            return (nil, try initialize(network, recipe: recipe, group: group))
        }
        let header = try group.agreeing {
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            guard header.dataFingerprint == data.fingerprint else {
                throw TrainingFailure(
                    call: "resume", subject: data.directory,
                    message: "is another data set than the run was started with",
                    exitStatus: .badData)
            }
            try Checkpoint.restore(file, network: network, optimizer: optimizer)
            return header
        }
        return (header, [])
    }

    private static func initialize(
        _ network: Network, recipe: Recipe, group: any ProcessGroup
    ) throws -> [String] {
        let start = recipe.initialization
        let limits = Float(start.minimumProbability)...Float(start.maximumProbability)
        var source: SourceNetwork?
        if let from = start.from {
            let own = try group.agreeing {
                group.isCoordinator ? try SourceNetwork.read(from) : []
            }
            let bytes = try group.broadcast(own, root: 0)
            source = try group.agreeing {
                try SourceNetwork(bytes, of: from, for: network, recipe: recipe)
            }
        }
        try group.agreeing {
            try network.initialize(
                seed: recipe.training.seed, coldStart: start.coldStart, from: source?.weights,
                limits: limits)
        }
        source?.pretrained?.finish(network)
        return source?.pretrained?.table.lines ?? []
    }
}
