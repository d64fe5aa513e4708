internal import Foundation
package import LRNetCollectives
package import LRNetData
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The start of a run: data that fit, and initial values from where the recipe says.
package enum TrainerSetup {
    /// Opens the data set on every rank and checks that it fits the recipe.
    package static func openData(
        _ path: String, recipe: Recipe, group: any ProcessGroup
    ) throws -> ShardSet {
        let set = try group.agreeing { () throws -> ShardSet in
            let set = try ShardSet(directory: path)
            try check(set, recipe)
            return set
        }
        let prints = try group.allGather(Array(set.fingerprint.utf8))
        if let other = prints.firstIndex(where: { $0 != prints[0] }) {
            throw Failure(
                call: "data", subject: path,
                message: "is another data set than rank 0's; give every machine the same one",
                exitStatus: .badData, rank: other, isAgreed: true)
        }
        return set
    }

    static func check(_ set: ShardSet, _ recipe: Recipe) throws {
        let site = FailureSite("data", set.directory)
        let architecture = recipe.architecture
        let made = try Augmenter(recipe, for: set).outputShape
        guard made == architecture.input else {
            let detail = made == set.shape ? "" : ", cropped to \(made),"
            throw site.badData(
                "has images of \(set.shape)\(detail) where network \(architecture.name) takes "
                    + "\(architecture.input); choose another data set or network, or set "
                    + "augmentation.crop")
        }
        guard set.classes == architecture.classes else {
            throw site.badData(
                "has \(set.classes) classes where network \(architecture.name) has "
                    + "\(architecture.classes)")
        }
        if let samples = recipe.data.samples, samples > set.count(.train) {
            throw site.badData(
                "has \(set.count(.train)) training images, fewer than data.samples \(samples)")
        }
        let batch = recipe.training.globalBatch
        guard set.count(.train) >= batch else {
            throw site.badData(
                "has \(set.count(.train)) training images, fewer than globalBatch \(batch)")
        }
        guard recipe.validation.everyEpochs == 0 || set.count(.validation) > 0 else {
            throw site.badData(
                "has no validation split; import it with --validation N or set "
                    + "validation.everyEpochs=0")
        }
    }

    /// What a run goes on from.
    struct Start {
        var header: Checkpoint.Header
        /// Keys of the recipe that are not as in the checkpoint, and need not be.
        var changes: [RecipeChange]
    }

    /// Initial values, or those of the newest good checkpoint; the same on all ranks.
    ///
    /// Rank 0 reads; the others get what it read, so only its machine needs the folder.
    ///
    /// - Returns: The checkpoint's header, or `nil` for a fresh start; and lines for the log.
    static func restore(
        network: Network, optimizer: MomentOptimizer, trace: WeightTrace, recipe: Recipe,
        data: ShardSet, folder: RunFolder?, resume: RunFolder.Resume, group: any ProcessGroup,
        log: RunLog
    ) throws -> (start: Start?, notes: [String]) {
        let own = try group.agreeing { () throws -> [UInt8] in
            guard let folder else { return [] }
            if let loaded = try folder.checkpoints.loadLatest(warn: { log.warning($0) }) {
                return loaded.bytes
            }
            if resume == .must {
                throw RunFolder.site(folder.path).inputMissing(
                    "has no good checkpoint; --resume must wants one to go on from")
            }
            if folder.checkpoints.hasDamaged {
                log.warning(
                    "\(folder.checkpoints.folder): no good checkpoint is left; training starts over"
                )
            }
            return []
        }
        let bytes = try group.broadcast(own, root: 0)
        if bytes.isEmpty {
            let notes = try initialize(network, recipe: recipe, group: group)
            trace.begin()
            return (nil, notes)
        }
        let path = try group.broadcast(Array((folder?.path ?? "").utf8), root: 0)
        let start = try group.agreeing {
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            let changes = try check(
                header, recipe: recipe, data: data, run: String(decoding: path, as: UTF8.self))
            try Checkpoint.restore(file, network: network, optimizer: optimizer)
            try trace.restore(from: file, step: header.step)
            return Start(header: header, changes: changes)
        }
        return (start, [])
    }

    /// Whether a checkpoint is of this recipe and these data.
    ///
    /// - Returns: What is another in the recipe, but may be.
    private static func check(
        _ header: Checkpoint.Header, recipe: Recipe, data: ShardSet, run: String
    ) throws -> [RecipeChange] {
        guard header.dataFingerprint == data.fingerprint else {
            throw Failure(
                call: "resume", subject: data.directory,
                message: "is another data set than \(run) was started with (fingerprint "
                    + "\(header.dataFingerprint.prefix(12))... there, "
                    + "\(data.fingerprint.prefix(12))... here); give that one with --data, or "
                    + "choose another --output", exitStatus: .badData)
        }
        // A checkpoint of an earlier version has no keys to compare, or none that we know.
        if let yaml = header.recipeYAML, let old = try? Recipe(yaml: yaml, file: "checkpoint") {
            return try RunFolder.check(recipe, against: old, of: run)
        }
        guard header.recipeFingerprint == recipe.fingerprint else {
            throw RunFolder.site(run).badRecipe(
                "holds checkpoints of another recipe; choose another --output")
        }
        return []
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
