import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// The table of keys, and everything that is read and written with it.
@Suite struct RecipeKeyTests {
    private func recipe(_ overrides: [String] = []) throws -> Recipe {
        try Recipe(yaml: "network: mnist", file: "r.yaml", overrides: overrides)
    }

    /// For every key, a value other than its default, and the settings that the key requires.
    private static let samples: [String: (value: String, others: [String])] = [
        "network.name": ("cifar10", []),
        "network.layers": (
            "[20FC]", ["network.name=mnist", "network.input=28x28x1", "network.classes=10"]
        ),
        "network.input": ("36x36x1", []), "network.classes": ("7", []),
        "network.width": ("0.5", []), "network.padding": ("symmetric", []),
        "network.firstLayer": ("full-precision", []), "network.shortcut": ("zero-padded", []),
        "network.lastLayer": ("discrete", []), "weights.model": ("binary", []),
        "weights.temperature": ("0.5", ["weights.model=gumbel-binary"]),
        "weights.draws": ("8", ["weights.model=log-derivative"]),
        "weights.distribution": ("binary", ["weights.model=log-derivative"]),
        "weights.threshold": ("0.25", ["weights.model=ttq"]), "weights.logitClip": ("4.5", []),
        "augmentation.shorterSide": ("[30, 40]", ["augmentation.crop=28"]),
        "augmentation.pad": ("2", []), "augmentation.crop": ("28", []),
        "augmentation.flip": ("true", []), "augmentation.brightness": ("0.25", []),
        "augmentation.contrast": ("[0.5, 1.5]", []), "augmentation.standardize": ("image", []),
        "data.samples": ("300", []), "data.shuffle": ("block", []),
        "data.blockSamples": ("64", ["data.shuffle=block"]),
        "data.windowBlocks": ("3", ["data.shuffle=block"]), "data.workers": ("2", []),
        "data.cacheMegabytes": ("50", []), "training.epochs": ("3", []),
        "training.steps": ("7", []), "training.maxMinutes": ("2.5", []),
        "training.globalBatch": ("512", []), "training.gradientLeaves": ("4", []),
        "training.microBatch": ("16", []), "training.tail": ("keep", []),
        "training.seed": ("18446744073709551615", []), "training.threads": ("2", []),
        "training.convolutions": ("direct", []),
        "training.precision": ("mixed", ["weights.model=ternary"]), "optimizer.name": ("sgd", []),
        "optimizer.learningRate": ("0.5", []),
        "optimizer.momentum": ("0.5", ["optimizer.name=sgd"]), "optimizer.beta1": ("0.5", []),
        "optimizer.beta2": ("0.5", []), "optimizer.epsilon": ("0.5", []),
        "schedule.dropAtEpochs": ("[3, 4]", []), "schedule.factor": ("0.5", []),
        "schedule.epochFactor": ("0.5", []), "schedule.shape": ("cosine", []),
        "schedule.warmupSteps": ("5", []), "schedule.annealing": ("4.0", []),
        "schedule.annealingPart": ("0.25", ["schedule.annealing=2"]),
        "optimizer.logitRate": ("0.5", []), "initialization.sharpness": ("2.0", []),
        "regularization.probabilityDecay": ("0.5", []),
        "regularization.beta": ("0.5", []), "regularization.weightDecay": ("0.5", []),
        "initialization.from": ("runs/a", []), "initialization.minimumProbability": ("0.25", []),
        "initialization.maximumProbability": ("0.75", []),
        "initialization.coldStart": ("balanced", []),
        "batchNorm.statistics": ("{group: 64}", []), "batchNorm.epsilon": ("0.5", []),
        "batchNorm.momentum": ("0.5", []), "dropout": ("0.25", []),
        "loss": ("squared-hinge", []),
        "validation.everyEpochs": ("2", []),
        "validation.draws": ("2", []), "validation.weights": ("likeliest", []),
        "validation.reestimateBatches": ("2", []), "checkpoint.everySteps": ("2", []),
        "checkpoint.everyMinutes": ("2.5", []), "checkpoint.keepLatest": ("2", []),
        "reduction": ("fast", []), "watchdog.stallSeconds": ("2", []),
    ]

    @Test func `every key is unique, documented and covered by a sample`() {
        let paths = RecipeKey.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        #expect(Set(paths) == Set(Self.samples.keys))
        for key in RecipeKey.all {
            #expect(key.about.hasSuffix(".") && key.about.count > 10, "\(key.path)")
            #expect(!key.type.isEmpty && (key.defaultValue == nil) != (key.fallback == nil))
        }
        let sections = Set(paths.map { String($0.prefix { $0 != "." }) })
        for meaning in RecipeHint.meanings {
            #expect(paths.contains(meaning) || sections.contains(meaning), "\(meaning)")
        }
    }

