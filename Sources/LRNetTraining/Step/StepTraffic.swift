package import LRNetCollectives
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A model of the messages that one rank sends in a training step with exact sums.
///
/// It counts the exchanges that the layers begin, so it can predict the traffic of more ranks than
/// are available.
///
/// With R ranks in groups of r0, r1, ..., nodes k0, k1, ... of this rank before each stage, slices
/// of n / R values, pieces of p values, it sends
///
///     a sum of n values to slices:        sum of (r_s - 1) k_s n / (r0 ... r_s) values
///     the slices to every rank:           (R - 1) n / R
///     rows of w values of B samples:      (R - 1) w B / R
///
/// to sum(r_s - 1) partners. A slice takes ceil(its values / p) messages, and the rows of each rank
/// are messages of their own. Of these values, a machine with r0 ranks sends to other machines what
/// one rank alone would.
///
/// Collective calls (batch-norm sums, status, agreement, decision) are counted; their bytes are
/// not.
package struct StepTraffic {
    /// The maximum number of values in a message.
    private static let pieceCount = GradientReducer.pieceCount

    private let rank: Int
    private let groups: RankGroups
    private let recipe: Recipe

    /// Messages and bytes that the rank sends.
    package private(set) var traffic = Traffic()

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
        if ranks == 1 { return }
        traffic.collectiveCount = 2 * network.batchNorms.count + 3
        plan(network)
    }

    private mutating func plan(_ network: Network) {
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
        add(
            ReductionPlan(
                rank: rank,
                slices: SlicePartition(count: count, groups: groups, alignment: alignment),
                leafCount: leaves, tree: LeafTree(count: leaves), pieceCount: Self.pieceCount
            ).messages)
        if sum.unit == nil { addGather(count, alignment: alignment) }
    }

    private mutating func addGather(_ count: Int, alignment: Int) {
        let slices = SlicePartition(count: count, groups: groups, alignment: alignment)
        add(GatherPlan(rank: rank, slices: slices, pieceCount: Self.pieceCount).messages)
    }

    private mutating func addRows(width: Int) {
        let training = recipe.training
        let lengths = (0..<groups.rankCount).map { rank in
            LeafTree.run(
                of: rank, ranks: groups.rankCount, leafCount: training.gradientLeaves
            ).count * training.leafSize * width
        }
        add(
            GatherPlan(
                rank: rank, rows: RowPartition(lengths: lengths), groups: groups,
                pieceCount: Self.pieceCount
            ).messages)
    }

    private mutating func add(_ messages: [PlannedMessages]) {
        traffic = traffic + Traffic(messages)
    }
}
