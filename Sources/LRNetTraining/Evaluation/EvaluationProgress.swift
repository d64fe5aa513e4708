package import LRNetSupport

/// How far a measurement of finished networks is.
package struct EvaluationProgress: Sendable {
    /// `validating`
    package var task: String

    /// Which network, counted from 1.
    package var draw: Int

    package var drawCount: Int

    /// Batches that are done, over all draws: batch norm's re-estimation and the split.
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
