import LRNetCollectives
import LRNetKernels
import LRNetSupport

extension CheckList {
    /// Checks the exchange and the gathers in every division of the ranks into groups, as if the
    /// innermost group were a machine.
    func runRankGroups() throws {
        for radices in Self.factorizations(group.size) {
            let groups = RankGroups(radices: radices)
            for leafCount in [8, 12, 13, 32] {
                for valueCount in [3, 17, 1003] {
                    for present in [leafCount, leafCount - 1, (leafCount + 1) / 2] {
                        try check(groups, leafCount, present: present, valueCount: valueCount)
                    }
                }
                try checkRows(groups, leafCount)
            }
            try check(groups, 8, present: 0, valueCount: 100)
        }
    }

    private func check(
        _ groups: RankGroups, _ leafCount: Int, present: Int, valueCount: Int
    ) throws {
        let name = "\(groups.radices), \(present) of \(leafCount) leaves, \(valueCount) values"
        let expected = reference(present, valueCount).map(\.bitPattern)
        let exchange = TreeExchange(
            group: group, leafCount: leafCount, presentLeaves: present, valueCount: valueCount,
            alignment: 24, pieceCount: 40, groups: groups)
        let output = FloatBuffer(count: valueCount).all

        for round in 1...2 {
            output.fill(.nan)
            let before = group.traffic
            try exchange.allReduce(nodes: nodes(of: exchange), into: output)
            expect(bits(output) == expected, "exchange in groups, round \(round): \(name)")
            let sent = group.traffic - before
            expect(
                sent == exchange.plannedTraffic,
                "sent \(sent), not \(exchange.plannedTraffic): \(name)")
        }

        // The two halves, with the sum in the memory of each node in turn.
        for position in 0..<3 {
            let nodes = nodes(of: exchange)
            let inPlace = nodes.isEmpty ? output : nodes[position % nodes.count]
            try exchange.startReduceToSlice(nodes: nodes, into: inPlace)
            while !(try exchange.step()) {}
            expect(
                bits(inPlace[exchange.slice]) == Array(expected[exchange.slice]),
                "slice in the memory of node \(position): \(name)")
        }
        let gather = AllGather(group: group, slices: exchange.slices, pieceCount: 64)
        output.fill(.nan)
        for index in exchange.slice { output[index] = Float(bitPattern: expected[index]) }
        let before = group.traffic
        try gather.start(output)
        while !(try gather.step()) {}
        expect(bits(output) == expected, "gathering of the slices: \(name)")
        expect(group.traffic - before == gather.plannedTraffic, "traffic of the gather: \(name)")
    }

    /// Checks that rows arrive in rank order; the last leaf is short.
    private func checkRows(_ groups: RankGroups, _ leafCount: Int) throws {
        let width = 7
        let samples = leafCount * 5 - 3
        let lengths = (0..<group.size).map { rank in
            let run = LeafTree.run(of: rank, ranks: group.size, leafCount: leafCount)
            return (min(run.upperBound * 5, samples) - min(run.lowerBound * 5, samples)) * width
        }
        let rows = RowPartition(lengths: lengths)
        let gather = AllGather(group: group, rows: rows, groups: groups, pieceCount: 16)
        let view = FloatBuffer(count: rows.count).all
        for round in 0..<2 {
            view.fill(.nan)
            for index in rows[group.rank] { view[index] = Float(index + round) }
            let before = group.traffic
            try gather.start(view)
            try gather.finish()
            expect(
                view.values == (0..<rows.count).map { Float($0 + round) },
                "rows in groups of \(groups.radices), \(leafCount) leaves")
            expect(group.traffic - before == gather.plannedTraffic, "traffic of the rows")
        }
    }

    /// Returns all lists of factors above 1 whose product is `count`; `[1]` for 1.
    static func factorizations(_ count: Int) -> [[Int]] {
        if count == 1 { return [[1]] }
        return (2...count).filter { count % $0 == 0 }.flatMap { radix in
            radix == count
                ? [[radix]] : factorizations(count / radix).map { [radix] + $0 }
        }
    }
}
