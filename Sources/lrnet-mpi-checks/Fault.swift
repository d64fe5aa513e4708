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
    /// It throws an error of its own.
    case thrown
    /// It reports the error through `agree`.
    case agreed
    /// It leaves without a word.
    case exit

    /// Fails on `faulty`, waits for it on the others; never returns a success.
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
            if group.rank == faulty { leave() }
        }
        let exchange = TreeExchange(
            group: group, leafCount: group.size, presentLeaves: group.size, valueCount: 100_003)
        let view = FloatBuffer(count: 100_003).all
        try exchange.allReduce(nodes: [view], into: view)
        try group.barrier()
        return .stalled
    }
}

/// Ends this process as if all were well, with MPI still running.
private func leave() -> Never { exit(0) }
