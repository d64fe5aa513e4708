package import LRNetKernels

/// The exchange with other processes during a pass of a training step: sums of gradients, and rows
/// of all samples.
///
/// Every process of the run makes the same calls in the same order. Exchanges that have begun
/// continue while layers compute, whenever ``progress()`` is called. The caller of the pass
/// finishes them.
package protocol GradientExchange: AnyObject {
    /// Begins to sum a range of the gradient vector over all processes.
    ///
    /// - Parameters:
    ///   - range: The range of the vector; adjacent ranges may be sent together.
    ///   - store: The store whose nodes contain this process's part, and whose total receives the
    ///     sum.
    ///   - unit: If given, this process requires only its share of the range, as
    ///     ``share(of:unit:)`` defines it.
    func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) throws

    /// Begins to gather the rows of all samples of the batch, in order.
    ///
    /// - Parameters:
    ///   - rows: This process's rows, one per sample.
    ///   - width: The number of values per row.
    ///   - name: Identifies the memory and the exchange; unique in the pass.
    func beginGather(
        rows: FloatView, width: Int, name: GatherName, layout: BatchLayout
    ) throws

    /// Waits for a gather that has begun; returns all rows, which remain valid until the next step.
    func finishGather(_ name: GatherName) throws -> FloatView

    /// Returns this process's share of `count` values that are divided among all processes: a
    /// contiguous range in units of `unit` values. The last unit may be shorter.
    func share(of count: Int, unit: Int) -> Range<Int>

    /// Begins to gather, in place, the values that were divided among the processes.
    func beginGather(shares view: FloatView, unit: Int) throws

    /// Advances the exchanges that have begun. Called between products, on the thread that runs the
    /// pass.
    func progress()
}

/// The name of gathered rows.
package struct GatherName: Hashable, Sendable {
    /// The kind of rows of a layer.
    package enum Rows: Sendable {
        /// The inputs.
        case input
        /// dL/d mean of the outputs.
        case meanGradient
        /// dL/d variance of the outputs.
        case varianceGradient
    }

    /// The layer's position in the network.
    package let layer: Int
    package let rows: Rows

    package init(layer: Int, rows: Rows) {
        self.layer = layer
        self.rows = rows
    }
}

/// The exchange of a run with a single process, which already has all data.
package final class LocalGradients: GradientExchange {
    private var gathered: [GatherName: FloatView] = [:]

    package init() {}

    /// Does nothing, because the only node is the total.
    package func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) {}

    package func beginGather(rows: FloatView, width: Int, name: GatherName, layout: BatchLayout) {
        gathered[name] = rows
    }

    /// Returns the rows; the exchange does not retain their buffer.
    package func finishGather(_ name: GatherName) -> FloatView {
        guard let rows = gathered.removeValue(forKey: name) else {
            preconditionFailure("nothing gathered for \(name)")
        }
        return rows
    }

    package func share(of count: Int, unit: Int) -> Range<Int> { 0..<count }

    package func beginGather(shares view: FloatView, unit: Int) {}

    package func progress() {}
}
