package import LRNetCollectives
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The exchanges of one rank in a training step with exact sums, planned without starting ranks.
///
/// The plan follows the exchanges that the layers begin, so it is exact for any number of ranks and
/// machines. With R ranks in groups of r0, r1, ..., nodes k0, k1, ... of this rank before each
/// stage, slices of n / R values, pieces of p values, the rank sends
///
///     a sum of n values to slices:        sum of (r_s - 1) k_s n / (r0 ... r_s) values
///     the slices to every rank:           (R - 1) n / R
///     rows of w values of B samples:      (R - 1) w B / R
///     a small sum of w Doubles:           its nodes in each of ceil(log2 R) rounds
///
/// to sum(r_s - 1) partners. What a partner receives in a stage takes ceil(its values / p) messages
/// for each node. Of these values, a machine with r0 ranks sends to other machines what one rank
/// alone would. Collective calls (agreement, decision) are counted; their bytes are not.
package struct StepPlan: Sendable {
    /// The purpose of an exchange.
    package enum Kind: String, Sendable, CaseIterable {
        case gradients = "sums of gradients"
        case parameters = "new parameters"
        case rows = "rows of wide layers"
        case batchNorm = "batch norm"
        case status = "loss and flags"

        /// True if the exchange continues while layers compute.
        package var overlaps: Bool { self != .batchNorm && self != .status }
    }

    /// One exchange of the step.
    package struct Exchange: Sendable {
        package let kind: Kind

        /// The messages that the rank sends, by partner. `stage` is the round.
        package let messages: [PlannedMessages]
    }

    /// The maximum number of values in a message.
    private static let pieceCount = GradientReducer.pieceCount

    package let groups: RankGroups
    package let rank: Int

    /// In the order in which they begin, except that small sums come last.
    package private(set) var exchanges: [Exchange] = []

    /// The number of collective calls.
    package let collectiveCount: Int

    private let recipe: Recipe

    /// Plans a step on a whole batch.
    ///
    /// - Parameters:
    ///   - network: A network with memory reserved for the recipe's global batch.
    ///   - groups: The ranks and their machines, which need not exist.
    /// - Precondition: The number of ranks does not exceed the number of leaves.
    package init(network: Network, recipe: Recipe, groups: RankGroups, rank: Int = 0) {
        let leaves = recipe.training.gradientLeaves
        let ranks = groups.rankCount
        precondition(ranks <= leaves, "\(ranks) ranks for \(leaves) leaves")
        self.rank = rank
        self.groups = groups
        self.recipe = recipe
        collectiveCount = ranks == 1 ? 0 : 2
        if ranks == 1 { return }
        planLargeSums(network)
        planSmallSums(network)
    }

    /// The messages and bytes that the rank sends.
    package var traffic: Traffic {
        var sum = Kind.allCases.map(traffic).reduce(Traffic(), +)
        sum.collectiveCount = collectiveCount
        return sum
    }

    /// Returns the messages and bytes of one kind of exchange.
    package func traffic(_ kind: Kind) -> Traffic {
        exchanges.filter { $0.kind == kind }.map { Traffic($0.messages) }.reduce(Traffic(), +)
    }

    // MARK: Large sums

    private mutating func planLargeSums(_ network: Network) {
        var bucket = SumBucket()
        for part in network.exchanges.flatMap(\.parts) {
            switch part {
            case .rows(_, let width): addRows(width: width)
            case .sum(let sum): bucket.add(sum).forEach { add($0) }
            case .shares(let parameter, let unit):
                addGather(parameter.value.count, alignment: unit)
            }
        }
        bucket.takeRest().forEach { add($0) }
    }

    private mutating func add(_ sum: GradientSum) {
        let (count, alignment) = (sum.range.count, sum.unit ?? SlicePartition.alignment)
        let leaves = recipe.training.gradientLeaves
        append(
            .gradients,
            ReductionPlan(
                rank: rank,
                slices: SlicePartition(count: count, groups: groups, alignment: alignment),
                leafCount: leaves, tree: LeafTree(count: leaves), pieceCount: Self.pieceCount
            ).messages)
        if sum.unit == nil { addGather(count, alignment: alignment) }
    }

    private mutating func addGather(_ count: Int, alignment: Int) {
        let slices = SlicePartition(count: count, groups: groups, alignment: alignment)
        append(
            .parameters,
            GatherPlan(rank: rank, slices: slices, pieceCount: Self.pieceCount).messages)
    }

    private mutating func addRows(width: Int) {
        let training = recipe.training
        let lengths = (0..<groups.rankCount).map { rank in
            LeafTree.run(
                of: rank, ranks: groups.rankCount, leafCount: training.gradientLeaves
            ).count * training.leafSize * width
        }
        append(
            .rows,
            GatherPlan(
                rank: rank, rows: RowPartition(lengths: lengths), groups: groups,
                pieceCount: Self.pieceCount
            ).messages)
    }

    // MARK: Small sums

    private mutating func planSmallSums(_ network: Network) {
        let leaves = recipe.training.gradientLeaves
        let layout = recipe.layout(
            globalCount: recipe.training.globalBatch,
            leafRun: LeafTree.run(of: rank, ranks: groups.rankCount, leafCount: leaves))
        // Draws that are only scored have no backward pass.
        var scoredCount = 0
        if case .scoreFunction(let draws) = recipe.model.gradientRule { scoredCount = draws - 1 }
        for layer in network.batchNorms {
            let (division, channels) = (layer.division(layout), layer.outputShape.channels)
            for sum in division.forwardSums(channels: channels, isTraining: true)
                + division.backwardSums(channels: channels)
            {
                addSmallSum(.batchNorm, sum.rows, width: sum.width)
            }
            for sum in division.forwardSums(channels: channels, isTraining: false) {
                for _ in 0..<scoredCount { addSmallSum(.batchNorm, sum.rows, width: sum.width) }
            }
        }
        for _ in 0...scoredCount {
            addSmallSum(
                .status, StatusExchange.rows(leafCount: leaves, ranks: groups.rankCount),
                width: StatusExchange.width)
        }
    }

    private mutating func addSmallSum(_ kind: Kind, _ rows: GroupedRows, width: Int) {
        append(kind, RowReduction.messages(of: rows, width: width, rank: rank, groups: groups))
    }

    private mutating func append(_ kind: Kind, _ messages: [PlannedMessages]) {
        exchanges.append(Exchange(kind: kind, messages: messages))
    }
}
