package import LRNetKernels
package import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A group of one process, which makes no MPI call at all.
package final class SingleProcessGroup: ProcessGroup {
    /// Zero.
    package var rank: Int { 0 }

    /// One.
    package var size: Int { 1 }

    /// The name of this machine.
    package let hostNames: [String]

    /// Makes the group.
    package init() {
        hostNames = [Self.hostName()]
    }

    /// Returns at once.
    package func barrier() {}

    /// Returns `bytes`.
    package func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] {
        checkRoot(root)
        return bytes
    }

    /// Leaves the view as it is.
    package func broadcast(_ view: FloatView, root: Int) {
        checkRoot(root)
    }

    /// Returns `[bytes]`.
    package func allGather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }

    /// Copies `local` to `gathered`.
    package func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {
        checkGather(local.count, counts, gathered.count)
        for index in local.indices { gathered[index] = local[index] }
    }

    /// Ends the process.
    package func abort(_ status: ExitStatus) -> Never {
        exit(status.rawValue)
    }

    /// Does nothing.
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
