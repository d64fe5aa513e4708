package import LRNetCollectives
package import LRNetLayers
internal import LRNetSupport

/// What one rank sends in a training step with exact sums, as its exchanges would plan it: the model
/// by which runs on more ranks than there are can be judged.
///
/// With R ranks, k nodes of this rank, slices of n / R values, pieces of p values:
///
///     a sum of n values, wanted by all:     (R - 1) (k + 1) n / R values, ceil(n / R / p) messages each
///     a sum in shares, then the parameters: (R - 1)  k      n / R, and (R - 1) n / R for each tensor
///     rows of w values of B samples:        (R - 1) w B / R
///
/// Collective calls (batch norm's sums, status, agreement, decision) are counted; their bytes are not.
package struct StepTraffic {
    /// The most values of a message.
    private static let pieceCount = GradientReducer.pieceCount

    private let rank: Int
    private let ranks: Int
    private let recipe: Recipe
    private let nodeCount: Int

    /// Messages and bytes of the rank.
    package private(set) var traffic = Traffic()

    /// Plans a step of a whole batch.
    ///
    /// - Parameter network: With memory reserved for the recipe's global batch.
    /// - Precondition: There are at most as many ranks as leaves.
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
        var end = 0
        let ends = Dictionary(
            uniqueKeysWithValues: network.layers.map { layer in
                end += layer.gradientCount
                return (ObjectIdentifier(layer), end)
            })
        // Sums that every rank wants are joined as GradientReducer joins them.
        var bucket = 0..<0
        for case let layer as WeightedLayer in Self.backwardOrder(network.stages) {
            let exchanged = layer.exchanged
            for width in exchanged.rowWidths { addRows(width: width) }
            for (count, unit) in exchanged.shares { addGather(count, alignment: unit) }
            var end = ends[ObjectIdentifier(layer)] ?? 0
            for (count, unit) in exchanged.sums {
                let range = end - count..<end
                end -= count
                if unit != nil || range.upperBound != bucket.lowerBound { addSum(&bucket) }
                if let unit {
                    addReduction(count, alignment: unit)
                } else {
                    bucket =
                        range.lowerBound..<(bucket.isEmpty ? range.upperBound : bucket.upperBound)
                    if bucket.count >= GradientReducer.bucketCount { addSum(&bucket) }
                }
            }
        }
        addSum(&bucket)
    }

    /// Layers in the order of their backward passes.
    private static func backwardOrder(_ layers: [any Layer]) -> [any Layer] {
        layers.reversed().flatMap { layer -> [any Layer] in
            guard let block = layer as? ResidualBlock else { return [layer] }
            return backwardOrder(block.body) + backwardOrder(block.shortcut)
        }
    }

    /// A sum that every rank wants; none if empty.
    private mutating func addSum(_ range: inout Range<Int>) {
        addReduction(range.count, alignment: SlicePartition.alignment)
        addGather(range.count, alignment: SlicePartition.alignment)
        range = 0..<0
    }

    private mutating func addReduction(_ count: Int, alignment: Int) {
        let slices = SlicePartition(count: count, ranks: ranks, alignment: alignment)
        for peer in 0..<ranks where peer != rank { add(slices[peer].count, copies: nodeCount) }
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
