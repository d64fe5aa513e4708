package import LRNetData
internal import LRNetLayers

/// The sequence of batches of a run: a pure function of the recipe, the seed of its steps, and the
/// number of samples.
package struct BatchSequence: Sendable {
    /// The number of samples in the training split.
    package let sampleCount: Int

    package let stepsPerEpoch: Int

    /// The seed of the order; by default, that of the recipe.
    package var seed: UInt64

    let recipe: Recipe

    /// - Precondition: The split has at least one batch.
    package init(recipe: Recipe, sampleCount: Int) {
        self.recipe = recipe
        seed = recipe.training.seed
        self.sampleCount = sampleCount
        let batch = recipe.training.globalBatch
        stepsPerEpoch =
            recipe.training.tail == .drop
            ? sampleCount / batch : (sampleCount + batch - 1) / batch
        precondition(stepsPerEpoch > 0, "\(sampleCount) samples in batches of \(batch)")
    }

    /// The number of steps in all epochs; schedules are computed for this number.
    package var plannedSteps: Int { recipe.training.epochs * stepsPerEpoch }

    /// The number of steps of the whole run; less than ``plannedSteps`` if `training.steps` ends it
    /// earlier.
    package var totalSteps: Int {
        Self.totalSteps(recipe.training, stepsPerEpoch: stepsPerEpoch)
    }

    static func totalSteps(_ training: Recipe.Training, stepsPerEpoch: Int) -> Int {
        let epochs = training.epochs * stepsPerEpoch
        return min(training.steps ?? epochs, epochs)
    }

    /// The maximum number of steps in a run; noise is keyed by 32 bits of the step.
    package static let stepLimit = 4_000_000_000

    /// Returns the log line for a run with nothing left to train.
    static func endNote(step: Int, of totalSteps: Int) -> String {
        step > totalSteps
            ? "the run is already at step \(step), past the \(totalSteps) steps of training.epochs and "
                + "training.steps; nothing is trained or undone, and the result of step \(step) is "
                + "written again"
            : "already finished at step \(step); the result is written again"
    }

    /// Returns the epoch of a step; both are counted from 0.
    package func epoch(of step: Int) -> Int { step / stepsPerEpoch }

    /// Returns the number of samples in a step, over all ranks.
    package func globalCount(of step: Int) -> Int {
        let start = (step % stepsPerEpoch) * recipe.training.globalBatch
        return min(recipe.training.globalBatch, sampleCount - start)
    }

    /// Returns the requests of one rank's loader: its samples of each step, starting with `first`.
    package func requests(
        from first: Int, leafRun: Range<Int>
    ) -> some Sequence<BatchRequest> & Sendable {
        StepRequests(sequence: self, first: first, last: totalSteps, leafRun: leafRun)
    }

    fileprivate func layout(of step: Int, leafRun: Range<Int>) -> BatchLayout {
        recipe.layout(globalCount: globalCount(of: step), leafRun: leafRun)
    }

    fileprivate func plan(epoch: Int) -> EpochPlan {
        recipe.epochPlan(epoch: epoch, sampleCount: sampleCount, seed: seed)
    }

    fileprivate func start(of step: Int) -> Int {
        (step % stepsPerEpoch) * recipe.training.globalBatch
    }
}

/// The requests of a run. An epoch's order is computed at its first step.
private struct StepRequests: Sequence, IteratorProtocol, Sendable {
    let sequence: BatchSequence
    var step: Int
    let last: Int
    let leafRun: Range<Int>
    var plan: EpochPlan?
    var planEpoch = -1

    init(sequence: BatchSequence, first: Int, last: Int, leafRun: Range<Int>) {
        self.sequence = sequence
        self.step = first
        self.last = last
        self.leafRun = leafRun
    }

    mutating func next() -> BatchRequest? {
        guard step < last else { return nil }
        let epoch = sequence.epoch(of: step)
        if planEpoch != epoch {
            plan = sequence.plan(epoch: epoch)
            planEpoch = epoch
        }
        let layout = sequence.layout(of: step, leafRun: leafRun)
        let start = sequence.start(of: step) + layout.firstSample
        step += 1
        guard let plan else { return nil }
        return BatchRequest(samples: plan[start..<start + layout.sampleCount], epoch: epoch)
    }
}
