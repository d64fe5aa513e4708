package import LRNetKernels

/// What layers need of the other processes in a backward pass: sums of gradients, and rows of all
/// samples.
///
/// Every process of the run makes the same calls in the same order. What has begun goes on while
/// layers compute, whenever somebody calls ``progress()``; whoever runs the pass finishes it.
package protocol GradientExchange: AnyObject {
    /// Begins to add up a range of the gradient vector over all processes.
    ///
    /// - Parameters:
    ///   - range: Of the vector; adjacent ranges may be sent together.
    ///   - store: Whose nodes hold this process's part, and whose total gets the sum.
    ///   - unit: If given, only this process's share of the range is wanted: that of
    ///     ``share(of:unit:)``.
    func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) throws

    /// Begins to gather the rows of all samples of the batch, in order.
    ///
    /// - Parameters:
    ///   - rows: This process's, one a sample.
    ///   - width: Values of a row.
    ///   - name: Names the memory and the exchange; unique in the pass.
    func beginGather(
        rows: FloatView, width: Int, name: GatherName, layout: BatchLayout
    ) throws

    /// Waits for a gather that has begun; returns all rows, which stay until the next step.
    func finishGather(_ name: GatherName) throws -> FloatView

    /// The values that are this process's of `count` that all processes share out: a contiguous run,
    /// of units of `unit` values, the last of which may be shorter.
    func share(of count: Int, unit: Int) -> Range<Int>

    /// Begins to gather what has been shared out, in place.
    func beginGather(shares view: FloatView, unit: Int) throws

    /// Lets what has begun move on. Called between products, from the thread that runs the pass.
    func progress()
}

/// Names what is gathered.
package struct GatherName: Hashable, Sendable {
    /// Which rows of a layer.
    package enum Rows: Sendable {
        /// Its inputs.
        case input
        /// dL/d mean of its outputs.
        case meanGradient
        /// dL/d variance of its outputs.
        case varianceGradient
    }

    /// The layer's position in the network.
    package let layer: Int
    /// Which of its rows.
    package let rows: Rows

    /// Creates a name.
    package init(layer: Int, rows: Rows) {
        self.layer = layer
        self.rows = rows
    }
}

/// The exchange of a run with one process: everything is here already.
package final class LocalGradients: GradientExchange {
    private var gathered: [GatherName: FloatView] = [:]

    /// Creates the exchange.
    package init() {}

    /// Does nothing: the only node is the total.
    package func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) {}

    /// Keeps the rows.
    package func beginGather(rows: FloatView, width: Int, name: GatherName, layout: BatchLayout) {
        gathered[name] = rows
    }

    /// The rows, whose buffer is the caller's from here on.
    package func finishGather(_ name: GatherName) -> FloatView {
        guard let rows = gathered.removeValue(forKey: name) else {
            preconditionFailure("nothing gathered for \(name)")
        }
        return rows
    }

    /// All of them.
    package func share(of count: Int, unit: Int) -> Range<Int> { 0..<count }

    /// Does nothing.
    package func beginGather(shares view: FloatView, unit: Int) {}

    /// Does nothing.
    package func progress() {}
}
