import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct RecipeTests: RecipeReading {
    @Test func `keys that are left out have their default values`() throws {
        for empty in ["", "\n", "# nothing\n", "---\n", "training:\n", "training: {}\n"] {
            #expect(try recipe(empty) == Recipe(), "\(empty)")
        }
        let recipe = Recipe()
        #expect(recipe.network.name == "mnist")
        #expect(recipe.weights.model == .ternary)
        #expect(recipe.training.epochs == 190 && recipe.training.steps == nil)
        #expect(recipe.training.leafSize == 32)
        #expect(recipe.optimizer.learningRate == 0.01)
        #expect(recipe.optimizer.epsilon == 1e-8)
        #expect(recipe.batchNorm.statistics == .synchronized)
        #expect(recipe.initialization.from == nil)
        #expect(recipe.reduction == .exact)
        #expect(recipe.watchdog.stallSeconds == 300)
    }

    /// A recipe with values other than the defaults for most keys.
    static let everyKey = """
        network: mnist
        weights: {model: gumbel-binary, temperature: 0.25}
        augmentation: {shorterSide: [30, 40], pad: 3, crop: 28, flip: true, brightness: 0.25,
          contrast: [0.5, 1.5], standardize: {mean: [0.25], deviation: [0.5]}}
        data: {samples: 200, shuffle: block, blockSamples: 64, windowBlocks: 3, workers: 2,
          cacheMegabytes: 50}
        training: {epochs: 7, steps: 9, globalBatch: 96, gradientLeaves: 6, microBatch: 8,
          tail: keep, seed: 18446744073709551615, threads: 3,
          convolutions: direct}
        optimizer: {name: adam, learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1.0e-7}
        schedule: {dropAtEpochs: [2, 5], factor: 0.5}
        regularization: {probabilityDecay: 1.0e-10, beta: 1.0e-6, weightDecay: 2.0e-4}
        initialization: {from: runs/a b, minimumProbability: 0.1, maximumProbability: 0.8,
          coldStart: balanced}
        batchNorm: {statistics: {group: 48}, epsilon: 1.0e-4, momentum: 0.9}
        dropout: 0.25
        validation: {everyEpochs: 0, draws: 3, weights: likeliest, reestimateBatches: 4}
        checkpoint: {everySteps: 11, everyMinutes: 2.5, keepLatest: 2}
        reduction: fast
        watchdog: {stallSeconds: 7}
        """

    @Test func `values in a recipe are read into its properties`() throws {
        let recipe = try recipe(Self.everyKey)
        #expect(
            recipe.weights.model == .gumbelBinary
                && recipe.weights.constants[number: GumbelModel.temperatureConstant] == 0.25)
        #expect(recipe.augmentation.shorterSide == 30...40 && recipe.augmentation.pad == 3)
        #expect(recipe.augmentation.crop == 28 && recipe.augmentation.flip)
        #expect(recipe.augmentation.brightness == 0.25)
        #expect(recipe.augmentation.contrast == 0.5...1.5)
        #expect(
            recipe.augmentation.standardize == .constants(mean: [0.25], deviation: [0.5]))
        #expect(recipe.data.samples == 200)
        #expect(recipe.data.shuffle == .block && recipe.data.blockSamples == 64)
        #expect(recipe.data.windowBlocks == 3 && recipe.data.workers == 2)
        #expect(recipe.data.cacheMegabytes == 50 && recipe.data.cacheByteCount == 50_000_000)
        #expect(recipe.training.epochs == 7 && recipe.training.steps == 9)
        #expect(recipe.training.globalBatch == 96 && recipe.training.gradientLeaves == 6)
        #expect(recipe.training.microBatch == 8 && recipe.training.tail == .keep)
        #expect(recipe.training.seed == .max && recipe.training.threads == 3)
        #expect(recipe.training.convolutions == .direct)
        #expect(recipe.optimizer.learningRate == 0.02 && recipe.optimizer.beta1 == 0.8)
        #expect(recipe.optimizer.beta2 == 0.99 && recipe.optimizer.epsilon == 1e-7)
        #expect(recipe.schedule.dropAtEpochs == [2, 5] && recipe.schedule.factor == 0.5)
        #expect(recipe.regularization.probabilityDecay == 1e-10)
        #expect(recipe.regularization.beta == 1e-6 && recipe.regularization.weightDecay == 2e-4)
        #expect(recipe.initialization.from == "runs/a b")
        #expect(recipe.initialization.minimumProbability == 0.1)
        #expect(recipe.initialization.maximumProbability == 0.8)
        #expect(recipe.initialization.coldStart == .balanced)
        #expect(recipe.batchNorm.statistics == .group(48))
        #expect(recipe.batchNorm.epsilon == 1e-4 && recipe.batchNorm.momentum == 0.9)
        #expect(recipe.dropout == 0.25)
        #expect(recipe.validation.everyEpochs == 0 && recipe.validation.draws == 3)
        #expect(recipe.validation.weights == .likeliest)
        #expect(recipe.validation.reestimateBatches == 4)
        #expect(recipe.checkpoint.everySteps == 11 && recipe.checkpoint.keepLatest == 2)
        #expect(recipe.checkpoint.everyMinutes == 2.5)
        #expect(recipe.reduction == .fast)
        #expect(recipe.watchdog.stallSeconds == 7)
    }

    @Test func `a recipe is read back from the YAML that it writes`() throws {
        for text in ["", Self.everyKey] {
            let recipe = try recipe(text)
            let again = try self.recipe(recipe.yaml)
            #expect(again == recipe)
            #expect(again.yaml == recipe.yaml)
        }
        for path in ["a \"quoted\" b", "back\\slash", "# no comment", "null", "12", "a: b", "é"] {
            var recipe = Recipe()
            recipe.initialization.from = path
            #expect(try self.recipe(recipe.yaml).initialization.from == path, "\(path)")
        }
    }

    static let customNetwork = """
        network: {layers: [2x8C3, MP3/2, 16R/2, GAP, 12FC, dropout], input: 16x12x3, classes: 7,
          width: 0.5, padding: symmetric, firstLayer: full-precision, shortcut: zero-padded}
        """

    @Test func `a network is a word, a mapping or a list of layers`() throws {
        #expect(try recipe("network: cifar10") == recipe("network: {name: cifar10}"))
        #expect(try recipe("network: cifar10").yaml.hasPrefix("network:\n  name: cifar10\n"))
        let narrow = try recipe("network: cifar10", "network.width=0.25")
        #expect(narrow.title == "ternary cifar10 x 0.25")
        #expect(narrow.architecture.blocks.first?.description == "32C3")
        #expect(try recipe(narrow.yaml) == narrow)
        let custom = try recipe(Self.customNetwork)
        let architecture = custom.architecture
        #expect(
            architecture.blocks.map(\.description) == [
                "4C3", "4C3", "MP3/2", "8R/2", "GAP", "6FC", "dropout",
            ])
        #expect(architecture.name == "custom" && architecture.classes == 7)
        #expect(architecture.input == ImageShape(height: 16, width: 12, channels: 3))
        #expect(architecture.padding == .symmetric && architecture.firstLayer == .fullPrecision)
        #expect(architecture.shortcut == .zeroPadded)
        let frozen = try recipe("network: {name: resnet18, firstLayer: frozen}")
        #expect(frozen.architecture.firstLayer == .frozen)
        #expect(frozen.makeNetwork().weightedLayers.first?.model.isFrozen == true)
        #expect(try recipe(frozen.yaml) == frozen)
        #expect(try recipe(custom.yaml) == custom)
        #expect(custom.makeNetwork().layers.last?.outputShape.count == 7)
    }

    @Test func `invalid networks are refused with the cause`() {
        let cases = [
            ("network: {layers: [8C3], classes: 7}", "network.input: is required with layers"),
            ("network: {layers: [8C3], input: 9x9x1}", "network.classes: is required with layers"),
            (
                "network: {layers: [8C], input: 9x9x1, classes: 7}",
                "network.layers: '8C' is not a block"
            ),
            ("network: {layers: [0C3], input: 9x9x1, classes: 7}", "network.layers: '0C3' is not"),
            (
                "network: {layers: 8C3, input: 9x9x1, classes: 7}",
                "network.layers: '8C3' must be a list, for example [8C3]"
            ),
            (
                "network: {layers: [3x8C3, 4xMP2], input: 9x9x1, classes: 7}",
                "MP2 does not fit its input of"
            ),
            ("network: {name: mnist, input: 28x28}", "network.input: '28x28' is not a shape"),
            ("network: {name: mnist, input: 0x28x1}", "network.input: '0x28x1' is not a shape"),
            ("network: {name: mnist, classes: 1}", "network.classes: '1' is out of range"),
            ("network: {name: mnist, width: 0}", "network.width: '0' is out of range"),
            ("network: {name: mnist, padding: valid}", "network.padding: 'valid' is not one of"),
            ("network: {name: resnet18, shortcut: none}", "network.shortcut: 'none' is not one of"),
            (
                "network: {layers: [8R, 4R], input: 9x9x8, classes: 7, shortcut: zero-padded}",
                "network.layers: 4R has fewer filters than its input of 9x9x8"
            ),
            ("network: {name: resnet19}", "did you mean resnet18?"),
            ("network: {name: mnist, depth: 3}", "network.depth: unknown key"),
        ]
        for (yaml, message) in cases {
            #expect(refusal(yaml).contains(message), "\(yaml): \(refusal(yaml))")
        }
    }

    @Test func `a method is a word or a mapping with its constants`() throws {
        let word = try recipe("weights: twn")
        #expect(word.weights.model == .twn)
        #expect(try recipe("weights: {model: twn}") == word)
        let gumbel = try recipe("weights: gumbel-ternary")
        #expect(
            gumbel.weights.model == .gumbelTernary
                && gumbel.weights.constants[number: GumbelModel.temperatureConstant] == 0.1)
        // An override may set a constant of a method that is given as a word.
        let warmer = try recipe("weights: gumbel-ternary", "weights.temperature=0.5")
        #expect(
            warmer.weights.model == .gumbelTernary
                && warmer.weights.constants[number: GumbelModel.temperatureConstant] == 0.5)
        #expect(
            refusal("weights: {model: ternary, temperature: 1}")
                == "weights.temperature: unknown key; known here: model, logitClip")
    }

    @Test func `a logit clip reaches the layers, and only methods with logits accept it`() throws {
        let clipped = try recipe("weights: {model: binary, logitClip: 4.6}")
        #expect(clipped.weights.logitClip == 4.6)
        #expect(clipped.makeNetwork().weightedLayers.allSatisfy { $0.logitClip == 4.6 })
        #expect(try recipe(clipped.yaml) == clipped)
        #expect(clipped.fingerprint != (try recipe("weights: binary")).fingerprint)
        let relaxed = try recipe("weights: {model: gumbel-binary, temperature: 1, logitClip: 3}")
        #expect(try recipe(relaxed.yaml) == relaxed)
        #expect(try recipe("weights: {model: binary, logitClip: null}").weights.logitClip == nil)
        #expect(
            refusal("weights: {model: binary, logitClip: 0}")
                == "weights.logitClip: '0' is out of range; at least 1e-06")
        #expect(
            refusal("weights: {model: twn, logitClip: 4}")
                == "weights.logitClip: unknown key; known here: model")
    }

    @Test(arguments: [
        ("networks: mnist", "networks: unknown key; did you mean network?"),
        (
            "training: {globalbatch: 2}",
            "training.globalbatch: unknown key; did you mean training.globalBatch?"
        ),
        ("validation: {drawz: 2}", "validation.drawz: unknown key; did you mean validation.draws?"),
        (
            "checkpoint: {keepLatest: 1}",
            "checkpoint.keepLatest: '1' is out of range; at least 2"
        ),
        (
            "checkpoint: {everyMinutes: 0}",
            "checkpoint.everyMinutes: '0' is out of range; more than 0.0"
        ),
        (
            "checkpoint: {colour: 2}",
            "checkpoint.colour: unknown key; known here: everySteps, everyMinutes, keepLatest"
        ),
        (
            "watchdog: {stallSeconds: -1}",
            "watchdog.stallSeconds: '-1' is out of range; at least 0"
        ),
        (
            "watchdog: {stallSecond: 1}",
            "watchdog.stallSecond: unknown key; did you mean watchdog.stallSeconds?"
        ),
        ("network: lenet", "network: 'lenet' is not known; known: "),
        ("weights: ternery", "weights.model: 'ternery' is not one of full-precision, "),
        ("training: {tail: chop}", "training.tail: 'chop' is not one of drop, keep"),
        ("reduction: exakt", "reduction: 'exakt' is not one of exact, fast; did you mean exact?"),
        ("training: {epochs: 1.5}", "training.epochs: '1.5' is not a whole number"),
        ("training: {epochs: [1]}", "training.epochs: 'a list' is not a whole number"),
        ("training: {epochs: {a: 1}}", "training.epochs: 'a mapping' is not a whole number"),
        (
            "training: {epochs: 99999999999999999999}",
            "training.epochs: '99999999999999999999' is out of range; at most"
        ),
        ("training: {epochs: 0}", "training.epochs: '0' is out of range; at least 1"),
        ("training: {threads: -1}", "training.threads: '-1' is out of range; at least 1"),
        ("training: {seed: -1}", "training.seed: '-1' is not a whole number from 0"),
        ("training: 5", "training: '5' is not a mapping; write `key: value` lines"),
        ("training: [1]", "training: 'a list' is not a mapping"),
        ("optimizer: {learningRate: fast}", "optimizer.learningRate: 'fast' is not a number"),
        ("optimizer: {learningRate: nan}", "optimizer.learningRate: 'nan' is not a number"),
        ("optimizer: {learningRate: inf}", "optimizer.learningRate: 'inf' is not a number"),
        (
            "optimizer: {learningRate: -0.1}",
            "optimizer.learningRate: '-0.1' is out of range; at least 0.0"
        ),
        ("optimizer: {epsilon: 0}", "optimizer.epsilon: '0' is out of range; at least 1e-30"),
        (
            "optimizer: {beta1: 1}",
            "optimizer.beta1: '1' is out of range; at least 0.0 and below 1.0"
        ),
        ("dropout: 1.0", "dropout: '1.0' is out of range; at least 0.0 and below 1.0"),
        (
            "schedule: {dropAtEpochs: 100}",
            "schedule.dropAtEpochs: '100' must be a list, for example [100]"
        ),
        (
            "schedule: {dropAtEpochs: [-1]}",
            "schedule.dropAtEpochs: '-1' is not a whole number of at least 0"
        ),
        ("initialization: {from: [a]}", "initialization.from: 'a list' must be a string"),
        (
            "batchNorm: {statistics: own}",
            "batchNorm.statistics: 'own' must be synchronized or {group: SAMPLES}, such as "
                + "{group: 128}"
        ),
        ("batchNorm: {statistics: {group: 0}}", "batchNorm.statistics: 'a mapping' must be"),
        ("- a\n- b", "the file: 'a list' is not a mapping"),
        ("just words", "the file: 'just words' is not a mapping"),
        ("a: [", "the file: is not valid YAML: "),
        ("training: {seed: 1, seed: 2}", "the file: "),
        ("network: mnist\nnetwork: mnist", "the file: "),
    ])
    func `unknown keys, invalid values and malformed YAML are refused`(
        yaml: String, message: String
    ) {
        let refusal = refusal(yaml)
        #expect(refusal.hasPrefix(message), "\(refusal)")
    }

    @Test(arguments: [
        (
            "globalBatch: 100",
            "training.globalBatch: 100 is not a multiple of gradientLeaves (8); use 96 or 104"
        ),
        (
            "globalBatch: 8, gradientLeaves: 16, microBatch: 1",
            "training.globalBatch: 8 is not a multiple of gradientLeaves (16); use 16"
        ),
        (
            "globalBatch: 64, microBatch: 3",
            "training.microBatch: 3 does not divide the leaf of 8 samples (globalBatch 64 / "
                + "gradientLeaves 8); use 2 or 4"
        ),
        (
            "globalBatch: 64, microBatch: 16",
            "training.microBatch: 16 does not divide the leaf of 8 samples (globalBatch 64 / "
                + "gradientLeaves 8); use 8"
        ),
    ])
    func `batch sizes that do not divide are refused with ones that do`(
        training: String, message: String
    ) {
        #expect(refusal("training: {\(training)}") == message)
    }

    @Test(arguments: [
        (16, "32"), (32, nil), (48, "32 or 64"), (64, nil), (256, nil), (512, "256"),
    ])
    func `batch norm groups must be whole micro-batches and divide the batch`(
        group: Int, remedy: String?
    ) {
        let text = refusal(
            "{batchNorm: {statistics: {group: \(group)}}, training: {microBatch: 32}}")
        #expect(
            text
                == (remedy.map {
                    "batchNorm.statistics: a group of \(group) samples must be a multiple of "
                        + "microBatch 32 and divide globalBatch 256; use \($0)"
                } ?? "accepted"))
    }

    @Test func `the minimum probability must be below the maximum`() {
        #expect(
            refusal("initialization: {minimumProbability: 0.9, maximumProbability: 0.9}")
                == "initialization.minimumProbability: 0.9 is not below maximumProbability 0.9")
    }

    @Test(arguments: [false, true])
    func `a source path that begins with a tilde is refused with a remedy`(
        isOverride: Bool
    ) throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/r.yaml"
        let start = "{from: ~/runs/x}"
        try AtomicFile.write(
            "network: mnist\n" + (isOverride ? "" : "initialization: \(start)\n"), to: path)
        let error = #expect(throws: Failure.self) {
            _ = try Recipe(file: path, overrides: isOverride ? ["initialization=\(start)"] : [])
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(error?.subject == "initialization.from")
        let home = ProcessInfo.processInfo.environment["HOME"].map { "\"\($0)/runs/x\"" }
        #expect(
            error?.message
                == "'~/runs/x' is not a path, because only a shell expands ~; write "
                + "\(home ?? "the full path, starting with /"), or './~/runs/x' if that is "
                + "the name")
        for from in ["~", "./~/runs/x"] {
            _ = try Recipe(file: path, overrides: ["initialization={from: \(from)}"])
        }
    }

    @Test func `a missing or binary recipe file is refused`() throws {
        let error = #expect(throws: Failure.self) { _ = try Recipe(file: "/nowhere.yaml") }
        #expect(error?.exitStatus == .inputMissing)
        let folder = try TestFolder()
        let path = "\(folder.path)/r.yaml"
        try AtomicFile.write("{network: mnist, dropout: 0.1}", to: path)
        #expect(try Recipe(file: path).dropout == 0.1)
        try AtomicFile.write([0xFF, 0xFE, 0, 1, 2], to: path)
        let binary = #expect(throws: Failure.self) { _ = try Recipe(file: path) }
        #expect(binary?.exitStatus == .badRecipe)
        #expect(binary?.description.contains("\n") == false)
    }

    @Test
    func `the fingerprint ignores only length, threads, loading, saving and stall limit`() throws {
        let base = try recipe().fingerprint
        for same in [
            "training.epochs=3", "training.steps=5", "training.threads=4",
            "checkpoint.everySteps=7", "checkpoint.keepLatest=2", "watchdog.stallSeconds=0",
            "data.workers=3", "data.cacheMegabytes=1", "data.blockSamples=9", "data.windowBlocks=9",
        ] {
            #expect(try recipe("", same).fingerprint == base, "\(same)")
        }
        var prints: Set<String> = [base]
        let others = [
            "weights=binary", "weights={model: gumbel-ternary, temperature: 0.2}",
            "weights={model: gumbel-ternary, temperature: 0.3}", "training.globalBatch=512",
            "training.gradientLeaves=4", "training.microBatch=16", "training.tail=keep",
            "training.seed=2", "optimizer.learningRate=0.02", "optimizer.beta1=0.8",
            "optimizer.beta2=0.9", "optimizer.epsilon=1e-7", "schedule.dropAtEpochs=[]",
            "schedule.factor=0.2", "regularization.probabilityDecay=0", "regularization.beta=1",
            "regularization.weightDecay=0", "initialization.from=x",
            "initialization.minimumProbability=0.1", "initialization.maximumProbability=0.9",
            "initialization.coldStart=balanced", "batchNorm.statistics={group: 64}",
            "batchNorm.epsilon=1", "batchNorm.momentum=0.5", "dropout=0", "reduction=fast",
            "validation.everyEpochs=2", "validation.draws=2", "validation.weights=likeliest",
            "validation.reestimateBatches=1", "augmentation.pad=4", "augmentation.crop=28",
            "augmentation.flip=true", "augmentation.brightness=0.1", "augmentation.contrast=[1, 2]",
            "augmentation.standardize=image", "augmentation.standardize=set",
            "augmentation.standardize={mean: [0], deviation: [1]}",
            "augmentation={crop: 28, shorterSide: 28}", "augmentation={crop: 28, shorterSide: 29}",
            "data.shuffle=block", "data={shuffle: block, blockSamples: 9}",
            "data={shuffle: block, windowBlocks: 9}", "data.samples=300",
        ]
        for other in others { prints.insert(try recipe("", other).fingerprint) }
        #expect(prints.count == others.count + 1)
    }

    @Test func `the learning rate drops at the start of each listed epoch`() throws {
        let schedule = try recipe("schedule: {dropAtEpochs: [2, 5], factor: 0.5}").schedule
        #expect((0..<7).map(schedule.scale(epoch:)) == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
        let none = try recipe("schedule: {dropAtEpochs: []}").schedule
        #expect(none.scale(epoch: 1000) == 1)
        // The order of the list does not matter; an epoch that is listed twice drops twice.
        let twice = try recipe("schedule: {dropAtEpochs: [5, 2, 2], factor: 0.5}").schedule
        #expect((1..<7).map(twice.scale(epoch:)) == [1, 0.25, 0.25, 0.25, 0.125, 0.125])
    }
}
