package import LRNetCollectives
internal import LRNetDiagnostics
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The resources of one rank that every pass uses: group, threads and leaves.
package final class RankContext {
    package let group: any ProcessGroup
    package let recipe: Recipe
    let pool: ThreadPool
    package let leafRun: Range<Int>
    package let statistics: GroupStatistics
    let status: StatusExchange

    /// - Parameters:
    ///   - threadOption: The option that the user should lower if the system cannot create that
    ///     many threads; named in the error.
    ///   - schedule: A plan of more threads, which is made instead of using threads.
    /// - Throws: `Failure` if there are more ranks than leaves, if threads cannot be created, or if
    ///   the recipe requires matrix tiles that the operating system refuses.
    package init(
        group: any ProcessGroup, recipe: Recipe, threadOption: String = "training.threads",
        schedule: ThreadSchedule? = nil
    ) throws {
        try Self.check(recipe, ranks: group.size)
        if recipe.training.precision == .mixed { try BFloatProduct.checkSupport() }
        let leaves = recipe.training.gradientLeaves
        self.group = group
        self.recipe = recipe
        let threads = recipe.training.threads
        pool =
            try schedule.map { ThreadPool(planning: $0) }
            ?? .computing(
                threads: threads, cores: ProcessAffinity.cores(),
                remedy: "lower \(threadOption) (\(threads))")
        leafRun = LeafTree.run(of: group.rank, ranks: group.size, leafCount: leaves)
        statistics = GroupStatistics(group: group)
        status = StatusExchange(group: group)
    }

    /// - Throws: `Failure` (78) if there are more ranks than leaves.
    static func check(_ recipe: Recipe, ranks: Int) throws {
        let leaves = recipe.training.gradientLeaves
        guard ranks <= leaves else {
            throw Failure(
                call: "recipe", subject: "training.gradientLeaves",
                message: "\(leaves) leaves cannot be shared by \(ranks) ranks; start at most "
                    + "\(leaves) ranks or raise gradientLeaves (which changes the results)",
                exitStatus: .badRecipe)
        }
    }

    /// The maximum number of samples that this rank processes at a time. It is the same on every
    /// rank: which ranks have one leaf more than others depends on the number of leaves.
    package var capacity: Int {
        let leaves = recipe.training.gradientLeaves
        return (leaves + group.size - 1) / group.size * recipe.training.leafSize
    }

    /// Allocates the memory that a network needs on this rank.
    package func reserve(_ network: Network) {
        network.reserve(
            sampleCount: capacity, microBatch: recipe.training.microBatch,
            workerCount: pool.threadCount, globalCount: recipe.training.globalBatch)
    }

    /// Returns the layout of this rank's part of a training batch.
    package func layout(globalCount: Int) -> BatchLayout {
        recipe.layout(globalCount: globalCount, leafRun: leafRun)
    }

    /// Returns the layout of this rank's part of a batch that is only measured. The leaves that are
    /// present are dealt evenly. The owner of a leaf does not matter, because leaves are added in
    /// tree order.
    package func measuringLayout(globalCount: Int) -> BatchLayout {
        let training = recipe.training
        let leaves = (globalCount + training.leafSize - 1) / training.leafSize
        return BatchLayout(
            globalCount: globalCount, leafSize: training.leafSize,
            microBatch: training.microBatch,
            leafRun: LeafTree.run(of: group.rank, ranks: group.size, leafCount: leaves),
            dealtLeafCount: leaves)
    }

    /// Returns a pass without gradients.
    func pass(_ mode: Pass.Mode, layout: BatchLayout) -> Pass {
        Pass(
            mode: mode, seed: recipe.training.seed, layout: layout, pool: pool,
            statistics: statistics)
    }
}
