internal import LRNetCollectives
internal import LRNetData
internal import LRNetLayers

/// What figures are drawn from; rank 0 alone looks and writes.
extension Trainer {
    /// The records of a fresh start.
    func recordStart() throws {
        try folder?.record(
            RunMetrics.Run(
                stepsPerEpoch: sequence.stepsPerEpoch, totalSteps: sequence.totalSteps,
                trainingImages: sequence.sampleCount))
        guard let folder else { return }
        if let weights = trace.record(step: 0) { try folder.record(weights) }
        try writeDistributions(to: folder)
    }

    /// The weights' record, where one is due: the same steps whatever happens to the run.
    func recordWeights() throws {
        guard let folder, step % Self.logEverySteps == 0 || step == sequence.totalSteps else {
            return
        }
        if let weights = trace.record(step: step) { try folder.record(weights) }
    }

    /// The distributions at a validation. Every rank calls it.
    func recordDistributions() throws {
        try group.agreeing {
            if let folder { try writeDistributions(to: folder) }
        }
    }

    private func writeDistributions(to folder: RunFolder) throws {
        let layers = network.weightedLayers.compactMap(DistributionSummary.histograms)
        guard !layers.isEmpty else { return }
        try folder.record(RunMetrics.Distributions(step: step, layers: layers))
    }
}
