package import LRNetKernels

/// Something between all ranks that can be overlapped with computation.
///
/// Every rank makes it with the same arguments, in the same order relative to other reductions, and
/// starts it equally often. Several may be under way at a time. ``step()`` is called as often as
/// convenient, not equally often on all ranks; MPI moves data only while a rank is in a call.
package protocol Exchange: AnyObject {
    /// Moves the exchange on without waiting; returns true when it is done, or when none is under way.
    func step() throws -> Bool

    /// Returns when the exchange is done.
    func finish() throws
}

/// A sum over all ranks.
package protocol AllReduction: Exchange {
    /// The number of this rank's nodes, which ``start(nodes:into:)`` expects.
    var nodeCount: Int { get }

    /// Begins the sum.
    ///
    /// - Parameters:
    ///   - nodes: This rank's nodes in order; they may not be written before the sum is done.
    ///   - output: The sum of all ranks' nodes; not to be touched before the sum is done. It may be
    ///     the same memory as one of the nodes.
    /// - Precondition: No sum is under way; the views' counts are the one that was announced.
    func start(nodes: [FloatView], into output: FloatView) throws
}

extension AllReduction {
    /// Starts and finishes the sum.
    package func allReduce(nodes: [FloatView], into output: FloatView) throws {
        try start(nodes: nodes, into: output)
        try finish()
    }
}
