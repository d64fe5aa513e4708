internal import LRNetCollectives
internal import LRNetData
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetWatchdog

/// The end of a run.
extension Trainer {
    /// Measures the winner's file and writes the result. Every rank calls it, behind the last step.
    func finish() throws -> RunResult {
        beacon.enter(.finishing)
        let hash = ParameterHash.of(network)
        let stateHash = try agreedState()
        let test = try state.leader.flatMap(measureWinner)
        let result = RunResult(
            steps: step, resumedFromStep: state.resumedAt.last ?? 0,
            trainingLoss: state.trainingLoss,
            validationError: state.leader?.result.errorPercent, testError: test?.errorPercent,
            testClassErrors: test?.classErrors,
            validationTopFiveError: state.leader?.result.topFiveErrorPercent,
            testTopFiveError: test?.topFiveErrorPercent,
            draws: state.leader?.report.draws.map(\.errorPercent) ?? [],
            winnerStep: state.leader?.step, winnerDraw: state.leader?.result.draw,
            parametersSHA256: hash, stateSHA256: stateHash,
            imagesPerSecond: state.trainingSeconds > 0
                ? Double(state.imageCount) / state.trainingSeconds : 0,
            ranks: group.size, threads: recipe.training.threads,
            weights: recipe.weights.model.rawValue)
        try group.agreeing { try folder?.writeJSON(result, to: "result.json") }
        try log.line("peak memory of rank 0: \(ResidentMemory.peakByteCount >> 20) MiB")
        return result
    }

    /// Measures the winner's file on the test split, once; in the network that was trained, which is
    /// spoilt by it.
    ///
    /// - Returns: `nil` without a test split; the file is then looked at all the same.
    private func measureWinner(_ leader: CoordinatorState.Leader) throws -> DrawResult? {
        let file = try readWinner(leader)
        guard data.count(.test) > 0 else { return nil }
        try group.agreeing {
            try NetworkFile.install(
                file, named: "\(options.output)/\(NetworkFile.name)", in: network)
        }
        return try evaluator.measure(.test)
    }

    /// The winner's file, read back. Every rank calls it.
    ///
    /// One that is missing, damaged or not of the network that is ahead is drawn again from the
    /// checkpoint that it came from; the network that was trained is spoilt by that.
    private func readWinner(_ leader: CoordinatorState.Leader) throws -> SafeTensors {
        let path = "\(options.output)/\(NetworkFile.name)"
        var bytes = try fromCoordinator { try soundBytes(path, of: leader) ?? [] }
        if bytes.isEmpty {
            try drawAgain(leader, for: path)
            bytes = try fromCoordinator { try FileBytes.read(path) }
        }
        return try group.agreeing { try NetworkFile.parse(bytes, named: path) }
    }

    private func fromCoordinator(_ read: () throws -> [UInt8]) throws -> [UInt8] {
        try group.broadcast(try group.agreeing { folder == nil ? [] : try read() }, root: 0)
    }

    /// - Returns: `nil` if the file must be drawn again; the log then says why.
    private func soundBytes(
        _ path: String, of leader: CoordinatorState.Leader
    ) throws -> [UInt8]? {
        do {
            let bytes = try FileBytes.read(path)
            let metadata = try NetworkFile.parse(bytes, named: path).metadata
            let (step, draw) = (metadata["step"] ?? "?", metadata["draw"] ?? "?")
            if step == "\(leader.step)", draw == "\(leader.result.draw)" { return bytes }
            log.warning("network: \(path): is of step \(step), draw \(draw); it is drawn again")
        } catch let failure as Failure
            where [.badData, .inputMissing].contains(failure.exitStatus)
        {
            log.warning("\(failure); it is drawn again")
        }
        return nil
    }

    private func drawAgain(_ leader: CoordinatorState.Leader, for path: String) throws {
        func failure(_ reason: String) -> Failure {
            Failure(
                call: "network", subject: path,
                message: "cannot be drawn again from the checkpoint of step \(leader.step): "
                    + "\(reason); train again in a new --output", exitStatus: .badData,
                isAgreed: true)
        }
        let step: Int
        do {
            step = try StoredNetwork.restore(
                network, from: ["best"], of: options.output, for: "network", group: group
            ).step
        } catch let reason as Failure where isEveryones(reason) {
            throw failure("\(reason)")
        }
        guard step == leader.step else { throw failure("the best one is of step \(step)") }
        try writeWinner(leader)
    }

    private func isEveryones(_ failure: Failure) -> Bool {
        group.size == 1 || failure.isAgreed
    }
}
