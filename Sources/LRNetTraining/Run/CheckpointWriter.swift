internal import LRNetCollectives
internal import LRNetLayers
package import LRNetWatchdog

/// The writer of a run's checkpoints, which writes while training continues.
///
/// Only rank 0 writes. Every rank has a writer, so that an error on rank 0 is thrown on all ranks.
package final class CheckpointWriter {
    private let folder: RunFolder?
    private let context: RankContext
    private let dataFingerprint: String
    private let writer: BackgroundWriter
    private var lastSave = ContinuousClock.now

    /// - Parameter folder: `nil` on ranks that do not write.
    /// - Throws: An error that all ranks agree on, if the system cannot create a thread.
    package init(folder: RunFolder?, context: RankContext, dataFingerprint: String) throws {
        self.folder = folder
        self.context = context
        self.dataFingerprint = dataFingerprint
        writer = try context.group.agreeing { try BackgroundWriter() }
    }

    /// The time since the last checkpoint was begun, or since the start.
    package var sinceSave: Duration { ContinuousClock.now - lastSave }

    /// Copies the run's state and begins to write the copy. Every rank calls it.
    package func save(
        _ state: RunState, of trainingStep: TrainingStep, trace: WeightTrace,
        beacon: ProgressBeacon
    ) throws {
        beacon.enter(.saving)
        try finish()
        _ = try trainingStep.agreedState(step: state.step)
        try context.group.agreeing {
            guard let folder else { return }
            let recipe = context.recipe
            var coordinator = state.coordinator
            coordinator.runSeconds = state.seconds
            let header = Checkpoint.Header(
                step: state.step, recipeFingerprint: recipe.fingerprint, recipeYAML: recipe.yaml,
                dataFingerprint: dataFingerprint, coordinator: coordinator)
            let bytes = try Checkpoint.encode(
                header, network: trainingStep.network, optimizer: trainingStep.optimizer,
                trace: trace)
            let keepLatest = recipe.checkpoint.keepLatest
            writer.begin(
                folder.writing { [step = state.step, best = coordinator.leader?.step] path in
                    try CheckpointStore(runFolder: path).save(
                        bytes, step: step, best: best, keepLatest: keepLatest)
                })
        }
        lastSave = .now
    }

    /// Waits on this rank for the checkpoint that is being written, and ignores its error.
    package func waitWithoutErrors() { try? writer.wait() }

    /// Waits for the checkpoint that is being written. Every rank calls it.
    package func finish() throws {
        try context.group.agreeing { try writer.wait() }
    }
}
