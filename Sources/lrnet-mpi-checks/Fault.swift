import LRNetCollectives
import LRNetKernels
import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A way for one rank to fail while the others are in a collective.
enum Fault: String {
    /// The rank throws an error.
    case thrown
    /// The rank reports an error through `agree`.
    case agreed
    /// The rank exits without an error.
    case exit

    /// Fails on rank `faulty` and waits for it on the others. Never returns success.
    func run(_ group: any ProcessGroup, on faulty: Int) throws -> ExitStatus {
        let failure = Failure(
            call: "open", subject: "train-00001.h5", message: "no such file",
            exitStatus: .inputMissing)
        try group.barrier()
        switch self {
        case .thrown:
            if group.rank == faulty { throw failure }
        case .agreed:
            try group.agree(group.rank == faulty ? failure : nil)
        case .exit:
            if group.rank == faulty { exitNormally() }
        }
        let exchange = TreeExchange(
            group: group, leafCount: group.size, presentLeaves: group.size, valueCount: 100_003)
        let view = FloatBuffer(count: 100_003).all
        try exchange.allReduce(nodes: [view], into: view)
        try group.barrier()
        return .stalled
    }
}

/// Ends this process with exit code 0 while MPI is still running.
private func exitNormally() -> Never { exit(0) }
