package import LRNetKernels
package import LRNetSupport

/// The additions of the gradients of a process's own leaves: part of the fixed binary tree.
///
/// Indices number the present leaves of this process from 0.
package struct LeafSchedule: Sendable, Equatable {
    /// The leaf that contains the sum of each complete subtree of the range, in order.
    package let nodeLeaves: [Int]

    /// The additions, in order.
    package let additions: [LeafTree.Addition]

    package let leafCount: Int

    /// The memory in which each leaf accumulates.
    let places: [Place]

    /// A vector in which a leaf accumulates.
    enum Place: Sendable, Equatable {
        case node(Int)
        case scratch(Int)
    }

    /// - Precondition: `nodeLeaves` increase.
    package init(leafCount: Int, nodeLeaves: [Int], additions: [LeafTree.Addition]) {
        self.leafCount = leafCount
        self.nodeLeaves = nodeLeaves
        self.additions = additions
        var node = 0
        places = (0..<leafCount).map { leaf in
            guard node < nodeLeaves.count, nodeLeaves[node] == leaf else {
                return .scratch(leaf - node)
            }
            node += 1
            return .node(node - 1)
        }
    }

    /// Creates the schedule of a process that owns the leaves in `run` of `tree`.
    ///
    /// - Parameter run: A contiguous range of leaves; absent leaves are ignored.
    package init(of run: Range<Int>, in tree: LeafTree) {
        let run = run.clamped(to: 0..<tree.count)
        self.init(
            leafCount: run.count,
            nodeLeaves: tree.nodes(covering: run).map {
                tree.leaves(of: $0).lowerBound - run.lowerBound
            }, additions: tree.additions(within: run))
    }

    /// Creates the schedule of a process that owns all of `leafCount` leaves: one node.
    package static func whole(leafCount: Int) -> LeafSchedule {
        LeafSchedule(of: 0..<leafCount, in: LeafTree(count: leafCount))
    }
}

/// The gradients of a step before and during their exchange: one long vector in which each layer
/// owns a range.
///
/// The vector contains gradients of the *moments* of the weights (or of fixed weights and biases),
/// already divided by the size of the global batch. Gradients of logits are computed after the
/// exchange. The first leaf of a node accumulates in the vector of the node, other leaves in
/// scratch that all layers share. A process therefore needs as many whole vectors as it has nodes:
/// one to three. The first of them becomes the total.
package final class GradientStore {
    /// The length of the vector.
    package let count: Int

    /// The exchange that sums nodes over all processes.
    package let exchange: any GradientExchange

    /// The vectors of this process's nodes, in the order of the schedule; the first one becomes
    /// ``total``.
    private var nodeBuffers: [FloatBuffer]
    private var scratch: [FloatBuffer] = []
    private let largestLayer: Int
    private var schedule = LeafSchedule(leafCount: 0, nodeLeaves: [], additions: [])

    /// The number of values that one thread adds at a time.
    private static let grain = 1 << 16

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - count: The length of the vector.
    ///   - largestLayer: The longest range of one layer.
    package init(
        count: Int, largestLayer: Int, exchange: any GradientExchange = LocalGradients()
    ) {
        self.count = count
        self.largestLayer = largestLayer
        self.exchange = exchange
        nodeBuffers = [FloatBuffer(count: count)]
    }

    /// The sum over all leaves of all processes; valid after the exchange.
    package var total: FloatView { nodeBuffers[0].all }

    /// Begins a step. Allocates memory only if the schedule needs more than any earlier one.
    package func begin(_ schedule: LeafSchedule) {
        self.schedule = schedule
        while nodeBuffers.count < schedule.nodeLeaves.count {
            nodeBuffers.append(FloatBuffer(count: count))
        }
        while scratch.count < schedule.leafCount - schedule.nodeLeaves.count {
            scratch.append(FloatBuffer(count: largestLayer))
        }
    }

    /// Returns the memory in which a leaf accumulates a layer's range.
    ///
    /// - Parameters:
    ///   - leaf: The leaf, counted from this process's first one.
    ///   - layer: The layer's range of the vector.
    package func view(leaf: Int, layer: Range<Int>) -> FloatView {
        switch schedule.places[leaf] {
        case .node(let node): nodeBuffers[node][layer]
        case .scratch(let number): scratch[number][0..<layer.count]
        }
    }

    /// Sums the leaves' gradients in a layer's range into the nodes, after all leaves have computed
    /// theirs.
    package func combine(layer: Range<Int>, pool: ThreadPool) {
        let views = (0..<schedule.leafCount).map { view(leaf: $0, layer: layer) }
        pool.forEachRange(layer.count, grain: Self.grain) { range, _ in
            for addition in schedule.additions {
                Elementwise.add(
                    views[addition.source][range], to: views[addition.destination][range])
            }
        }
    }

    /// Returns a range of this process's nodes, in the order of the schedule.
    package func nodes(_ range: Range<Int>) -> [FloatView] {
        schedule.nodeLeaves.indices.map { nodeBuffers[$0][range] }
    }

    /// Begins parts of a layer's exchange.
    ///
    /// - Parameter rows: Returns this process's rows; sums and shares need none.
    func begin(
        _ parts: [LayerExchange.Part], _ layout: BatchLayout,
        rows: (GatherName.Rows) -> FloatView? = { _ in nil }
    ) throws {
        for part in parts {
            switch part {
            case .rows(let name, let width):
                guard let own = rows(name.rows) else { preconditionFailure("no rows \(name)") }
                try exchange.beginGather(rows: own, width: width, name: name, layout: layout)
            case .sum(let sum):
                try exchange.beginSum(sum.range, of: self, unit: sum.unit)
            case .shares(let parameter, let unit):
                try exchange.beginGather(shares: parameter.value, unit: unit)
            }
        }
    }
}
