internal import LRNetCollectives
internal import LRNetData
internal import LRNetDiagnostics
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The plan that `--dry-run` prints. Before it is made, everything that a start checks and every
/// shard that training would read is checked.
package struct RunPlan {
    /// The lines of the plan.
    package let text: String

    /// Checks recipe, data, source and folder, and plans the run. Writes nothing.
    ///
    /// - Parameters:
    ///   - options: The run's options; an empty `output` is ignored.
    ///   - ranks: The number of ranks of the run.
    ///   - progress: Called with the number of shards checked and the number of all shards.
    /// - Throws: The error that training would throw.
    package init(
        recipe: Recipe, options: Trainer.Options, ranks: Int = 1,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        try RankContext.check(recipe, ranks: ranks)
        let path = options.data
        let set = try ShardSet(directory: path)
        try TrainingData.check(set, recipe)
        try BatchNormCheck.check(recipe, sampleCount: recipe.trainingCount(of: set))
        let sequence = BatchSequence(recipe: recipe, sampleCount: recipe.trainingCount(of: set))
        let network = recipe.makeNetwork(classes: set.classes)
        let training = recipe.training
        let splits = DataSplit.allCases.map { "\($0) \(TextTable.grouped(set.count($0)))" }
        // The advice for one rank; with more ranks, each needs less memory.
        let warnings = DataAdvice(recipe: recipe, set: set, leafCount: training.gradientLeaves)
            .lines.map { "warning: \($0)\n" }.joined()
        let initial = try SourceNetwork.initialize(
            network, recipe: recipe, group: SingleProcessGroup())
        let source = initial.rows.map { $0 + "\n" }.joined()
        let start = try Self.start(recipe, options, initial.origin, set: set, sequence: sequence)
        try set.checkShards(of: Self.splits(recipe), progress: progress)
        let averages = AverageAdvice(
            recipe: recipe, network: network, steps: sequence.totalSteps
        ).lines.map { "warning: \($0)\n" }.joined()
        text =
            NetworkTable(network).text + (source.isEmpty ? "" : "\n" + source) + """

                data        \(path): \(splits.joined(separator: ", ")); \(set.shape), \
                \(set.classes) classes
                inputs      \(recipe.augmentation.summary)
                length      \(TextTable.grouped(sequence.totalSteps)) steps, \
                \(sequence.stepsPerEpoch) per epoch
                batch       \(training.globalBatch) = \(training.gradientLeaves) leaves of \
                \(training.leafSize), micro-batches of \(training.microBatch); at most \
                \(training.gradientLeaves) ranks
                placement   \(Self.placement(training, ranks: ranks))
                start       \(start)

                Communication of a step, by the number of ranks:
                \(ExchangeTable(network: network, recipe: recipe, ranks: ranks).text)
                dry run: recipe, data and start are good; nothing was written

                """ + warnings + averages
    }

    /// Returns the splits that training reads.
    private static func splits(_ recipe: Recipe) -> [DataSplit] {
        recipe.validation.everyEpochs > 0 ? [.train, .validation, .test] : [.train]
    }

    /// Returns the start of the run in words; throws if training would reject its folder.
    private static func start(
        _ recipe: Recipe, _ options: Trainer.Options, _ origin: String?, set: ShardSet,
        sequence: BatchSequence
    ) throws -> String {
        let fresh = "fresh, " + (origin ?? "cold")
        guard !options.output.isEmpty else { return fresh }
        let recorded = try RecordedRun(
            path: options.output, recipe: recipe, resume: options.resume,
            stepsPerEpoch: sequence.stepsPerEpoch)
        guard let step = recorded.step, step > 0 else { return fresh }
        let store = CheckpointStore(runFolder: options.output)
        guard let loaded = try? store.load("latest") else {
            return "the newest good checkpoint before step \(step), which is damaged"
        }
        let file = try HDF5File.open(image: loaded.bytes, named: "checkpoint")
        let changes = try RunStart.check(
            Checkpoint.header(of: file), recipe: recipe, data: set, run: options.output)
        let list = changes.map(\.description).joined(separator: ", ")
        guard loaded.step < sequence.totalSteps else {
            return BatchSequence.endNote(step: loaded.step, of: sequence.totalSteps)
        }
        return "resumes from step \(loaded.step)" + (list.isEmpty ? "" : " with \(list)")
    }

    /// Describes the ranks and threads and, if some have no leaf to work on, how many are idle.
    private static func placement(_ training: Recipe.Training, ranks: Int) -> String {
        let (threads, leaves) = (training.threads, training.gradientLeaves)
        let all =
            "\(PlacementCheck.counted(ranks, "rank")) x \(PlacementCheck.counted(threads, "thread"))"
        let busy = (0..<ranks).map { rank in
            let run = LeafTree.run(of: rank, ranks: ranks, leafCount: leaves)
            return min(run.count * WorkDivision.largestPartCount, threads)
        }.reduce(0, +)
        if busy == ranks * threads { return "\(all) (up to \(leaves) ranks can share a batch)" }
        return
            "\(all): \(ranks * threads - busy) of them idle most of a step, because a batch has "
            + "\(leaves) leaves; use fewer, or raise training.gradientLeaves (which changes the "
            + "results)"
    }
}
