internal import Foundation
internal import LRNetCollectives
internal import LRNetData
internal import LRNetHDF5
internal import LRNetLayers
internal import LRNetSupport

/// The start of a run: initial values, or the newest good checkpoint in its folder.
package struct RunStart {
    /// The checkpoint's header; `nil` for a fresh start.
    package var header: Checkpoint.Header?

    /// Recipe keys whose values differ from the checkpoint's and are allowed to differ.
    package var changes: [RecipeChange] = []

    /// Table rows for the log.
    package var notes: [String] = []

    /// A log line about the origin of initial values; `nil` for a cold start or a resumed run.
    package var origin: String?

    /// The seed of the random numbers that the steps of a fresh run use: the order of samples,
    /// augmentation, noise, dropout and drawn weights.
    ///
    ///     training.seed XOR the first 64 bits of the SHA-256 of the source's weights
    ///
    /// With the seed of its source alone, every image would have the dropout mask with which the
    /// source learned it in the same epoch, and the training loss would be too low. A cold start
    /// uses the recipe's seed: `nil`.
    private var stepSeed: UInt64?

    /// Creates a fresh start.
    package init() {}

    /// Returns the state from which training continues.
    ///
    /// - Parameter totalSteps: The length of the run. A run with nothing left to do does not count
    ///   as resumed.
    func state(totalSteps: Int) -> RunState {
        var state = RunState(
            step: header?.step ?? 0, coordinator: header?.coordinator ?? CoordinatorState())
        if header == nil { state.coordinator.stepSeed = stepSeed }
        let hasWork = state.step < totalSteps || state.coordinator.owesValidation == true
        if header != nil, hasWork { state.coordinator.resumedAt.append(state.step) }
        return state
    }

    /// Sets the parts of a run to their initial values or to those of the checkpoint, identically
    /// on all ranks. Every rank calls it; only rank 0 has the folder and reads it.
    ///
    /// - Parameters:
    ///   - run: The folder's path, for messages.
    ///   - folder: `nil` on ranks other than 0.
    init(
        of step: TrainingStep, recorder: RunRecorder, run: String, folder: RunFolder?,
        resume: RunFolder.Resume, data: ShardSet, context: RankContext
    ) throws {
        let (group, recipe) = (context.group, context.recipe)
        var file: HDF5File?
        let found = try group.sharing {
            guard let folder,
                let opened = try Self.checkpoint(in: folder, resume: resume, log: recorder.log)
            else { return Found() }
            file = opened
            return Found(header: try Checkpoint.header(of: opened))
        }
        guard let header = found.header else {
            let initial = try SourceNetwork.initialize(
                step.network, recipe: recipe, group: group)
            (notes, origin) = (initial.rows, initial.origin)
            // Rank 0's seed counts, because its checkpoints record it.
            stepSeed = try group.sharing {
                initial.weightHash.map { recipe.training.seed ^ $0 }
            }
            recorder.trace.begin()
            return
        }
        self.header = header
        changes = try group.agreeing {
            try Self.check(header, recipe: recipe, data: data, run: run)
        }
        try step.restore(from: file)
        _ = try group.fromCoordinator {
            if let file { try recorder.trace.restore(from: file, step: header.step) }
            return []
        }
    }

    /// The result of the search for a checkpoint, which rank 0 sends to the other ranks.
    private struct Found: Codable {
        /// `nil` for a fresh start.
        var header: Checkpoint.Header?
    }

    /// Opens the newest good checkpoint; returns `nil` for a fresh start.
    private static func checkpoint(
        in folder: RunFolder, resume: RunFolder.Resume, log: RunLog
    ) throws -> HDF5File? {
        if let loaded = try folder.checkpoints.loadLatest(warn: { log.warning($0) }) {
            return try HDF5File.open(image: loaded.bytes, named: "checkpoint")
        }
        if resume == .must {
            throw RunFolder.site(folder.path).inputMissing(
                "has no good checkpoint to resume; use --resume auto to start over")
        }
        if folder.checkpoints.hasDamaged {
            log.warning(
                "\(folder.checkpoints.folder): no good checkpoint is left; training starts over")
        }
        return nil
    }

    /// Checks that a checkpoint belongs to this recipe and these data.
    ///
    /// - Returns: The keys whose values differ and are allowed to differ.
    static func check(
        _ header: Checkpoint.Header, recipe: Recipe, data: ShardSet, run: String
    ) throws -> [RecipeChange] {
        guard header.dataFingerprint == data.fingerprint else {
            throw FailureSite("resume", data.directory).badData(
                "is not the data set that \(run) was started with (fingerprint "
                    + "\(header.dataFingerprint.prefix(12))... there, "
                    + "\(data.fingerprint.prefix(12))... here); use that one with --data, or "
                    + "choose another --output")
        }
        // A checkpoint of an earlier version has no recipe to compare, or has keys that are unknown
        // now.
        if let yaml = header.recipeYAML, let old = try? Recipe(yaml: yaml, file: "checkpoint") {
            let sequence = BatchSequence(
                recipe: recipe, sampleCount: recipe.trainingCount(of: data))
            return try RecordedRun.changes(
                to: recipe, from: old, of: run,
                trainedEpochs: RecordedRun.epochs(header.step, sequence.stepsPerEpoch))
        }
        guard header.recipeFingerprint == recipe.fingerprint else {
            throw RunFolder.site(run).badRecipe(
                "contains checkpoints of another recipe; choose another --output")
        }
        return []
    }
}
