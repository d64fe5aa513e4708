package import LRNetKernels

/// One pass of a batch through the network: the state that all layers share.
package struct Pass {
    /// The purpose of a pass.
    package enum Mode: Sendable {
        /// Noise, dropout and batch statistics; a backward pass follows.
        case training
        /// Like training, but only for the loss: batch norm does not update its moving averages.
        case scoring
        /// Fixed weights and batch statistics, which are collected for evaluation.
        case estimating
        /// Fixed weights and fixed statistics.
        case evaluation
    }

    package let mode: Mode

    /// The seed of the run.
    package let seed: UInt64

    /// The training step, counted from 0; part of the noise keys.
    package let step: Int

    /// The number of the draw of the step's weights, counted from 0.
    package let draw: Int

    /// The division of the samples into leaves and micro-batches.
    package let layout: BatchLayout

    /// The threads of this process. They may progress messages between two iterations of a loop
    /// (``ThreadPool/progressing(_:)``).
    package let pool: ThreadPool

    /// The exchange of batch-norm statistics with other processes.
    package let statistics: any StatisticsExchange

    /// The store for the gradients of leaves; `nil` outside training.
    package let gradients: GradientStore?

    /// Called with each layer and its output during a forward pass, and with its input gradient
    /// during a backward pass; for `--debug`, and for faults that tests inject.
    package typealias Observer = (
        _ layer: any Layer, _ values: FloatView, _ isGradient: Bool
    ) -> Void

    /// An observer of the pass; `nil` in ordinary training.
    package let observer: Observer?

    /// Called when a layer's part of a backward pass is complete; set by
    /// ``Network/backward(_:_:layerIsDone:)``.
    var layerIsDone: ((any Layer) throws -> Void)?

    package init(
        mode: Mode, seed: UInt64 = 0, step: Int = 0, draw: Int = 0, layout: BatchLayout,
        pool: ThreadPool,
        statistics: any StatisticsExchange, gradients: GradientStore? = nil,
        observer: Observer? = nil
    ) {
        self.mode = mode
        self.seed = seed
        self.step = step
        self.draw = draw
        self.layout = layout
        self.pool = pool
        self.statistics = statistics
        self.gradients = gradients
        self.observer = observer
    }

    /// Returns the key of a sample's random numbers in a layer; `sample` counts from the first
    /// sample of this process.
    func key(_ purpose: NoiseKey.Purpose, layer: Int, sample: Int) -> NoiseKey {
        NoiseKey(
            seed: seed, purpose: purpose, step: UInt32(step), layer: UInt16(layer),
            index: UInt32(layout.firstSample + sample))
    }
}
