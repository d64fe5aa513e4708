internal import LRNetLayers
internal import LRNetSupport

/// What a comparison knows of one finished run.
package struct ComparedRun: Sendable, Codable, Equatable {
    /// The run's folder, inside the comparison's.
    package var folder: String
    /// The seed.
    package var seed: UInt64
    /// The folder or file that the run started from; absent for a cold start.
    package var start: String?
    /// The learning rate of real parameters.
    package var learningRate: Double
    /// The learning rate of logits; absent where the method has none.
    package var logitRate: Double?
    /// The winner's error on the validation split, in percent.
    package var validationError: Double?
    /// The winner file's error on the test split, in percent.
    package var testError: Double?
    /// Time spent training, without validations and checkpoints.
    package var trainingSeconds: Double?
    /// Bits a weight of the winner once it is packed, all layers with weights taken together.
    package var bitsPerWeight: Double?
    /// Share of discrete weights whose likeliest value at the end is another than at the start, in percent.
    package var movedPercent: Double?
    /// The test images that the winner's file gets wrong.
    package var testErrorMask: ErrorMask?
    /// Share of zeros among its integer weights, in percent; absent without such.
    package var zeroPercent: Double?
    /// Why there is no result: `diverged`.
    package var failure: String?

    init(folder: String, recipe: Recipe) {
        self.folder = folder
        seed = recipe.training.seed
        start = recipe.initialization.from
        learningRate = recipe.optimizer.learningRate
        logitRate =
            recipe.weights.model.hasLogits
            ? recipe.optimizer.logitRate ?? recipe.optimizer.learningRate : nil
    }

    /// Takes in what a run has left.
    mutating func read(_ run: FinishedRun) throws {
        let recipe = run.recipe
        guard let result = try run.result() else {
            throw FailureSite("compare", run.folder).inputMissing("has no \(RunResult.name)")
        }
        validationError = result.validationError
        testError = result.testError
        testErrorMask = result.testErrorMask
        // Nothing else comes from the records, so a run without them is whole.
        movedPercent = try? run.metrics().movedPercent
        if result.imagesPerSecond > 0 {
            trainingSeconds =
                Double(result.steps * recipe.training.globalBatch) / result.imagesPerSecond
        }
        guard let winner = try run.winner()?.contents else { return }
        let budget = WeightBudget(winner, levels: recipe.model.levels)
        bitsPerWeight = budget.bitsPerWeight
        zeroPercent = budget.zeroPercent
    }
}
