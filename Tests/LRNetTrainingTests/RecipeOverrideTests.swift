import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// The settings of a command line, `--set section.key=value`.
@Suite struct RecipeOverrideTests: RecipeReading {
    @Test func `overrides set values of every kind, and the last one wins`() throws {
        let recipe = try recipe(
            "training: {seed: 5, epochs: 3}\nnetwork: mnist", "training.steps=50",
            "training.steps=60", "training.globalBatch=512", "optimizer.learningRate=1e-3",
            "schedule.dropAtEpochs=[1, 2]", "schedule.factor=.5",
            "batchNorm.statistics={group: 64}",
            "initialization.from=runs/x=y", "weights=binary", "validation.weights=likeliest",
            "training.tail=keep")
        #expect(recipe.training.steps == 60)
        #expect(recipe.training.seed == 5 && recipe.training.epochs == 3)
        #expect(recipe.training.globalBatch == 512)
        #expect(recipe.optimizer.learningRate == 1e-3)
        #expect(recipe.schedule.dropAtEpochs == [1, 2] && recipe.schedule.factor == 0.5)
        #expect(recipe.batchNorm.statistics == .group(64))
        #expect(recipe.initialization.from == "runs/x=y")
        #expect(recipe.weights.model == .binary)
        #expect(recipe.validation.weights == .likeliest)
        #expect(
            try self.recipe("training: {steps: 9}", "training.steps=null").training.steps == nil)
        #expect(
            try self.recipe("training: {steps: 9}", "training={epochs: 2}").training.steps == nil)
    }

    @Test(arguments: ["training.steps", "=5", "", "steps", ".=5", "..=", "training..steps=5"])
    func `a malformed override is refused with the expected form`(text: String) {
        let error = #expect(throws: Failure.self) {
            _ = try Recipe(yaml: "", file: "r.yaml", overrides: [text])
        }
        #expect(error?.exitStatus == .usage)
        #expect(error?.subject == "'\(text)'")
        #expect(error?.message == "write section.key=value, such as training.steps=50")
    }

    /// Each level used to be a level of recursion.
    @Test(arguments: [11, 300_000])
    func `an override with too many levels is refused`(count: Int) {
        let key = [String](repeating: "a", count: count).joined(separator: ".")
        let error = #expect(throws: Failure.self) {
            _ = try Recipe(yaml: "", file: "r.yaml", overrides: ["\(key)=5"])
        }
        #expect(error?.exitStatus == .usage)
        #expect(error?.subject == (count == 11 ? "'\(key)=5'" : "'\(key.prefix(40))...'"))
        #expect(
            error?.message
                == "has \(count) levels; write section.key=value, such as training.steps=50")
        let open = #expect(throws: Failure.self) {
            _ = try Recipe(yaml: "", file: "r.yaml", overrides: ["\(key).\(key).=5"])
        }
        #expect(open?.subject == "'\((key + "." + key).prefix(40))...'")
    }

    @Test func `overrides are checked like the keys of a file`() {
        #expect(
            refusal("", ["training.stepz=5"])
                == "training.stepz: unknown key; did you mean training.steps?")
        #expect(refusal("", ["training=5"]).hasPrefix("training: '5' is not a mapping"))
        #expect(refusal("", ["training.tail=["]).hasPrefix("training.tail: '[' is not one of"))
        #expect(
            refusal("dropout: 0.5", ["dropout.rate=0.1"]).hasPrefix("dropout: 'a mapping' is not"))
    }
}
