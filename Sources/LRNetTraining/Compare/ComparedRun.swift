internal import LRNetLayers
internal import LRNetSupport

/// What a comparison knows of one finished run.
public struct ComparedRun: Sendable, Codable, Equatable {
    /// The run's folder, inside the comparison's.
    public var folder: String
    /// The seed.
    public var seed: UInt64
    /// The learning rate.
    public var learningRate: Double
    /// The winner's error on the validation split, in percent.
    public var validationError: Double?
    /// The winner file's error on the test split, in percent.
    public var testError: Double?
    /// Time spent training, without validations and checkpoints.
    public var trainingSeconds: Double?
    /// Bits a weight of the winner's file, all layers with weights taken together.
    public var bitsPerWeight: Double?
    /// Share of zeros among its integer weights, in percent; absent without such.
    public var zeroPercent: Double?
    /// Why there is no result: `diverged`.
    public var failure: String?

    init(folder: String, recipe: Recipe) {
        self.folder = folder
        seed = recipe.training.seed
        learningRate = recipe.optimizer.learningRate
    }

    /// Takes in what a run has left.
    mutating func read(_ run: FinishedRun) throws {
        let recipe = run.recipe
        guard let result = try run.result() else {
            throw FailureSite("compare", run.folder).inputMissing("has no \(RunResult.name)")
        }
        validationError = result.validationError
        testError = result.testError
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
