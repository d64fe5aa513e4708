package import LRNetKernels
package import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A group of one process, which does not call MPI.
package final class SingleProcessGroup: ProcessGroup {
    package var rank: Int { 0 }

    package var size: Int { 1 }

    package let hostNames: [String]

    package init() {
        hostNames = [Self.hostName()]
    }

    package func barrier() {}

    package func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] {
        checkRoot(root)
        return bytes
    }

    package func broadcast(_ view: FloatView, root: Int) {
        checkRoot(root)
    }

    package func allGather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }

    package func gather(_ bytes: [UInt8]) -> [[UInt8]]? { [bytes] }

    package func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) {
        checkSlices(own, slices, whole)
        whole.copy(from: own)
    }

    package func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) {
        checkSlices(own, slices, whole)
        own.copy(from: whole)
    }

    package func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {
        checkGather(local.count, counts, gathered.count)
        for index in local.indices { gathered[index] = local[index] }
    }

    package func sum(_ values: inout [Int64]) {}

    package func minimum(_ values: inout [Int64]) {}

    package func exchange(_ round: MessageRound, in values: DoubleBuffer) {
        precondition(round.isEmpty, "a single process cannot exchange \(round)")
    }

    package func makeMachineWords(count: Int) -> AtomicWords { AtomicWords(count: count) }

    package func abort(_ status: ExitStatus) -> Never {
        exit(status.rawValue)
    }

    package func finalize() {}

    private static func hostName() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, gethostname(start, 255) == 0 else {
                return "localhost"
            }
            buffer[255] = 0
            return String(cString: start)
        }
    }
}
