/// The rounds in which the ranks of a range combine the rows of their nodes, so that every rank of
/// the range obtains the root of a tree.
///
/// The range is cut into halves until one rank is left. In each round, from the smallest ranges to
/// the whole range, every rank sends the nodes of its half, receives those of the other half, and
/// adds both to the nodes of the union. That takes ceil(log2 P) rounds of P ranks. Halves differ by
/// at most one rank. Ranks at the same position of both halves exchange their nodes; the last rank
/// of the smaller half also sends to the last rank of the larger one, which sends nothing.
///
/// All ranks add in the order of ``LeafTree``, so they obtain the same bits. Making the rounds of
/// one rank takes time in proportion to log P log M, with M rows.
package struct RowRounds: Sendable, Equatable {
    /// One exchange of a rank, and the additions that follow it. Slots are rows of its memory.
    package struct Round: Sendable, Equatable {
        /// The number of the round. Ranks that exchange have equal numbers. A rank of a smaller
        /// half may have no round 0.
        package let index: Int

        /// The ranks that receive this rank's nodes: at most two.
        package let receivers: [Int]

        /// The rank whose nodes this rank receives; `nil` if the other half has none.
        package let sender: Int?

        /// The slots that are sent and those that are received. Together they are contiguous.
        package let sent, received: Range<Int>

        /// The additions to perform, in order.
        package let additions: [LeafTree.Addition]

        /// The slots of the union's nodes after the additions, in ascending order. They must then
        /// be moved, in order, to the slots from ``firstSlot`` on.
        package let nodeSlots: [Int]

        /// The first slot of the union's nodes after the round.
        package var firstSlot: Int { min(sent.lowerBound, received.lowerBound) }
    }

    /// The nodes of this rank's rows.
    package let ownNodes: [LeafTree.Node]

    /// The slots of ``ownNodes`` before the first round.
    package let ownSlots: Range<Int>

    /// The number of slots.
    package let slotCount: Int

    /// The slot of the root after the last round.
    package let rootSlot: Int

    package let rounds: [Round]

    /// Plans the rounds of one rank.
    ///
    /// - Parameters:
    ///   - ranks: The ranks that take part.
    ///   - rows: The rows of a rank: leaves of `tree`, consecutive from rank to rank, possibly
    ///     none. The ranks' rows together are all leaves.
    /// - Precondition: `rank` is one of `ranks`.
    package init(
        tree: LeafTree, rank: Int, ranks: Range<Int>, rows: (_ rank: Int) -> Range<Int>
    ) {
        precondition(ranks.contains(rank), "rank \(rank) takes no part in \(ranks)")
        func run(_ ranks: Range<Int>) -> Range<Int> {
            rows(ranks.lowerBound).lowerBound..<rows(ranks.upperBound - 1).upperBound
        }
        let halvings = Self.halvings(of: ranks, around: rank)
        let others = halvings.map { tree.nodes(covering: run($0.other)) }
        ownNodes = tree.nodes(covering: rows(rank))
        // Received nodes precede the held ones if they are from the left half.
        var first = 0
        for (halving, other) in zip(halvings, others) where !halving.isLeft {
            first += other.count
        }
        ownSlots = first..<first + ownNodes.count
        slotCount = ownNodes.count + others.reduce(0) { $0 + $1.count }

        var held = ownSlots
        var nodes = ownNodes
        var rounds: [Round] = []
        for (depth, halving) in halvings.enumerated().reversed() {
            let other = others[depth]
            let received =
                halving.isLeft
                ? held.upperBound..<held.upperBound + other.count
                : held.lowerBound - other.count..<held.lowerBound
            let start = min(held.lowerBound, received.lowerBound)
            let union = run(halving.range)
            let joined = tree.join(halving.isLeft ? nodes + other : other + nodes, within: union)
            rounds.append(
                Round(
                    index: Self.count(ranks.count) - 1 - depth,
                    receivers: nodes.isEmpty ? [] : halving.receivers(of: rank),
                    sender: other.isEmpty ? nil : halving.sender(to: rank), sent: held,
                    received: received,
                    additions: joined.additions.map {
                        LeafTree.Addition(
                            destination: start + $0.destination, source: start + $0.source)
                    },
                    nodeSlots: joined.slots.map { start + $0 }))
            nodes = tree.nodes(covering: union)
            held = start..<start + nodes.count
        }
        precondition(
            nodes == tree.nodes(covering: 0..<tree.count),
            "the rows of ranks \(ranks) are not the \(tree.count) leaves")
        rootSlot = held.lowerBound
        self.rounds = rounds
    }

    /// Returns the number of rounds of `ranks` ranks: ceil(log2 ranks).
    package static func count(_ ranks: Int) -> Int {
        var count = 0
        while 1 << count < ranks { count += 1 }
        return count
    }

    /// A range of ranks, cut into the half of one rank and the other half.
    private struct Halving {
        let range, own, other: Range<Int>

        var isLeft: Bool { own.lowerBound == range.lowerBound }

        func receivers(of rank: Int) -> [Int] {
            let position = rank - own.lowerBound
            if position >= other.count { return [] }
            let servesTwo = other.count > own.count && position == own.count - 1
            return (0...(servesTwo ? 1 : 0)).map { other.lowerBound + position + $0 }
        }

        func sender(to rank: Int) -> Int {
            min(other.lowerBound + rank - own.lowerBound, other.upperBound - 1)
        }
    }

    /// Returns the halvings from all ranks down to one rank.
    private static func halvings(of ranks: Range<Int>, around rank: Int) -> [Halving] {
        var halvings: [Halving] = []
        var range = ranks
        while range.count > 1 {
            let middle = range.lowerBound + (range.count + 1) / 2
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            let isLeft = rank < middle
            halvings.append(
                Halving(range: range, own: isLeft ? left : right, other: isLeft ? right : left))
            range = isLeft ? left : right
        }
        return halvings
    }
}
