package import LRNetCollectives
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A model of the messages that one rank sends in a training step with exact sums.
///
/// It counts the exchanges that the layers begin, so it can predict the traffic of more ranks than
/// are available.
///
/// With R ranks, k nodes on this rank, slices of n / R values, pieces of p values, it sends
///
///     a sum of n values, for every rank:    (R - 1) (k + 1) n / R values
///     a sum in shares, then the parameters: (R - 1) k n / R, and (R - 1) n / R for each tensor
///     rows of w values of B samples:        (R - 1) w B / R
///
/// and each slice takes ceil(n / R / p) messages.
/// Collective calls (batch-norm sums, status, agreement, decision) are counted; their bytes are
/// not.
package struct StepTraffic {
    /// The maximum number of values in a message.
    private static let pieceCount = GradientReducer.pieceCount

    private let rank: Int
    private let ranks: Int
    private let recipe: Recipe
    private let nodeCount: Int

    /// Messages and bytes that the rank sends.
    package private(set) var traffic = Traffic()

    /// Plans a step on a whole batch.
    ///
    /// - Parameter network: A network with memory reserved for the recipe's global batch.
    /// - Precondition: The number of ranks does not exceed the number of leaves.
    package init(network: Network, recipe: Recipe, ranks: Int, rank: Int = 0) {
        let leaves = recipe.training.gradientLeaves
        precondition(ranks <= leaves, "\(ranks) ranks for \(leaves) leaves")
        self.rank = rank
        self.ranks = ranks
        self.recipe = recipe
        nodeCount =
            LeafTree(count: leaves)
            .nodes(covering: LeafTree.run(of: rank, ranks: ranks, leafCount: leaves)).count
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
        let slices = SlicePartition(count: count, ranks: ranks, alignment: alignment)
        for peer in 0..<ranks where peer != rank { add(slices[peer].count, copies: nodeCount) }
        if sum.unit == nil { addGather(count, alignment: alignment) }
    }

    private mutating func addGather(_ count: Int, alignment: Int) {
        let slices = SlicePartition(count: count, ranks: ranks, alignment: alignment)
        add(slices[rank].count, copies: ranks - 1)
    }

    private mutating func addRows(width: Int) {
        let leaves = LeafTree.run(
            of: rank, ranks: ranks, leafCount: recipe.training.gradientLeaves)
        add(leaves.count * recipe.training.leafSize * width, copies: ranks - 1)
    }

    private mutating func add(_ count: Int, copies: Int) {
        traffic.messageCount += copies * ((count + Self.pieceCount - 1) / Self.pieceCount)
        traffic.byteCount += copies * count * MemoryLayout<Float>.stride
    }
}
