internal import LRNetCollectives
internal import LRNetData
internal import LRNetDiagnostics
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// What a run would do: the text of `--dry-run`.
public struct RunPlan {
    /// The plan, lines of text.
    public let text: String

    /// Checks recipe and data and lays out the run.
    ///
    /// - Parameter ranks: On which it would run.
    /// - Throws: What training would throw for the same recipe and data.
    public init(recipe: Recipe, data path: String, ranks: Int = 1) throws {
        let set = try ShardSet(directory: path)
        try TrainingData.check(set, recipe)
        let sequence = BatchSequence(recipe: recipe, sampleCount: recipe.trainingCount(of: set))
        let network = recipe.makeNetwork(classes: set.classes)
        let training = recipe.training
        let splits = DataSplit.allCases.map { "\($0) \(TextTable.grouped(set.count($0)))" }
        // As one rank would read; more ranks need less memory each.
        let warnings = DataAdvice(recipe: recipe, set: set, leafCount: training.gradientLeaves)
            .lines.map { "warning: \($0)\n" }.joined()
        let source = try SourceNetwork.table(recipe, network).map { "\n\($0.text)" } ?? ""
        text =
            NetworkTable(network).text + source + """

                data        \(path): \(splits.joined(separator: ", ")); \(set.shape), \
                \(set.classes) classes
                inputs      \(recipe.augmentation.summary)
                length      \(TextTable.grouped(sequence.totalSteps)) steps, \
                \(sequence.stepsPerEpoch) an epoch
                batch       \(training.globalBatch) = \(training.gradientLeaves) leaves of \
                \(training.leafSize), products of \(training.microBatch) samples; at most \
                \(training.gradientLeaves) ranks x threads
                placement   \(Self.placement(training, ranks: ranks))

                What a step exchanges:
                \(ExchangeTable(network: network, recipe: recipe, ranks: ranks).text)
                dry run: recipe and data are good; nothing was written

                """ + warnings
    }

    /// Who finds a leaf to work on.
    private static func placement(_ training: Recipe.Training, ranks: Int) -> String {
        let (threads, leaves) = (training.threads, training.gradientLeaves)
        let all =
            "\(PlacementCheck.counted(ranks, "rank")) x \(PlacementCheck.counted(threads, "thread"))"
        if ranks > leaves { return "\(all): more ranks than \(leaves) leaves, which is refused" }
        let busy = (0..<ranks).map {
            min(LeafTree.run(of: $0, ranks: ranks, leafCount: leaves).count, threads)
        }.reduce(0, +)
        if busy == ranks * threads { return "\(all): each finds a leaf" }
        return
            "\(all): \(ranks * threads - busy) of them idle most of a step, beyond the \(leaves) "
            + "leaves; use fewer, or raise training.gradientLeaves (which makes another run)"
    }
}
