package import LRNetSupport

/// The progress of a measurement of finished networks.
package struct EvaluationProgress: Sendable {
    /// The label of the task, such as `validating`.
    package var task: String

    /// The number of the current network, counted from 1.
    package var draw: Int

    package var drawCount: Int

    /// The number of finished batches over all draws, for the re-estimation of batch norm and for
    /// the split.
    package var doneBatches = 0

    package var batchCount: Int

    package func makeBar() -> ProgressBar {
        ProgressBar(task, total: batchCount, unit: "batches")
    }

    package func update(_ bar: ProgressBar?) {
        bar?.update(
            done: doneBatches, note: drawCount > 1 ? "draw \(draw) of \(drawCount)" : "")
    }
}
