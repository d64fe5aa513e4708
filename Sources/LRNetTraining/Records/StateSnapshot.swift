internal import LRNetKernels
internal import LRNetSupport

/// A copy of a run's state on rank 0, from which a checkpoint is encoded while training continues.
struct StateSnapshot: Sendable {
    /// A parameter and its two moments, whole.
    struct Tensor: Sendable {
        let name: String
        let value, first, second: FloatView
    }

    /// The moving averages of a batch norm.
    struct Averages: Sendable {
        let layer: String
        let mean, variance: [Double]
    }

    /// In the order of the network. ``Checkpoint`` removes each tensor that it has encoded, so that
    /// its memory is free.
    var tensors: [Tensor]

    let averages: [Averages]
    let trace: WeightTrace.Saved
}
