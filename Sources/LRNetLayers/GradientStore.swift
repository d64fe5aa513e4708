public import LRNetKernels

/// How a process adds up the gradients of its own leaves: part of the fixed binary tree.
///
/// Indices count this process's present leaves from 0.
public struct LeafSchedule: Sendable, Equatable {
    /// `into` becomes the sum of itself and `from`.
    public struct Addition: Sendable, Equatable {
        /// The leaf that is added to.
        public let into: Int
        /// The leaf that is added.
        public let from: Int

        /// Creates an addition.
        public init(into: Int, from: Int) {
            self.into = into
            self.from = from
        }
    }

    /// The leaf in which each complete subtree of the run ends up, in order.
    public let nodeLeaves: [Int]

    /// The additions, in order.
    public let additions: [Addition]

    /// The number of leaves.
    public let leafCount: Int

    /// Creates a schedule.
    public init(leafCount: Int, nodeLeaves: [Int], additions: [Addition]) {
        self.leafCount = leafCount
        self.nodeLeaves = nodeLeaves
        self.additions = additions
    }

    /// The schedule of a process that holds all of `leafCount` leaves: one node,
    /// (l, i) = (l-1, 2i) + (l-1, 2i+1), absent ones skipped.
    public static func whole(leafCount: Int) -> LeafSchedule {
        var additions: [Addition] = []
        var distance = 1
        while distance < leafCount {
            for into in stride(from: 0, to: leafCount - distance, by: 2 * distance) {
                additions.append(Addition(into: into, from: into + distance))
            }
            distance *= 2
        }
        return LeafSchedule(
            leafCount: leafCount, nodeLeaves: leafCount > 0 ? [0] : [], additions: additions)
    }
}

/// The gradients of a step on their way to the exchange: one long vector, of which each layer owns
/// a range.
///
/// What stands here are gradients of the *moments* of the weights (or of fixed weights and biases),
/// already divided by the global batch; logits come after the exchange. A leaf that leads a node
/// accumulates in the node's own vector, the others in scratch that all layers share, so a
/// process needs as many whole vectors as it has nodes: one to three. The first of them becomes the
/// total.
public final class GradientStore {
    /// The number of values of the vector.
    public let count: Int

    /// Adds up nodes over all processes.
    public let exchange: any GradientExchange

    /// Where this process's nodes stand, in the order of the schedule; the first one's memory is
    /// ``total``'s.
    private var nodeBuffers: [FloatBuffer]
    private var scratch: [FloatBuffer] = []
    private let largestLayer: Int
    private var schedule = LeafSchedule(leafCount: 0, nodeLeaves: [], additions: [])

    /// Values that one thread adds at a time.
    private static let grain = 1 << 16

    /// Creates a store.
    ///
    /// - Parameters:
    ///   - count: The length of the vector.
    ///   - largestLayer: The longest range of one layer.
    public init(
        count: Int, largestLayer: Int, exchange: any GradientExchange = LocalGradients()
    ) {
        self.count = count
        self.largestLayer = largestLayer
        self.exchange = exchange
        nodeBuffers = [FloatBuffer(count: count)]
    }

    /// The sum over all leaves of all processes; valid after the exchange.
    public var total: FloatView { nodeBuffers[0].all }

    /// Begins a step; memory is allocated only when a schedule needs more than any before it.
    public func begin(_ schedule: LeafSchedule) {
        self.schedule = schedule
        while nodeBuffers.count < schedule.nodeLeaves.count {
            nodeBuffers.append(FloatBuffer(count: count))
        }
        while scratch.count < schedule.leafCount - schedule.nodeLeaves.count {
            scratch.append(FloatBuffer(count: largestLayer))
        }
    }

    /// Where a leaf accumulates a layer's range.
    ///
    /// - Parameters:
    ///   - leaf: The leaf, counted from this process's first.
    ///   - layer: The layer's range of the vector.
    public func view(leaf: Int, layer: Range<Int>) -> FloatView {
        if let node = schedule.nodeLeaves.firstIndex(of: leaf) { return nodeBuffers[node][layer] }
        let before = schedule.nodeLeaves.count { $0 < leaf }
        return scratch[leaf - before][0..<layer.count]
    }

    /// Adds up the leaves of a layer's range into the nodes, once all leaves have theirs.
    public func combine(layer: Range<Int>, pool: ThreadPool) {
        let views = (0..<schedule.leafCount).map { view(leaf: $0, layer: layer) }
        pool.forEachRange(layer.count, grain: Self.grain) { range, _ in
            for addition in schedule.additions {
                Elementwise.add(views[addition.from][range], to: views[addition.into][range])
            }
        }
    }

    /// A range of this process's nodes, in the order of the schedule.
    public func nodes(_ range: Range<Int>) -> [FloatView] {
        schedule.nodeLeaves.indices.map { nodeBuffers[$0][range] }
    }
}
