import LRNetCollectives

extension CheckList {
    /// Checks small rows: plain sums, and merged statistics.
    func runTreeGather() throws {
        for leafCount in [1, 2, 3, 5, 7, 8, 13, 16] {
            for present in Set([leafCount, (leafCount + 1) / 2]).sorted() {
                for width in [0, 1, 7, 300] {
                    try check(leafCount: leafCount, present: present, width: width)
                }
                try checkMoments(leafCount: leafCount, present: present)
            }
        }
    }

    private func check(leafCount: Int, present: Int, width: Int) throws {
        let gather = TreeGather(
            group: group, leafCount: leafCount, presentLeaves: present, width: width)
        var level = (0..<present).map { row($0, width) }
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { left in
                if left + 1 == level.count { return level[left] }
                return zip(level[left], level[left + 1]).map { $0 + $1 }
            }
        }
        for round in 1...2 {
            var rows = gather.ownLeaves.flatMap { row($0, width) }
            var root = [Double](repeating: .nan, count: width)
            try gather.sum(&rows, into: &root)
            expect(
                root.map(\.bitPattern) == level[0].map(\.bitPattern),
                "tree gather of \(present) of \(leafCount) leaves, width \(width), round \(round)")
            if round == 1 { record(root) }
        }
    }

    /// Checks rows of count, mean and M2, which are merged as in batch normalization.
    private func checkMoments(leafCount: Int, present: Int) throws {
        let gather = TreeGather(
            group: group, leafCount: leafCount, presentLeaves: present, width: 3)
        // Leaf i contains the numbers 10 i ..< 10 i + 10; all leaves together contain 0 ..< 10 m.
        var rows = gather.ownLeaves.flatMap { leaf -> [Double] in
            [10, Double(10 * leaf) + 4.5, 82.5]
        }
        var root = [0.0, 0, 0]
        try gather.combine(&rows, into: &root) { rows, destination, source in
            let count = rows[destination] + rows[source]
            let difference = rows[source + 1] - rows[destination + 1]
            let share = rows[source] / count
            rows[destination + 2] +=
                rows[source + 2] + difference * difference * rows[destination] * share
            rows[destination + 1] += difference * share
            rows[destination] = count
        }
        let count = Double(10 * present)
        let squares = count * (count * count - 1) / 12
        expect(
            root[0] == count && abs(root[1] - (count - 1) / 2) < 1e-12 * count
                && abs(root[2] - squares) < 1e-12 * squares,
            "merged moments of \(present) of \(leafCount) leaves: \(root)")
        record(root)
    }

    private func row(_ leaf: Int, _ width: Int) -> [Double] {
        (0..<width).map { 1 / Double(1 + $0 + 301 * leaf) }
    }
}
