import LRNetCollectives
import LRNetKernels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The checks and their counts, on this rank and over all ranks.
final class CheckList {
    let group: any ProcessGroup
    private var runCount = 0
    private var failedCount = 0
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    init(_ group: any ProcessGroup) {
        self.group = group
    }

    /// Counts one check, and prints a line if it fails.
    func expect(_ holds: Bool, _ name: @autoclosure () -> String) {
        runCount += 1
        if !holds {
            failedCount += 1
            let line = Array("rank \(group.rank) of \(group.size): failed: \(name())\n".utf8)
            _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        }
    }

    /// Adds the bits of a result to the hash (FNV-1a, 64 bits, one value at a time). They must be
    /// the same at every number of ranks.
    func record(_ view: FloatView) {
        for value in view.values {
            hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
        }
    }

    /// Adds the bits of doubles to the hash.
    func record(_ values: [Double]) {
        for value in values { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    }

    /// Sums the counts of all ranks, which rank 0 prints, and returns true if no check failed on
    /// any rank.
    func finish() throws -> Bool {
        var hashes = [Double](repeating: 0, count: 2 * group.size)
        try group.allGather(
            [Double(hash >> 32), Double(hash & 0xffff_ffff)],
            counts: Array(repeating: 2, count: group.size), into: &hashes)
        for rank in 0..<group.size {
            expect(
                hashes[2 * rank] == hashes[0] && hashes[2 * rank + 1] == hashes[1],
                "rank \(rank) has the results of rank 0")
        }
        var counts = [Double](repeating: 0, count: 2 * group.size)
        try group.allGather(
            [Double(runCount), Double(failedCount)],
            counts: Array(repeating: 2, count: group.size), into: &counts)
        var run = 0
        var failed = 0
        for rank in 0..<group.size {
            run += Int(counts[2 * rank])
            failed += Int(counts[2 * rank + 1])
        }
        if group.rank == 0 {
            print("\(run) checks, \(failed) failed, results \(String(hash, radix: 16))")
        }
        return failed == 0
    }
}
