import LRNetCollectives
import LRNetKernels
import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One rank of a group without the other ranks. It receives what a test sets.
final class LoneRank: ProcessGroup, @unchecked Sendable {
    let rank: Int
    let size: Int
    var hostNames: [String] { Array(repeating: "localhost", count: size) }
    /// The bytes that rank 0 sends to this rank.
    var received: [UInt8] = []

    init(rank: Int, of size: Int) {
        (self.rank, self.size) = (rank, size)
    }

    func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] {
        if rank == root { received = bytes }
        return received
    }

    /// The other ranks send what this rank sends.
    func allGather(_ bytes: [UInt8]) -> [[UInt8]] { Array(repeating: bytes, count: size) }

    func gather(_ bytes: [UInt8]) -> [[UInt8]]? {
        rank == 0 ? Array(repeating: bytes, count: size) : nil
    }

    func barrier() {}
    func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) {}
    func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) {}
    func broadcast(_ view: FloatView, root: Int) {}
    func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {}
    func sum(_ values: inout [Int64]) {}
    func makeMachineWords(count: Int) -> AtomicWords { AtomicWords(count: count) }
    func minimum(_ values: inout [Int64]) {}
    func exchange(_ round: MessageRound, in values: DoubleBuffer) {}
    func abort(_ status: ExitStatus) -> Never { exit(status.rawValue) }
    func finalize() {}
}