    @Test(arguments: samples.keys.sorted())
    func `every key is read, written and compared, and fingerprinted if it changes results`(
        path: String
    ) throws {
        let (value, others) = try #require(Self.samples[path])
        let key = try #require(RecipeKey.named(path))
        let before = try recipe(others)
        let after = try recipe(others + ["\(path)=\(value)"])
        #expect(before != after)
        #expect(try recipe(others) == before)
        let again = try Recipe(yaml: after.yaml, file: "again")
        #expect(again == after && again.yaml == after.yaml)
        let name = path.split(separator: ".").last ?? ""
        #expect(
            after.yaml.split(separator: "\n").contains { line in
                [value, "\"\(value)\""].contains { line.hasSuffix("\(name): \($0)") }
            }, "\(after.yaml)")
        let change = try #require(after.changes(from: before).first { $0.key == path })
        #expect(change.new == value && change.isAllowed == !key.changesResults(in: after))
        #expect((after.fingerprint == before.fingerprint) == !key.changesResults(in: after))
    }

    @Test func `a recipe prints all keys except those of other methods and optimizers`() throws {
        func names(_ overrides: String...) throws -> [String] {
            var section = ""
            return try recipe(overrides).yaml.split(separator: "\n").compactMap { line in
                let name = String(line.drop { $0 == " " }.prefix { $0 != ":" })
                if line.hasSuffix(":") { section = name }
                if line.hasSuffix(":") { return nil }
                return line.hasPrefix("  ") ? "\(section).\(name)" : name
            }
        }
        let foreign = [
            "weights.temperature", "weights.draws", "weights.distribution", "weights.threshold",
        ]
        let all = RecipeKey.all.map(\.path)
        #expect(try names() == all.filter { !foreign.contains($0) && $0 != "optimizer.momentum" })
        let other = try names("weights=ttq", "optimizer.name=sgd")
        #expect(other.contains("weights.threshold") && other.contains("optimizer.momentum"))
        #expect(!other.contains("weights.logitClip") && !other.contains("optimizer.beta1"))
    }

    @Test func `every key that may be null can be written as null`() throws {
        let nulls = RecipeKey.all.filter { $0.type.hasSuffix("or null") }
        #expect(nulls.count == 12)
        let recipe = try recipe(nulls.map { "\($0.path)=null" })
        #expect(recipe == Recipe())
    }

    /// Batch, leaves, batch norm group (0 for synchronized), and the expected micro-batch.
    @Test(arguments: [
        (256, 8, 0, 32), (128, 8, 0, 16), (96, 8, 0, 12), (512, 8, 0, 32), (320, 8, 0, 20),
        (1024, 4, 0, 32), (100, 4, 0, 25), (104, 8, 0, 13), (256, 8, 16, 16), (256, 8, 128, 32),
        (376, 8, 0, 1), (480, 8, 48, 12), (8, 8, 0, 1),
    ])
    func `the default micro-batch follows from batch, leaves and batch norm group`(
        batch: Int, leaves: Int, group: Int, expected: Int
    ) throws {
        let settings = [
            "training.globalBatch=\(batch)", "training.gradientLeaves=\(leaves)",
            "batchNorm.statistics=\(group == 0 ? "synchronized" : "{group: \(group)}")",
        ]
        let found = try recipe(settings)
        #expect(found.training.microBatch == expected)
        #expect(found.yaml.contains("  microBatch: \(expected)\n"))
        #expect(try recipe(settings + ["training.microBatch=null"]) == found)
        #expect(try recipe(settings + ["training.microBatch=1"]).training.microBatch == 1)
    }

    @Test func `the reference page of recipe keys is up to date`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../launch/recipes/REFERENCE.md").standardized
        #expect(
            try String(contentsOf: page, encoding: .utf8) == RecipeReference.page,
            "write it anew: lrnet-dist recipe --reference > launch/recipes/REFERENCE.md")
        for key in RecipeKey.all { #expect(RecipeReference.page.contains("| `\(key.path)` | ")) }
    }

    @Test func `an explanation states type, default, effect and restrictions of a key`() throws {
        #expect(
            try RecipeReference.explanation(of: ["weights.threshold"]) == """
                weights.threshold
                  Weights below this share of the layer's largest magnitude become 0.
                  type     number, at least 0 and below 1
                  default  0.05
                  effect   changes the results; a run cannot be resumed with another value
                  Only for the method ttq.

                """)
        let threads = try RecipeReference.explanation(of: ["training.threads"])
        #expect(threads.contains("memory or time; a run can be resumed with another value\n"))
        #expect(
            try RecipeReference.explanation(of: ["schedule"]).hasPrefix("schedule.shape\n"))
        let all = try RecipeReference.explanation(of: [])
        for key in RecipeKey.all { #expect("\n\(all)".contains("\n\(key.path)\n  ")) }
    }

    @Test(arguments: [
        ("training.epoch", "did you mean training.epochs?"),
        ("training.batchSize", "did you mean training.globalBatch?"),
        ("lr", "did you mean optimizer.learningRate?"), ("optimzer", "did you mean optimizer?"),
        ("epochs", "did you mean training.epochs?"),
        ("schedule.cosine", "did you mean schedule.shape?"),
        (
            "schedule.x",
            "known here: shape, warmupSteps, dropAtEpochs, factor, epochFactor, annealing, annealingPart"
        ),
    ])
    func `explaining an unknown key is a usage error with a hint`(name: String, hint: String) {
        let failure = #expect(throws: Failure.self) {
            try RecipeReference.explanation(of: [name])
        }
        #expect(failure?.exitStatus == .usage)
        #expect(failure?.description == "recipe: \(name): unknown key; \(hint)")
    }

    @Test func `a word in place of a section is refused with a correction`() {
        let failure = #expect(throws: Failure.self) { try recipe(["optimizer=sgd"]) }
        #expect(
            failure?.message == "'sgd' is not a mapping; write optimizer: {name: sgd}")
    }
}
