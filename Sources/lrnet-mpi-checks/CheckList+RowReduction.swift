import LRNetCollectives
import LRNetKernels
import LRNetSupport

extension CheckList {
    /// Checks small rows: plain sums, merged statistics, and groups of rows.
    func runRowReduction() throws {
        for leafCount in [1, 2, 3, 5, 7, 8, 13, 16] {
            for present in Set([leafCount, (leafCount + 1) / 2]).sorted() {
                for width in [1, 7, 300] {
                    try check(leafCount: leafCount, present: present, width: width)
                }
                try checkMoments(leafCount: leafCount, present: present)
            }
        }
        for leafCount in [8, 13] {
            for units in [1, 3] {
                for groupSize in [1, 2, 3, 5, 7] {
                    for absent in [0, 4] {
                        try checkGroups(leafCount, units, groupSize, absent)
                    }
                }
            }
        }
    }

    private func check(leafCount: Int, present: Int, width: Int) throws {
        let reduction = RowReduction(
            group: group, rows: GroupedRows(count: present, leafCount: leafCount), width: width)
        let name = "row reduction of \(present) of \(leafCount) leaves, width \(width)"
        let expected = naiveSum((0..<present).map { row($0, width) })
        let values = DoubleBuffer(count: max(reduction.ownRows.count, 1) * width)
        for round in 1...2 {
            fill(values, reduction.ownRows, width)
            let before = group.traffic
            try reduction.sum(values)
            let counted = group.traffic - before
            expect(
                values.prefix(width).map(\.bitPattern) == expected.map(\.bitPattern),
                "\(name), round \(round)")
            if round == 2 { continue }
            expect(
                counted == reduction.plannedTraffic,
                "\(name): sent \(counted), planned \(reduction.plannedTraffic)")
            record(values.prefix(width))
        }
    }

    /// Checks rows of count, mean and M2, which are merged as in batch normalization.
    private func checkMoments(leafCount: Int, present: Int) throws {
        let reduction = RowReduction(
            group: group, rows: GroupedRows(count: present, leafCount: leafCount), width: 3)
        // Leaf i contains the numbers 10 i ..< 10 i + 10; all leaves together contain 0 ..< 10 m.
        let rows = DoubleBuffer(count: 3 * max(reduction.ownRows.count, 1))
        for (index, leaf) in reduction.ownRows.enumerated() {
            for (offset, value) in [10, Double(10 * leaf) + 4.5, 82.5].enumerated() {
                rows[3 * index + offset] = value
            }
        }
        try reduction.reduce(rows) { rows, destination, source in
            let count = rows[destination] + rows[source]
            let difference = rows[source + 1] - rows[destination + 1]
            let share = rows[source] / count
            rows[destination + 2] +=
                rows[source + 2] + difference * difference * rows[destination] * share
            rows[destination + 1] += difference * share
            rows[destination] = count
        }
        let root = rows.prefix(3)
        let count = Double(10 * present)
        let squares = count * (count * count - 1) / 12
        expect(
            root[0] == count && abs(root[1] - (count - 1) / 2) < 1e-12 * count
                && abs(root[2] - squares) < 1e-12 * squares,
            "merged moments of \(present) of \(leafCount) leaves: \(root)")
        record(root)
    }

    /// Checks the sums of groups, and a row per group, whose owner is the rank of its first row.
    private func checkGroups(
        _ leafCount: Int, _ units: Int, _ groupSize: Int, _ absent: Int
    ) throws {
        let (count, width) = (leafCount * units - absent, 5)
        let grouped = GroupedRows(
            count: count, groupSize: groupSize, leafCount: leafCount, unitsPerLeaf: units)
        let name = "groups of \(groupSize) of \(count) rows, \(leafCount) leaves of \(units)"
        let expected = (0..<grouped.groupCount).map { index in
            naiveSum(grouped.rows(ofGroup: index).map { row($0, width) })
        }
        let reduction = RowReduction(group: group, rows: grouped, width: width)
        let own = reduction.ownRows
        let values = DoubleBuffer(count: max(own.count, 1) * width)
        fill(values, own, width)
        let before = group.traffic
        try reduction.sum(values)
        expect(
            group.traffic - before == reduction.plannedTraffic, "\(name): the messages are planned")
        let areSums = own.allSatisfy { row in
            guard row == own.lowerBound || row % groupSize == 0 else { return true }
            let first = (row - own.lowerBound) * width
            let sum = (first..<first + width).map { values[$0].bitPattern }
            return sum == expected[row / groupSize].map(\.bitPattern)
        }
        expect(areSums, name)

        let totals = RowReduction(
            group: group,
            rows: GroupedRows(
                count: grouped.groupCount, leafCount: leafCount, unitsPerLeaf: units,
                unitsPerRow: groupSize), width: width)
        let groupRows = DoubleBuffer(count: max(totals.ownRows.count, 1) * width)
        for (position, index) in totals.ownRows.enumerated() {
            for i in 0..<width { groupRows[position * width + i] = expected[index][i] }
        }
        try totals.sum(groupRows)
        expect(
            groupRows.prefix(width).map(\.bitPattern) == naiveSum(expected).map(\.bitPattern),
            "\(name), all groups")
    }

    /// Adds neighbors, level by level.
    private func naiveSum(_ rows: [[Double]]) -> [Double] {
        var level = rows
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { left in
                if left + 1 == level.count { return level[left] }
                return zip(level[left], level[left + 1]).map { $0 + $1 }
            }
        }
        return level[0]
    }

    private func fill(_ values: DoubleBuffer, _ leaves: Range<Int>, _ width: Int) {
        for (index, value) in leaves.flatMap({ row($0, width) }).enumerated() {
            values[index] = value
        }
    }

    private func row(_ leaf: Int, _ width: Int) -> [Double] {
        (0..<width).map { 1 / Double(1 + $0 + 301 * leaf) }
    }
}
