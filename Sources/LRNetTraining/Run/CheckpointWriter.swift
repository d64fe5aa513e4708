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

    /// The number of checkpoints begun.
    private(set) var saveCount = 0

    /// The time that training has paused for checkpoints.
    private(set) var pause = Duration.zero

    /// Copies the run's state and begins to encode and write the copy. Every rank calls it.
    package func save(
        _ state: RunState, of trainingStep: TrainingStep, trace: WeightTrace,
        beacon: ProgressBeacon
    ) throws {
        beacon.enter(.saving)
        let start = ContinuousClock.now
        try finish()
        let snapshot = try trainingStep.snapshot(step: state.step, trace: trace)
        if let folder, let snapshot { begin(state, snapshot, folder: folder) }
        saveCount += 1
        lastSave = .now
        pause += lastSave - start
    }

    private func begin(_ state: RunState, _ snapshot: StateSnapshot, folder: RunFolder) {
        let recipe = context.recipe
        var coordinator = state.coordinator
        coordinator.runSeconds = state.seconds
        let header = Checkpoint.Header(
            step: state.step, recipeFingerprint: recipe.fingerprint, recipeYAML: recipe.yaml,
            dataFingerprint: dataFingerprint, coordinator: coordinator)
        let keepLatest = recipe.checkpoint.keepLatest
        let pending = PendingCheckpoint(header, snapshot)
        let write = folder.writing { [best = coordinator.leader?.step] path in
            try CheckpointStore(runFolder: path).save(
                pending.bytes, step: header.step, best: best, keepLatest: keepLatest)
        }
        writer.begin {
            // The folder's name is looked up after the encoding, which can take seconds.
            try pending.encode()
            try write()
        }
    }

    /// A checkpoint that the writer's thread encodes and then writes. Only that thread uses it.
    private final class PendingCheckpoint: @unchecked Sendable {
        private(set) var bytes: [UInt8] = []
        private let header: Checkpoint.Header
        private var snapshot: StateSnapshot

        init(_ header: Checkpoint.Header, _ snapshot: StateSnapshot) {
            (self.header, self.snapshot) = (header, snapshot)
        }

        /// Encodes the checkpoint, and frees the snapshot meanwhile.
        func encode() throws { bytes = try Checkpoint.encode(header, &snapshot) }
    }

    /// Waits on this rank for the checkpoint that is being written, and ignores its error.
    package func waitWithoutErrors() { try? writer.wait() }

    /// Waits for the checkpoint that is being written. Every rank calls it.
    package func finish() throws {
        try context.group.agreeing { try writer.wait() }
    }
}
