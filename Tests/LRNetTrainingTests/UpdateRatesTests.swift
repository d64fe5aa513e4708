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

    /// 10 steps an epoch.
    private func sequence(_ recipe: Recipe) -> BatchSequence {
        BatchSequence(recipe: recipe, sampleCount: 10 * recipe.training.globalBatch)
    }

    private func rates(_ recipe: Recipe, _ steps: [Int]) -> [UpdateRates] {
        steps.map { recipe.rates(step: $0, in: sequence(recipe)) }
    }

    @Test func logitsMayHaveARateOfTheirOwn() throws {
        let same = try recipe("schedule.dropAtEpochs=[1]")
        #expect(
            rates(same, [0, 9, 10])
                == [UpdateRates(real: 0.01), UpdateRates(real: 0.01), UpdateRates(real: 0.001)])
        let other = try recipe("schedule.dropAtEpochs=[1]", "optimizer.logitRate=0.5")
        #expect(
            rates(other, [0, 10])
                == [UpdateRates(real: 0.01, logits: 0.5), UpdateRates(real: 0.001, logits: 0.05)])
    }

    @Test func aWarmupIsALine() throws {
        let recipe = try recipe("schedule.warmupSteps=4", "optimizer.learningRate=8")
        #expect(rates(recipe, [0, 1, 2, 3, 4, 99]).map(\.real) == [2, 4, 6, 8, 8, 8])
    }

    /// Against the C library's cosine; at the ends exactly.
    @Test func aCosineIsACosine() throws {
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

    /// The bits are the same on every machine; these come from the same sums in another language.
    @Test(arguments: [
        (0.1, 0x3fef_3787_09a2_2a80 as UInt64), (0.25, 0x3feb_504f_333f_9de6),
        (0.5, 0x3fe0_0000_0000_0001), (0.75, 0x3fc2_bec3_3301_8868),
    ])
    func bitsOfTheCosine(x: Double, bits: UInt64) {
        #expect(RaisedCosine.value(x).bitPattern == bits)
    }

    /// A run that `training.steps` ends early has the rates of the whole one.
    @Test func stepsOnlyEndEarlier() throws {
        let settings = ["schedule.shape=cosine", "schedule.annealing=3", "training.epochs=4"]
        let whole = try Recipe(yaml: "network: mnist", file: "r", overrides: settings)
        let short = try Recipe(
            yaml: "network: mnist", file: "r", overrides: settings + ["training.steps=7"])
        #expect(sequence(short).totalSteps == 7 && sequence(short).plannedSteps == 40)
        #expect(rates(short, Array(0..<7)) == rates(whole, Array(0..<7)))
        #expect(short.fingerprint == whole.fingerprint)
    }

    @Test func annealingMultipliesToItsFactor() throws {
        let recipe = try recipe(
            "schedule.annealing=4", "schedule.annealingPart=0.3", "training.epochs=10")
        let growths = rates(recipe, Array(0..<100)).map(\.logitGrowth)
        #expect(growths[..<70].allSatisfy { $0 == 1 } && growths[70...].allSatisfy { $0 > 1 })
        #expect(abs(growths.reduce(1, *) - 4) < 1e-12)
        // A line: half of the way at half of the part.
        #expect(abs(growths[..<85].reduce(1, *) - 2.5) < 1e-12)
        let none = try self.recipe("training.epochs=10")
        #expect(rates(none, Array(0..<100)).allSatisfy { $0.logitGrowth == 1 })
    }

    /// The length is part of what a run computes where the schedule follows it, and only there.
    @Test(arguments: [
        ([], true), (["schedule.shape=cosine"], false), (["schedule.annealing=2"], false),
        (["schedule.warmupSteps=3"], true), (["schedule.annealingPart=0.2"], true),
    ])
    func lengthJoinsTheFingerprint(settings: [String], isFree: Bool) throws {
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

    /// Annealing decides nothing where there are no logits.
    @Test func annealingIsOfLogits() {
        var (short, long) = (Recipe(), Recipe())
        (short.weights.model, long.weights.model) = (.twn, .twn)
        (short.schedule.annealing, long.schedule.annealing) = (2, 2)
        (short.training.epochs, long.training.epochs) = (3, 4)
        #expect(short.fingerprint == long.fingerprint)
        (short.weights.model, long.weights.model) = (.ternary, .ternary)
        #expect(short.fingerprint != long.fingerprint)
    }

    /// One step of Adam from moments of zero moves every parameter by its rate, logits by theirs.
    @Test(arguments: [Recipe.OptimizerName.adam, .sgd]) func rolesHaveTheirRates(
        name: Recipe.OptimizerName
    ) {
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
