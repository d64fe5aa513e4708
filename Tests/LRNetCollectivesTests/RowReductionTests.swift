import LRNetCollectives
import LRNetKernels
import LRNetSupport
import LRNetTestSupport
import Testing

/// The reduction of rows on ranks that are threads.
@Suite struct RowReductionTests {
    private static let width = 3

    /// Not associative and not commutative, so that the result shows the order.
    private static func add(_ a: inout [Double], _ b: [Double]) {
        for i in a.indices { a[i] = 0.3 * a[i] - 0.7 * b[i] }
    }

    private static func addRow(_ rows: DoubleBuffer, _ destination: Int, _ source: Int) {
        for i in 0..<width {
            rows[destination + i] = 0.3 * rows[destination + i] - 0.7 * rows[source + i]
        }
    }

    private static func row(_ index: Int) -> [Double] {
        (0..<width).map { 1 / Double(3 + $0 + 7 * index) }
    }

    private static func bits(_ row: [Double]) -> [UInt64] { row.map(\.bitPattern) }

    /// Returns the rows of a rank after the reduction.
    private static func reduce(
        _ rows: GroupedRows, _ place: PlayedRanks.Place
    ) throws -> (own: Range<Int>, rows: [[Double]]) {
        let group = place.group
        let reduction = RowReduction(group: group, rows: rows, width: width)
        let own = reduction.ownRows
        let values = DoubleBuffer(count: max(own.count, 1) * width)
        for (position, index) in own.enumerated() {
            for (i, value) in row(index).enumerated() { values[position * width + i] = value }
        }
        let before = group.traffic
        try reduction.reduce(values, addRow)
        place.expect(
            group.traffic - before == reduction.plannedTraffic, "the traffic of \(rows)")
        return (
            own,
            (0..<max(own.count, 1)).map { position in
                (0..<width).map { values[position * width + $0] }
            }
        )
    }

    /// Odd numbers of rows, absent rows of a tail batch, and more ranks than rows.
    @Test(arguments: 1...40)
    func `every rank obtains the bits of the tree`(ranks: Int) {
        let failures = PlayedRanks(ranks).failures { place in
            for count in [1, 2, 3, 7, 16, 33, 40] {
                for leafCount in [count, count + 5] {
                    let rows = GroupedRows(count: count, leafCount: leafCount)
                    let root = LeafTree(count: count).combine(
                        leaves: (0..<count).map { Self.row($0) }, Self.add)
                    let sum = try Self.reduce(rows, place).rows[0]
                    place.expect(
                        Self.bits(sum) == root.map(Self.bits), "\(count) of \(leafCount) leaves")
                }
            }
        }
        #expect(failures.isEmpty)
    }

    /// Groups within a rank, and groups of several ranks that begin and end within their rows.
    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 13, 20])
    func `every rank obtains the sums of its groups`(ranks: Int) {
        let failures = PlayedRanks(ranks).failures { place in
            for (leafCount, units) in [(20, 1), (8, 5), (7, 3), (3, 2)] {
                for groupSize in [1, 2, 3, 4, 6, 11] {
                    for absent in [0, 5] {
                        let rows = GroupedRows(
                            count: leafCount * units - absent, groupSize: groupSize,
                            leafCount: leafCount, unitsPerLeaf: units)
                        try Self.check(rows, place)
                    }
                }
            }
        }
        #expect(failures.isEmpty)
    }

    private static func check(_ rows: GroupedRows, _ place: PlayedRanks.Place) throws {
        let result = try reduce(rows, place)
        for index in 0..<rows.groupCount {
            let members = rows.rows(ofGroup: index)
            guard members.overlaps(result.own) else { continue }
            let sum = LeafTree(count: members.count).combine(leaves: members.map(row), add)
            let position = max(members.lowerBound - result.own.lowerBound, 0)
            place.expect(
                bits(result.rows[position]) == sum.map(bits), "\(rows), group \(index)")
        }
    }

    @Test func `ranks with one node each send one message per halving`() {
        for (ranks, rounds) in [(2, 1), (4, 2), (64, 6), (4096, 12)] {
            for rank in [0, ranks / 2, ranks - 1] {
                let messages = RowReduction.messages(
                    of: GroupedRows(count: 4 * ranks, leafCount: 4 * ranks), width: 10, rank: rank,
                    groups: RankGroups(ranks: ranks, ranksPerMachine: 2))
                #expect(messages.map(\.stage) == Array(0..<rounds))
                #expect(messages.allSatisfy { $0.messageCount == 1 && $0.byteCount == 80 })
                // Neighbors are first.
                #expect(messages.map(\.leavesMachine) == (0..<rounds).map { $0 > 0 })
            }
        }
    }

    /// With any number of ranks, no rank sends more than two messages per halving.
    @Test func `messages and rows grow with the logarithm of the ranks`() {
        for ranks in [3, 100, 1000, 3000] {
            let halvings = RowRounds.count(ranks)
            for rank in stride(from: 0, to: ranks, by: 1 + ranks / 64) {
                let traffic = Traffic(
                    RowReduction.messages(
                        of: GroupedRows(count: 65_536, leafCount: 65_536), width: 1, rank: rank,
                        groups: RankGroups(ranks: ranks, ranksPerMachine: 1)))
                #expect(traffic.messageCount <= 2 * halvings)
                #expect(traffic.byteCount <= 8 * 2 * 2 * 16 * halvings)
            }
        }
    }
}
