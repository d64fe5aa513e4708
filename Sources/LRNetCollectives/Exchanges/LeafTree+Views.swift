package import LRNetKernels
package import LRNetSupport

extension LeafTree {
    /// Sums a rank's leaves to its nodes, in place, and returns the nodes' views.
    ///
    /// - Parameters:
    ///   - leaves: One view per present leaf of `run`, in order. The views are overwritten.
    ///   - run: The leaves that the rank owns; absent ones are ignored.
    /// - Precondition: The views have equal counts and do not overlap.
    package func addUp(_ leaves: [FloatView], of run: Range<Int>) -> [FloatView] {
        let run = run.clamped(to: 0..<count)
        precondition(leaves.count == run.count, "\(leaves.count) views for leaves \(run)")
        let additions = additions(within: run)
        VectorSum.addInPlace(leaves, additions)
        return nodes(covering: run).map { leaves[self.leaves(of: $0).lowerBound - run.lowerBound] }
    }
}
