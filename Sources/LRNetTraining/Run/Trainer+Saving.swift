internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetWatchdog

/// What a run saves while it goes on: the network that is ahead, and checkpoints.
extension Trainer {
    /// Draws the winner once more, as it was measured, and writes it.
    func writeWinner(_ leader: CoordinatorState.Leader) throws {
        let selection = evaluator.selection(step: leader.step, draw: leader.result.draw)
        try evaluator.use(
            step: leader.step, draw: leader.result.draw,
            reestimateBatches: recipe.validation.reestimateBatches)
        try group.agreeing {
            guard let folder else { return }
            try NetworkFile.write(
                network, selection: selection,
                metadata: [
                    "weights": recipe.weights.model.rawValue,
                    "activations": "\(recipe.model.activations)", "step": "\(leader.step)",
                    "draw": "\(leader.result.draw)",
                    "validationError": "\(leader.result.errorPercent)",
                    "recipe": recipe.fingerprint, "data": data.fingerprint,
                    "batchNormEpsilon": "\(recipe.batchNorm.epsilon)",
                ],
                to: "\(folder.path)/\(NetworkFile.name)")
        }
        for layer in network.batchNorms { layer.evaluationStatistics = nil }
    }

    /// Copies the run's state and begins to write it; training goes on meanwhile.
    func saveCheckpoint(isBest: Bool) throws {
        beacon.enter(.saving)
        try finishSaving()
        _ = try agreedState()
        try group.agreeing {
            guard let folder else { return }
            let header = Checkpoint.Header(
                step: step, recipeFingerprint: recipe.fingerprint, recipeYAML: recipe.yaml,
                dataFingerprint: data.fingerprint, coordinator: state)
            let bytes = try Checkpoint.encode(
                header, network: network, optimizer: trainingStep.optimizer, trace: trace)
            let (store, step, keepLatest) = (
                folder.checkpoints, step, recipe.checkpoint.keepLatest
            )
            writer.begin {
                try store.save(bytes, step: step, isBest: isBest, keepLatest: keepLatest)
            }
        }
        lastSave = ContinuousClock.now
    }

    /// Waits for the checkpoint that is being written. Every rank calls it.
    func finishSaving() throws {
        try group.agreeing { try writer.wait() }
    }

    /// Gathers the whole state and checks that all ranks have the same; a difference would be our
    /// bug, or a machine's fault, and must not be saved.
    ///
    /// - Returns: The state's hash.
    func agreedState() throws -> String {
        try trainingStep.gatherState()
        let hash = ParameterHash.ofState(network, trainingStep.optimizer)
        // Where MPI adds up in an order of its own, ranks may differ.
        guard recipe.reduction == .exact else { return hash }
        let hashes = try group.allGather(Array(hash.utf8))
        guard let other = hashes.firstIndex(where: { $0 != hashes[0] }) else { return hash }
        throw Failure(
            call: "step \(step)", subject: "the run's state",
            message: "differs from rank 0's; a machine computes wrongly or runs another build",
            exitStatus: .internalError, rank: other, isAgreed: true)
    }
}
