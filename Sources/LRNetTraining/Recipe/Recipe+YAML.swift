internal import Foundation
internal import LRNetLayers
internal import LRNetSupport
internal import Yams

extension Recipe {
    /// Reads a recipe file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: `section.key=value` each, applied over the file in order.
    /// - Throws: `Failure` naming file, key, value and remedy.
    public init(file path: String, overrides: [String] = []) throws {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(path)
        } catch let failure as Failure {
            throw Failure(
                call: "recipe", subject: path,
                message: "cannot be read (\(failure)); recipes are in launch/recipes",
                exitStatus: .inputMissing)
        }
        try self.init(
            yaml: String(decoding: bytes, as: UTF8.self), file: path, overrides: overrides)
    }

    /// Reads a recipe.
    ///
    /// - Parameter file: Its name, for messages.
    public init(yaml: String, file: String, overrides: [String] = []) throws {
        func failure(_ subject: String, _ message: String) -> Failure {
            Failure(
                call: "recipe \(file)", subject: subject, message: message, exitStatus: .badRecipe)
        }
        var root: Node
        do {
            root = try Yams.compose(yaml: yaml) ?? Node([(Node, Node)]())
        } catch {
            let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            throw failure("the file", "is no YAML: \(line)")
        }
        for override in overrides {
            let equals = override.firstIndex(of: "=") ?? override.startIndex
            let keys = override[..<equals].split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            guard keys.allSatisfy({ !$0.isEmpty }) else {
                throw Failure(
                    call: "--set", subject: "'\(override)'",
                    message: "write section.key=value, such as training.steps=50",
                    exitStatus: .usage)
            }
            let text = String(override[override.index(after: equals)...])
            let value = (try? Yams.compose(yaml: text)).flatMap { $0 } ?? Node(text)
            root = Self.replacing(root, keys[...], with: value)
        }
        self.init()
        try read(RecipeSection(file: file, node: root))
        try check(failure)
    }

    private static func replacing(
        _ node: Node, _ keys: ArraySlice<String>, with value: Node, word: String? = nil
    ) -> Node {
        guard let first = keys.first else { return value }
        var pairs = node.mapping.map { $0.map { ($0.key, $0.value) } } ?? []
        if let word, let name = node.string { pairs = [(Node(word), Node(name))] }
        let old = pairs.first { $0.0.string == first }?.1
        pairs.removeAll { $0.0.string == first }
        // `weights: twn` is short for `weights: {model: twn}`.
        let inner = replacing(
            old ?? Node([(Node, Node)]()), keys.dropFirst(), with: value,
            word: word == nil ? ["weights": "model", "network": "name"][first] : nil)
        pairs.append((Node(first), inner))
        return Node(pairs)
    }

    private mutating func read(_ root: RecipeSection) throws {
        try network.read(root.section("network", orWord: "name"))
        try readMethod(root)
        try augmentation.read(root.section("augmentation"))
        try data.read(root.section("data"))
        try readTraining(root)
        try readNetwork(root)
        let validationSection = try root.section("validation")
        try validationSection.read("everyEpochs", &validation.everyEpochs, in: 0...)
        try validationSection.read("draws", &validation.draws, in: 1...)
        try validationSection.read("weights", &validation.weights)
        try validationSection.read("reestimateBatches", &validation.reestimateBatches, in: 0...)
        try validationSection.finish()
        let checkpointSection = try root.section("checkpoint")
        try checkpointSection.read("everySteps", &checkpoint.everySteps, in: 1...)
        try checkpointSection.read("everyMinutes", &checkpoint.everyMinutes, above: 0)
        try checkpointSection.read("keepLatest", &checkpoint.keepLatest, in: 2...)
        try checkpointSection.finish()
        try root.read("reduction", &reduction)
        let watchdogSection = try root.section("watchdog")
        try watchdogSection.read("stallSeconds", &watchdog.stallSeconds, in: 0...)
        try watchdogSection.finish()
        try root.finish()
    }

    private mutating func readMethod(_ root: RecipeSection) throws {
        try weights.read(root.section("weights", orWord: "model"))
        let start = try root.section("initialization")
        try start.read("from", &initialization.from)
        try start.read("minimumProbability", &initialization.minimumProbability, from: 0, below: 1)
        try start.read("maximumProbability", &initialization.maximumProbability, from: 0, below: 1)
        try start.read("coldStart", &initialization.coldStart)
        try start.finish()
        let strengths = try root.section("regularization")
        try strengths.read("probabilityDecay", &regularization.probabilityDecay, from: 0)
        try strengths.read("beta", &regularization.beta, from: 0)
        try strengths.read("weightDecay", &regularization.weightDecay, from: 0)
        try strengths.finish()
    }

    private mutating func readTraining(_ root: RecipeSection) throws {
        let section = try root.section("training")
        try section.read("epochs", &training.epochs, in: 1...)
        try section.read("steps", &training.steps, in: 1...)
        try section.read("maxMinutes", &training.maxMinutes, above: 0)
        try section.read("globalBatch", &training.globalBatch, in: 1...)
        try section.read("gradientLeaves", &training.gradientLeaves, in: 1...)
        try section.read("microBatch", &training.microBatch, in: 1...)
        try section.read("tail", &training.tail)
        try section.read("seed", &training.seed)
        try section.read("threads", &training.threads, in: 1...)
        try section.read("convolutions", &training.convolutions)
        try section.finish()
        let optimizerSection = try root.section("optimizer")
        try optimizerSection.read("name", &optimizer.name)
        try optimizerSection.read("learningRate", &optimizer.learningRate, from: 0)
        switch optimizer.name {
        case .adam:
            try optimizerSection.read("beta1", &optimizer.beta1, from: 0, below: 1)
            try optimizerSection.read("beta2", &optimizer.beta2, from: 0, below: 1)
            try optimizerSection.read("epsilon", &optimizer.epsilon, from: 0, excludingLow: true)
        case .sgd: try optimizerSection.read("momentum", &optimizer.momentum, from: 0, below: 1)
        }
        try optimizerSection.finish()
        let scheduleSection = try root.section("schedule")
        try scheduleSection.read("dropAtEpochs", &schedule.dropAtEpochs, in: 0...)
        try scheduleSection.read("factor", &schedule.factor, from: 0)
        try scheduleSection.read(
            "epochFactor", &schedule.epochFactor, from: 0, excludingLow: true)
        try scheduleSection.finish()
    }

    private mutating func readNetwork(_ root: RecipeSection) throws {
        let section = try root.section("batchNorm")
        if let node = section.node("statistics") {
            if node.string == "synchronized" {
                batchNorm.statistics = .synchronized
            } else if let mapping = node.mapping, mapping.count == 1,
                let size = mapping["group"]?.string.flatMap({ Int($0) }), size > 0
            {
                batchNorm.statistics = .group(size)
            } else {
                throw section.failure(
                    "statistics", node, "is neither synchronized nor {group: 128}")
            }
        }
        try section.read("epsilon", &batchNorm.epsilon, from: 0, excludingLow: true)
        try section.read("momentum", &batchNorm.momentum, from: 0, below: 1)
        try section.finish()
        try root.read("dropout", &dropout, from: 0, below: 1)
        try root.read("loss", &loss)
    }

    /// What no single key can be blamed for.
    private func check(_ failure: (String, String) -> Failure) throws {
        try checkAugmentation(failure)
        if let problem = weights.model.problem(with: architecture) {
            throw failure("weights.model", problem)
        }
        let batch = training.globalBatch
        guard batch % training.gradientLeaves == 0 else {
            throw failure(
                "training.gradientLeaves",
                "\(training.gradientLeaves) does not divide globalBatch \(batch)")
        }
        if let samples = data.samples, samples < batch {
            throw failure("data.samples", "\(samples) is fewer than globalBatch \(batch)")
        }
        guard training.leafSize % training.microBatch == 0 else {
            throw failure(
                "training.microBatch",
                "\(training.microBatch) does not divide the leaf of \(training.leafSize) samples "
                    + "(globalBatch \(batch) / gradientLeaves \(training.gradientLeaves))")
        }
        if case .group(let size) = batchNorm.statistics {
            guard size % training.microBatch == 0 && batch % size == 0 else {
                throw failure(
                    "batchNorm.statistics",
                    "a group of \(size) samples must be a multiple of microBatch "
                        + "\(training.microBatch) and divide globalBatch \(batch)")
            }
        }
        guard initialization.minimumProbability < initialization.maximumProbability else {
            throw failure(
                "initialization.minimumProbability",
                "\(initialization.minimumProbability) is not below maximumProbability "
                    + "\(initialization.maximumProbability)")
        }
    }

    /// The recipe with every key, in the order of the documentation.
    public var yaml: String {
        decidingYAML + "watchdog:\n  stallSeconds: \(watchdog.stallSeconds)\n"
    }

    /// The recipe without what never reaches a number.
    private var decidingYAML: String {
        let statistics: String
        switch batchNorm.statistics {
        case .synchronized: statistics = "synchronized"
        case .group(let size): statistics = "{group: \(size)}"
        }
        let constants =
            optimizer.name == .sgd
            ? "momentum: \(optimizer.momentum)"
            : "beta1: \(optimizer.beta1)\n  beta2: \(optimizer.beta2)\n  epsilon: "
                + "\(optimizer.epsilon)"
        let everyEpoch =
            schedule.epochFactor == 1 ? "" : "\n  epochFactor: \(schedule.epochFactor)"
        let otherLoss = loss == .crossEntropy ? "" : "\nloss: \(loss.rawValue)"
        let minutes = checkpoint.everyMinutes.map { "\n  everyMinutes: \($0)" } ?? ""
        let steps =
            (training.steps.map { "\n  steps: \($0)" } ?? "")
            + (training.maxMinutes.map { "\n  maxMinutes: \($0)" } ?? "")
        let source = initialization.from.map { "\n  from: \(Self.quoted($0))" } ?? ""
        return """
            network:\(network.yaml.first == "\n" ? "" : " ")\(network.yaml)
            weights: \(weights.yaml)
            \(augmentation.yaml)
            \(data.yaml)
            training:
              epochs: \(training.epochs)\(steps)
              globalBatch: \(training.globalBatch)
              gradientLeaves: \(training.gradientLeaves)
              microBatch: \(training.microBatch)
              tail: \(training.tail.rawValue)
              seed: \(training.seed)
              threads: \(training.threads)
              convolutions: \(training.convolutions.rawValue)
            optimizer:
              name: \(optimizer.name.rawValue)
              learningRate: \(optimizer.learningRate)
              \(constants)
            schedule:
              dropAtEpochs: \(schedule.dropAtEpochs)
              factor: \(schedule.factor)\(everyEpoch)
            regularization:
              probabilityDecay: \(regularization.probabilityDecay)
              beta: \(regularization.beta)
              weightDecay: \(regularization.weightDecay)
            initialization:\(source)
              minimumProbability: \(initialization.minimumProbability)
              maximumProbability: \(initialization.maximumProbability)
              coldStart: \(initialization.coldStart.rawValue)
            batchNorm:
              statistics: \(statistics)
              epsilon: \(batchNorm.epsilon)
              momentum: \(batchNorm.momentum)
            dropout: \(dropout)\(otherLoss)
            validation:
              everyEpochs: \(validation.everyEpochs)
              draws: \(validation.draws)
              weights: \(validation.weights.rawValue)
              reestimateBatches: \(validation.reestimateBatches)
            checkpoint:
              everySteps: \(checkpoint.everySteps)\(minutes)
              keepLatest: \(checkpoint.keepLatest)
            reduction: \(reduction.rawValue)

            """
    }

    /// A hash of what decides a run's numbers: all but its length, threads, memory,
    /// checkpoints and watchdog.
    ///
    /// A folder holds one run; a recipe with the same fingerprint continues it, further if it says
    /// so.
    public var fingerprint: String { ContentHash.of(fingerprintedYAML) }

    /// What ``fingerprint`` is a hash of.
    var fingerprintedYAML: String {
        var recipe = self
        recipe.training.epochs = 1
        recipe.training.steps = nil
        recipe.training.maxMinutes = nil
        recipe.training.threads = 1
        recipe.data.workers = 1
        recipe.data.cacheMegabytes = DataReading().cacheMegabytes
        if data.shuffle == .full {
            // Without blocks their size decides nothing.
            recipe.data.blockSamples = DataReading().blockSamples
            recipe.data.windowBlocks = DataReading().windowBlocks
        }
        recipe.checkpoint = Checkpoint()
        return recipe.decidingYAML
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
