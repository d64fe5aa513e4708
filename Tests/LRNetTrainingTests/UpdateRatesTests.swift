import Foundation
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// Learning rates by role, the shapes of schedules, and the annealing of logits.
@Suite struct UpdateRatesTests {
    private func recipe(_ overrides: String...) throws -> Recipe {
        try Recipe(yaml: "network: mnist", file: "r", overrides: overrides)
    }

    /// Returns a sequence with 10 steps per epoch.
    private func sequence(_ recipe: Recipe) -> BatchSequence {
        BatchSequence(recipe: recipe, sampleCount: 10 * recipe.training.globalBatch)
    }

    private func rates(_ recipe: Recipe, _ steps: [Int]) -> [UpdateRates] {
        steps.map { recipe.rates(step: $0, in: sequence(recipe)) }
    }

    @Test func `logits may have a separate learning rate that follows the schedule`() throws {
        let same = try recipe("schedule.dropAtEpochs=[1]")
        #expect(
            rates(same, [0, 9, 10])
                == [UpdateRates(real: 0.01), UpdateRates(real: 0.01), UpdateRates(real: 0.001)])
        let other = try recipe("schedule.dropAtEpochs=[1]", "optimizer.logitRate=0.5")
        #expect(
            rates(other, [0, 10])
                == [UpdateRates(real: 0.01, logits: 0.5), UpdateRates(real: 0.001, logits: 0.05)])
    }

    @Test func `the warmup raises the learning rate linearly`() throws {
        let recipe = try recipe("schedule.warmupSteps=4", "optimizer.learningRate=8")
        #expect(rates(recipe, [0, 1, 2, 3, 4, 99]).map(\.real) == [2, 4, 6, 8, 8, 8])
    }

    /// It starts at exactly 1, never increases and is constant outside its range.
    @Test func `the cosine schedule equals the C library's cosine within rounding`() throws {
        let recipe = try recipe(
            "schedule.shape=cosine", "schedule.warmupSteps=20", "optimizer.learningRate=1",
            "training.epochs=12")
        let sequence = sequence(recipe)
        #expect(recipe.rates(step: 20, in: sequence).real == 1)
        for step in 20..<120 {
            let expected = (1 + cos(Double.pi * Double(step - 20) / 100)) / 2
            #expect(abs(recipe.rates(step: step, in: sequence).real - expected) < 1e-15)
        }
        #expect(RaisedCosine.value(0) == 1 && RaisedCosine.value(1) < 1e-15)
        #expect(RaisedCosine.value(2) == RaisedCosine.value(1) && RaisedCosine.value(-1) == 1)
        #expect(
            (0..<1000).allSatisfy {
                RaisedCosine.value(Double($0) / 1000) >= RaisedCosine.value(Double($0 + 1) / 1000)
            })
    }

    /// The expected bits come from the same sums in another language.
    @Test(arguments: [
        (0.1, 0x3fef_3787_09a2_2a80 as UInt64), (0.25, 0x3feb_504f_333f_9de6),
        (0.5, 0x3fe0_0000_0000_0001), (0.75, 0x3fc2_bec3_3301_8868),
    ])
    func `the cosine has the same bits on every machine`(x: Double, bits: UInt64) {
        #expect(RaisedCosine.value(x).bitPattern == bits)
    }

    @Test func `a run that ends early has the learning rates of the whole run`() throws {
        let settings = ["schedule.shape=cosine", "schedule.annealing=3", "training.epochs=4"]
        let whole = try Recipe(yaml: "network: mnist", file: "r", overrides: settings)
        let short = try Recipe(
            yaml: "network: mnist", file: "r", overrides: settings + ["training.steps=7"])
        #expect(sequence(short).totalSteps == 7 && sequence(short).plannedSteps == 40)
        #expect(rates(short, Array(0..<7)) == rates(whole, Array(0..<7)))
        #expect(short.fingerprint == whole.fingerprint)
    }

    @Test func `annealing multiplies the logits by its factor in total`() throws {
        let recipe = try recipe(
            "schedule.annealing=4", "schedule.annealingPart=0.3", "training.epochs=10")
        let growths = rates(recipe, Array(0..<100)).map(\.logitGrowth)
        #expect(growths[..<70].allSatisfy { $0 == 1 } && growths[70...].allSatisfy { $0 > 1 })
        #expect(abs(growths.reduce(1, *) - 4) < 1e-12)
        // The growth is linear: half of it at half of the annealed part.
        #expect(abs(growths[..<85].reduce(1, *) - 2.5) < 1e-12)
        let none = try self.recipe("training.epochs=10")
        #expect(rates(none, Array(0..<100)).allSatisfy { $0.logitGrowth == 1 })
    }

    @Test(arguments: [
        ([], true), (["schedule.shape=cosine"], false), (["schedule.annealing=2"], false),
        (["schedule.warmupSteps=3"], true), (["schedule.annealingPart=0.2"], true),
    ])
    func `the length is part of the fingerprint if the schedule depends on it`(
        settings: [String], isFree: Bool
    ) throws {
        func recipe(_ epochs: Int) throws -> Recipe {
            try Recipe(
                yaml: "network: mnist", file: "r",
                overrides: settings + ["training.epochs=\(epochs)"])
        }
        let (short, long) = (try recipe(3), try recipe(4))
        #expect((short.fingerprint == long.fingerprint) == isFree)
        let change = try #require(long.changes(from: short).first)
        #expect(change.key == "training.epochs" && change.isAllowed == isFree)
    }

    @Test func `annealing ties the fingerprint to the length only for methods with logits`() {
        var (short, long) = (Recipe(), Recipe())
        (short.weights.model, long.weights.model) = (.twn, .twn)
        (short.schedule.annealing, long.schedule.annealing) = (2, 2)
        (short.training.epochs, long.training.epochs) = (3, 4)
        #expect(short.fingerprint == long.fingerprint)
        (short.weights.model, long.weights.model) = (.ternary, .ternary)
        #expect(short.fingerprint != long.fingerprint)
    }

    /// From moments of zero, one step of Adam changes a parameter by its rate.
    @Test(arguments: [Recipe.OptimizerName.adam, .sgd])
    func `one step changes each parameter by the rate of its role`(name: Recipe.OptimizerName) {
        let parameters = [Parameter.Role.logit, .weight, .latent, .scale, .offset].map {
            Parameter(name: "\($0)", shape: [2], role: $0)
        }
        var constants = Recipe().optimizer
        constants.name = name
        let optimizer = MomentOptimizer(parameters: parameters, constants: constants)
        optimizer.begin(step: 0, UpdateRates(real: 0.25, logits: 2, logitGrowth: 3))
        for parameter in parameters {
            parameter.value.copy(from: [4, -4])
            optimizer.update(parameter, 0..<2, gradient: FloatBuffer([1, 1]).all)
            let expected: [Float] =
                parameter.role == .logit ? [3 * (4 - 2), 3 * (-4 - 2)] : [3.75, -4.25]
            for (value, goal) in zip(parameter.value.values, expected) {
                #expect(abs(value - goal) < 1e-4, "\(parameter.name)")
            }
        }
    }
}
