public import LRNetKernels
public import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A group of one process, which makes no MPI call at all.
public final class SingleProcessGroup: ProcessGroup {
    /// Zero.
    public var rank: Int { 0 }

    /// One.
    public var size: Int { 1 }

    /// The name of this machine.
    public let hostNames: [String]

    /// Makes the group.
    public init() {
        hostNames = [Self.hostName()]
    }

    /// Returns at once.
    public func barrier() {}

    /// Returns `bytes`.
    public func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] {
        checkRoot(root)
        return bytes
    }

    /// Leaves the view as it is.
    public func broadcast(_ view: FloatView, root: Int) {
        checkRoot(root)
    }

    /// Returns `[bytes]`.
    public func allGather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }

    /// Copies `local` to `gathered`.
    public func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {
        checkGather(local.count, counts, gathered.count)
        for index in local.indices { gathered[index] = local[index] }
    }

    /// Ends the process.
    public func abort(_ status: ExitStatus) -> Never {
        exit(status.rawValue)
    }

    /// Does nothing.
    public func finalize() {}

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
