package import LRNetKernels
package import LRNetSupport

/// The all-reduce of small rows of Doubles in the order of `LeafTree`: batch-norm statistics, loss,
/// counts.
///
///     sum of a group = root of the tree over its rows
///
/// Every rank adds its own rows to its nodes. The ranks that share a group then combine their nodes
/// in ceil(log2 P) rounds (`RowRounds`), so that each of them has the sum, with the same bits at any
/// number of ranks. Groups of one rank need no message. The caller defines the addition, so rows
/// can also contain counts, means and M2.
///
/// It can be used any number of times, and its use allocates no memory. After an error, it cannot
/// be used again, and its memory is kept because MPI may still write to it.
package final class RowReduction {
    package let rows: GroupedRows

    /// The number of values of a row.
    package let width: Int

    /// The rows that this rank owns.
    package let ownRows: Range<Int>

    /// The messages that this rank sends in each use.
    package let plannedTraffic: Traffic

    /// A round of all shared groups. Places are indices of values in the buffer of nodes.
    private struct Step {
        var sent: [MessageRound.Message] = []
        var received: [MessageRound.Message] = []
        var additions: [LeafTree.Addition] = []
        var moves: [Copy] = []
        var messages = MessageRound(sent: [], received: [])
    }

    private struct Copy {
        let source, destination: Int
    }

    private let group: any ProcessGroup
    private let nodes: DoubleBuffer
    private let steps: [Step]
    private let entries: [Copy]
    private let results: [Copy]
    // Set while MPI may read or write this object's memory.
    private var selfWhileInFlight: RowReduction?

    /// Plans the reduction. Every rank must create it with the same arguments.
    package init(group: any ProcessGroup, rows: GroupedRows, width: Int) {
        precondition(width > 0, "rows of \(width) values")
        self.group = group
        self.rows = rows
        self.width = width
        ownRows = rows.rows(of: group.rank, ranks: group.size)
        let shared = rows.sharedGroups(of: group.rank, ranks: group.size)
        plannedTraffic = Traffic(
            Self.messages(of: shared, width: width, rank: group.rank, groups: group.rankGroups))
        var entries: [Copy] = []
        var results: [Copy] = []
        let roundCount = shared.flatMap(\.rounds.rounds).reduce(0) { max($0, $1.index + 1) }
        var steps = Array(repeating: Step(), count: roundCount)
        var offset = 0
        for part in shared {
            func place(_ slot: Int) -> Int { offset + slot * width }
            for (slot, row) in zip(part.rounds.ownSlots, part.nodeRows) {
                entries.append(Copy(source: row * width, destination: place(slot)))
            }
            for round in part.rounds.rounds {
                func message(_ rank: Int, _ slots: Range<Int>) -> MessageRound.Message {
                    MessageRound.Message(
                        rank: rank, offset: place(slots.lowerBound), count: slots.count * width)
                }
                steps[round.index].sent += round.receivers.map { message($0, round.sent) }
                steps[round.index].received += [round.sender].compactMap { $0 }.map {
                    message($0, round.received)
                }
                steps[round.index].additions += round.additions.map {
                    LeafTree.Addition(
                        destination: place($0.destination), source: place($0.source))
                }
                for (position, slot) in round.nodeSlots.enumerated()
                where slot != round.firstSlot + position {
                    steps[round.index].moves.append(
                        Copy(source: place(slot), destination: place(round.firstSlot + position)))
                }
            }
            results.append(
                Copy(source: place(part.rounds.rootSlot), destination: part.sumRow * width))
            offset += part.rounds.slotCount * width
        }
        for index in steps.indices {
            steps[index].messages = MessageRound(
                sent: steps[index].sent, received: steps[index].received)
        }
        self.steps = steps
        self.entries = entries
        self.results = results
        nodes = DoubleBuffer(count: offset)
    }

    /// Returns the messages that a rank sends in a reduction; stages are rounds. Not a collective.
    package static func messages(
        of rows: GroupedRows, width: Int, rank: Int, groups: RankGroups
    ) -> [PlannedMessages] {
        messages(
            of: rows.sharedGroups(of: rank, ranks: groups.rankCount), width: width, rank: rank,
            groups: groups)
    }

    private static func messages(
        of shared: [GroupedRows.SharedGroup], width: Int, rank: Int, groups: RankGroups
    ) -> [PlannedMessages] {
        shared.flatMap(\.rounds.rounds).flatMap { round in
            round.receivers.map { receiver in
                PlannedMessages(
                    stage: round.index, from: rank, to: receiver, messageCount: 1,
                    byteCount: round.sent.count * width * MemoryLayout<Double>.stride,
                    groups: groups)
            }
        }
    }

    /// Combines the rows of each group. Every rank must call it.
    ///
    /// - Parameters:
    ///   - values: This rank's rows, from index 0 on; overwritten. Afterwards the row of the first
    ///     own row of each group contains the group's sum. If there is only one group, row 0
    ///     contains it on every rank, also on those without rows.
    ///   - add: The addition, the same on every rank. Its two rows never overlap.
    /// - Precondition: `values` has space for the own rows, and for at least one row.
    package func reduce(_ values: DoubleBuffer, _ add: RowAddition) throws {
        precondition(
            values.count >= max(ownRows.count, 1) * width,
            "\(values.count) values for \(ownRows.count) rows of \(width)")
        let width = width
        rows.forEachAddition(within: ownRows) { add(values, $0 * width, $1 * width) }
        if steps.isEmpty { return }
        for entry in entries {
            RowKernels.copy(
                values, at: entry.source, to: nodes, at: entry.destination, count: width)
        }
        selfWhileInFlight = self
        for step in steps {
            if !step.messages.isEmpty { try group.exchange(step.messages, in: nodes) }
            for addition in step.additions { add(nodes, addition.destination, addition.source) }
            for move in step.moves {
                RowKernels.copy(
                    nodes, at: move.source, to: nodes, at: move.destination, count: width)
            }
        }
        selfWhileInFlight = nil
        for result in results {
            RowKernels.copy(
                nodes, at: result.source, to: values, at: result.destination, count: width)
        }
    }

    /// Sums the rows of each group, value by value. Every rank must call it.
    package func sum(_ values: DoubleBuffer) throws {
        let width = width
        try reduce(values) { RowKernels.add($0, $1, $2, count: width) }
    }
}
