package import LRNetData
internal import LRNetLayers

/// Which samples each step works on: a pure function of the recipe and the data's size.
package struct BatchSequence: Sendable {
    /// Samples of the training split.
    package let sampleCount: Int

    /// Steps of an epoch.
    package let stepsPerEpoch: Int

    private let recipe: Recipe

    /// Creates the sequence.
    ///
    /// - Precondition: The split has at least one batch.
    package init(recipe: Recipe, sampleCount: Int) {
        self.recipe = recipe
        self.sampleCount = sampleCount
        let batch = recipe.training.globalBatch
        stepsPerEpoch =
            recipe.training.tail == .drop
            ? sampleCount / batch : (sampleCount + batch - 1) / batch
        precondition(stepsPerEpoch > 0, "\(sampleCount) samples in batches of \(batch)")
    }

    /// The number of steps of all epochs, which schedules are made for.
    package var plannedSteps: Int { recipe.training.epochs * stepsPerEpoch }

    /// The number of steps of the whole run; fewer than ``plannedSteps`` where `training.steps` ends it
    /// earlier.
    package var totalSteps: Int {
        Self.totalSteps(recipe.training, stepsPerEpoch: stepsPerEpoch)
    }

    static func totalSteps(_ training: Recipe.Training, stepsPerEpoch: Int) -> Int {
        let epochs = training.epochs * stepsPerEpoch
        return min(training.steps ?? epochs, epochs)
    }

    /// The most steps of a run: noise is keyed by 32 bits of them.
    package static let stepLimit = 4_000_000_000

    /// What is said of a run with nothing left to train.
    static func endNote(step: Int, of totalSteps: Int) -> String {
        step > totalSteps
            ? "the run is longer already: step \(step), where training.epochs and training.steps ask for "
                + "\(totalSteps); nothing is trained or taken back, and the result of step \(step) is "
                + "written again"
            : "finished at step \(step) already; the result is written again"
    }

    /// The epoch of a step.
    package func epoch(of step: Int) -> Int { step / stepsPerEpoch }

    /// The number of samples of a step.
    package func globalCount(of step: Int) -> Int {
        let start = (step % stepsPerEpoch) * recipe.training.globalBatch
        return min(recipe.training.globalBatch, sampleCount - start)
    }

    /// One rank's samples of each step from `first` on, for its loader.
    package func requests(
        from first: Int, leafRun: Range<Int>
    ) -> some Sequence<BatchRequest> & Sendable {
        StepRequests(sequence: self, first: first, last: totalSteps, leafRun: leafRun)
    }

    fileprivate func layout(of step: Int, leafRun: Range<Int>) -> BatchLayout {
        recipe.layout(globalCount: globalCount(of: step), leafRun: leafRun)
    }

    fileprivate func plan(epoch: Int) -> EpochPlan {
        recipe.epochPlan(epoch: epoch, sampleCount: sampleCount)
    }

    fileprivate func start(of step: Int) -> Int {
        (step % stepsPerEpoch) * recipe.training.globalBatch
    }
}

/// The requests of a run; an epoch's order is made when its first step comes.
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
