internal import LRNetCollectives
internal import LRNetData
internal import LRNetLayers
internal import LRNetSupport

/// The end of a run.
extension Trainer {
    /// Measures the winner's file and writes the result. Every rank calls it, behind the last step.
    func finish() throws -> RunResult {
        beacon.enter(.finishing)
        let hash = ParameterHash.of(network)
        let stateHash = try agreedState()
        var test: DrawResult?
        if data.count(.test) > 0, state.leader != nil { test = try measureWinnerFile() }
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

    /// Reads the winner's file back and measures it on the test split, once; in the network that was
    /// trained, which is spoilt by it.
    private func measureWinnerFile() throws -> DrawResult {
        let path = "\(options.output)/\(NetworkFile.name)"
        let bytes = try group.agreeing { folder == nil ? [] : try FileBytes.read(path) }
        let shared = try group.broadcast(bytes, root: 0)
        let file = try group.agreeing { try NetworkFile.parse(shared, named: path) }
        try group.agreeing { try NetworkFile.install(file, named: path, in: network) }
        return try evaluator.measure(.test)
    }
}
