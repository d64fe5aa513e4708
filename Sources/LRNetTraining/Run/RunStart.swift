internal import Foundation
internal import LRNetCollectives
internal import LRNetData
internal import LRNetHDF5
internal import LRNetLayers
internal import LRNetSupport

/// Where a run starts: initial values, or the newest good checkpoint of its folder.
package struct RunStart {
    /// The checkpoint; `nil` for a fresh start.
    package var header: Checkpoint.Header?

    /// Keys of the recipe that differ from the checkpoint's, and may.
    package var changes: [RecipeChange] = []

    /// Rows of a table for the log.
    package var notes: [String] = []

    /// The origin of initial values, as a line for the log; `nil` for a cold start or a resumed run.
    package var origin: String?

    /// A fresh start.
    package init() {}

    /// The state to train on from.
    ///
    /// - Parameter totalSteps: Of the run; one that only finishes has not been resumed.
    func state(totalSteps: Int) -> RunState {
        var state = RunState(
            step: header?.step ?? 0, coordinator: header?.coordinator ?? CoordinatorState())
        let hasWork = state.step < totalSteps || state.coordinator.owesValidation == true
        if header != nil, hasWork { state.coordinator.resumedAt.append(state.step) }
        return state
    }

    /// Gives the parts of a run their initial values, or those of the checkpoint; the same on all ranks.
    /// Every rank calls it; rank 0 alone needs the folder, and reads.
    ///
    /// - Parameters:
    ///   - run: The folder's path, for messages.
    ///   - folder: `nil` on other ranks than 0.
    init(
        of step: TrainingStep, recorder: RunRecorder, run: String, folder: RunFolder?,
        resume: RunFolder.Resume, data: ShardSet, context: RankContext
    ) throws {
        let (group, recipe) = (context.group, context.recipe)
        let bytes = try group.fromCoordinator {
            guard let folder else { return [] }
            return try Self.checkpoint(in: folder, resume: resume, log: recorder.log)
        }
        guard !bytes.isEmpty else {
            (notes, origin) = try SourceNetwork.initialize(
                step.network, recipe: recipe, group: group)
            recorder.trace.begin()
            return
        }
        (header, changes) = try group.agreeing {
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            let changes = try Self.check(header, recipe: recipe, data: data, run: run)
            try Checkpoint.restore(file, network: step.network, optimizer: step.optimizer)
            try recorder.trace.restore(from: file, step: header.step)
            return (header, changes)
        }
    }

    /// The newest good checkpoint's bytes; none for a fresh start.
    private static func checkpoint(
        in folder: RunFolder, resume: RunFolder.Resume, log: RunLog
    ) throws -> [UInt8] {
        if let loaded = try folder.checkpoints.loadLatest(warn: { log.warning($0) }) {
            return loaded.bytes
        }
        if resume == .must {
            throw RunFolder.site(folder.path).inputMissing(
                "has no good checkpoint; --resume must requires one to resume")
        }
        if folder.checkpoints.hasDamaged {
            log.warning(
                "\(folder.checkpoints.folder): no good checkpoint is left; training starts over")
        }
        return []
    }

    /// Checks that a checkpoint is of this recipe and these data.
    ///
    /// - Returns: The keys that differ and may.
    static func check(
        _ header: Checkpoint.Header, recipe: Recipe, data: ShardSet, run: String
    ) throws -> [RecipeChange] {
        guard header.dataFingerprint == data.fingerprint else {
            throw FailureSite("resume", data.directory).badData(
                "is another data set than \(run) was started with (fingerprint "
                    + "\(header.dataFingerprint.prefix(12))... there, "
                    + "\(data.fingerprint.prefix(12))... here); give that one with --data, or "
                    + "choose another --output")
        }
        // A checkpoint of an earlier version has no keys to compare, or none that we know.
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
