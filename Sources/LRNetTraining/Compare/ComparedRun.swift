internal import LRNetLayers
internal import LRNetSupport

/// The result of one run of a comparison.
package struct ComparedRun: Sendable, Codable, Equatable {
    /// The path of the run's folder, relative to the comparison's folder.
    package var folder: String
    package var seed: UInt64
    /// The folder or file that initialized the run; absent for a cold start.
    package var start: String?
    /// The learning rate of real parameters.
    package var learningRate: Double
    /// The learning rate of logits; absent if the method has no logits.
    package var logitRate: Double?
    /// The winner's error on the validation split, in percent.
    package var validationError: Double?
    /// The winner file's error on the test split, in percent.
    package var testError: Double?
    /// The training time in seconds, without validations and checkpoints.
    package var trainingSeconds: Double?
    /// The winner's average number of bits per weight after packing, over all layers with weights.
    package var bitsPerWeight: Double?
    /// The share of discrete weights whose likeliest value at the end differs from the one at the
    /// start, in percent.
    package var movedPercent: Double?
    /// The test images that the winner file misclassifies.
    package var testErrorMask: ErrorMask?
    /// The share of zeros among the winner's integer weights, in percent; absent without integer
    /// weights.
    package var zeroPercent: Double?
    /// The reason why there is no result: `diverged`.
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

    /// Reads the result of a run from its files.
    mutating func read(_ run: FinishedRun) throws {
        let recipe = run.recipe
        guard let result = try run.result() else {
            throw FailureSite("compare", run.folder).inputMissing("has no \(RunResult.name)")
        }
        validationError = result.validationError
        testError = result.testError
        testErrorMask = result.testErrorMask
        // Nothing else comes from the records, so a run without them is still complete.
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
