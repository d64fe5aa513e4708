internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// What a run would do: the text of `--dry-run`.
public struct RunPlan {
    /// The plan, lines of text.
    public let text: String

    /// Checks recipe and data and lays out the run.
    ///
    /// - Throws: What training would throw for the same recipe and data.
    public init(recipe: Recipe, data path: String) throws {
        let set = try ShardSet(directory: path)
        try TrainerSetup.check(set, recipe)
        let sequence = BatchSequence(recipe: recipe, sampleCount: set.count(.train))
        let network = recipe.makeNetwork(classes: set.classes)
        let training = recipe.training
        let splits = DataSplit.allCases.map { "\($0) \(TextTable.grouped(set.count($0)))" }
        let source = try SourceNetwork.table(recipe, network).map { "\n\($0.text)" } ?? ""
        text =
            NetworkTable(network).text + source + """

                data        \(path): \(splits.joined(separator: ", ")); \(set.shape), \
                \(set.classes) classes
                length      \(TextTable.grouped(sequence.totalSteps)) steps, \
                \(sequence.stepsPerEpoch) an epoch
                batch       \(training.globalBatch) = \(training.gradientLeaves) leaves of \
                \(training.leafSize), products of \(training.microBatch) samples; at most \
                \(training.gradientLeaves) ranks x threads
                dry run: recipe and data are good; nothing was written

                """
    }
}
