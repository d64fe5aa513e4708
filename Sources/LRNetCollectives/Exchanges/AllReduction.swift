package import LRNetKernels

/// A communication between all ranks that can overlap with computation.
///
/// Every rank must create it with the same arguments and in the same order relative to other
/// exchanges, and must start it equally often. Several exchanges can be under way at a time. A rank
/// calls ``step()`` as often as convenient, and ranks need not call it equally often. MPI moves
/// data only during a call of the rank.
package protocol Exchange: AnyObject {
    /// Advances the exchange without waiting. Returns true if it is done or none is under way.
    func step() throws -> Bool

    /// Waits until the exchange is done.
    func finish() throws
}

/// A sum over all ranks.
package protocol AllReduction: Exchange {
    /// The number of this rank's nodes, which `start(nodes:into:)` expects.
    var nodeCount: Int { get }

    /// Starts the sum.
    ///
    /// - Parameters:
    ///   - nodes: This rank's nodes in order. The caller must not write them until the sum is done.
    ///   - output: The sum of all ranks' nodes. The caller must not use it until the sum is done.
    ///     It can be the same memory as one of the nodes.
    /// - Precondition: No sum is under way; the views' counts are the reduction's value count.
    func start(nodes: [FloatView], into output: FloatView) throws
}

extension AllReduction {
    package func allReduce(nodes: [FloatView], into output: FloatView) throws {
        try start(nodes: nodes, into: output)
        try finish()
    }
}
