import LRNetTraining
import Testing

@Suite struct RecipeChangeTests {
    private func changes(_ old: String, _ new: String) throws -> [RecipeChange] {
        try Recipe(yaml: new, file: "new").changes(from: Recipe(yaml: old, file: "old"))
    }

    @Test func `each change has a key, both values and a remedy`() throws {
        #expect(try changes("", "").isEmpty)
        #expect(try changes("weights: binary", "weights: {model: binary}").isEmpty)
        let found = try changes(
            "{network: mnist, weights: ternary, schedule: {dropAtEpochs: [1, 2]}}",
            """
            network: {name: mnist, width: 0.5}
            weights: {model: gumbel-ternary, temperature: 0.3}
            training: {seed: 2, steps: 7}
            schedule: {dropAtEpochs: []}
            batchNorm: {statistics: {group: 64}}
            initialization: {from: runs/a b}
            """)
        // The temperature belongs to the method and is not listed.
        #expect(
            found.map(\.description) == [
                "network.width: 1.0 -> 0.5", "weights.model: ternary -> gumbel-ternary",
                "training.steps: none -> 7", "training.seed: 1 -> 2",
                "schedule.dropAtEpochs: [1, 2] -> []", "initialization.from: none -> runs/a b",
                "batchNorm.statistics: synchronized -> {group: 64}",
            ])
        #expect(
            found.map(\.remedy) == [
                "--set network.width=1.0", "--set weights.model=ternary",
                "--set training.steps=null", "--set training.seed=1",
                "--set 'schedule.dropAtEpochs=[1, 2]'", "--set initialization.from=null",
                "--set batchNorm.statistics=synchronized",
            ])
        #expect(found.filter(\.isAllowed).map(\.key) == ["training.steps"])
    }

    @Test(arguments: [
        ("training.epochs", "3", true), ("training.steps", "3", true),
        ("training.threads", "3", true), ("checkpoint.everySteps", "3", true),
        ("checkpoint.everyMinutes", "3", true), ("checkpoint.keepLatest", "4", true),
        ("watchdog.stallSeconds", "3", true), ("training.seed", "3", false),
        ("training.tail", "keep", false), ("dropout", "0.25", false),
        ("validation.draws", "3", false), ("reduction", "fast", false),
        ("optimizer.epsilon", "0.5", false), ("network", "cifar10", false),
        ("training.microBatch", "16", false), ("initialization.from", "a", false),
        ("data.samples", "300", false), ("data.workers", "2", true),
        ("data.cacheMegabytes", "2", true), ("training.maxMinutes", "2", true),
        ("loss", "squared-hinge", false), ("network.width", "0.5", false),
    ])
    func `a change is allowed exactly if it keeps the fingerprint`(
        key: String, value: String, isAllowed: Bool
    ) throws {
        let old = Recipe()
        let new = try Recipe(yaml: "", file: "new", overrides: ["\(key)=\(value)"])
        let found = new.changes(from: old)
        #expect(found.count == 1)
        #expect(found.first?.isAllowed == isAllowed)
        #expect((new.fingerprint == old.fingerprint) == isAllowed)
    }
}
