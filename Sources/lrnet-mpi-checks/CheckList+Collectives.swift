import LRNetCollectives
import LRNetKernels

extension CheckList {
    /// Checks every collective, from every root, at several lengths including 0 and 1.
    func runCollectives() throws {
        let size = group.size
        let rank = group.rank
        expect(rank >= 0 && rank < size, "a rank is within the group")
        expect(group.hostNames.count == size, "one host name per rank")
        expect(group.hostNames.allSatisfy { !$0.isEmpty }, "host names are not empty")
        try group.barrier()

        for root in 0..<size {
            for count in [0, 1, 17, 70_001] {
                let bytes = try group.broadcast(
                    rank == root ? pattern(count, root) : [UInt8](repeating: 9, count: 3),
                    root: root)
                expect(bytes == pattern(count, root), "broadcast of \(count) bytes from \(root)")
                var fixed = pattern(count, rank)
                try group.broadcast(into: &fixed, root: root)
                expect(fixed == pattern(count, root), "broadcast into \(count) bytes from \(root)")
                let view = FloatBuffer(count: count).all
                view.fill(Float(rank))
                try group.broadcast(view, root: root)
                expect(
                    view.values.allSatisfy { $0 == Float(root) },
                    "broadcast of \(count) values from \(root)")
            }
        }

        for unit in [0, 1, 5000] {
            let gathered = try group.allGather(pattern(unit * rank, rank))
            expect(
                gathered == (0..<size).map { pattern(unit * $0, $0) },
                "all-gather of \(unit) bytes times the rank")
            let collected = try group.gather(pattern(unit * rank, rank))
            expect(
                collected == (rank == 0 ? (0..<size).map { pattern(unit * $0, $0) } : nil),
                "gather of \(unit) bytes times the rank")
        }

        for round in 0..<3 {
            // Equal counts, unequal counts, and no values on rank 0.
            let counts = (0..<size).map { round == 0 ? 6 : (round == 1 ? 3 + $0 : 2 * $0) }
            let expected = (0..<size).flatMap { doubles(counts[$0], $0) }
            var gathered = [Double](repeating: -1, count: expected.count)
            try group.allGather(doubles(counts[rank], rank), counts: counts, into: &gathered)
            expect(gathered == expected, "all-gather of \(counts) doubles")
        }

        for count in [0, 1, 2000] {
            // Sums that a Double cannot represent.
            var values = (0..<count).map { Int64(1) << 59 + Int64($0 + rank) }
            try group.sum(&values)
            let (ranks, below) = (Int64(size), Int64(size * (size - 1) / 2))
            expect(
                values == (0..<count).map { ranks << 59 + ranks * Int64($0) + below },
                "sum of \(count) integers")
            var smallest = (0..<count).map { Int64($0) - Int64(($0 + rank) % size) << 40 }
            try group.minimum(&smallest)
            expect(
                smallest == (0..<count).map { Int64($0) - Int64(size - 1) << 40 },
                "minimum of \(count) integers")
        }
    }

    private func pattern(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed &* 7 &+ 1) }
    }

    private func doubles(_ count: Int, _ seed: Int) -> [Double] {
        (0..<count).map { 1 / Double(3 + $0 + 100 * seed) }
    }
}
