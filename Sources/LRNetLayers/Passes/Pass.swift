package import LRNetKernels

/// One trip of a batch through the network: what all its layers share.
package struct Pass {
    /// What the trip is for.
    package enum Mode: Sendable {
        /// Noise, dropout and batch statistics; gradients follow.
        case training
        /// As training, but for the loss alone: batch norm keeps nothing of it.
        case scoring
        /// Fixed weights and batch statistics, which are gathered for evaluation.
        case estimating
        /// Fixed weights and fixed statistics.
        case evaluation
    }

    /// What the trip is for.
    package let mode: Mode

    /// The seed of the run.
    package let seed: UInt64

    /// The training step, counted from 0; names the noise.
    package let step: Int

    /// Which of the step's draws of weights this is, counted from 0.
    package let draw: Int

    /// How the samples fall into leaves and micro-batches.
    package let layout: BatchLayout

    /// The threads of this process; between two calls of a loop they may move messages
    /// (``ThreadPool/progressing(_:)``).
    package let pool: ThreadPool

    /// Where batch-norm statistics of the other processes come from.
    package let statistics: any StatisticsExchange

    /// Where leaves leave their gradients; `nil` outside training.
    package let gradients: GradientStore?

    /// Called with each layer and its output during a forward pass, and with its input gradient
    /// during a backward pass; for `--debug`, and for faults that tests inject.
    package typealias Observer = (
        _ layer: any Layer, _ values: FloatView, _ isGradient: Bool
    ) -> Void

    /// Looks at the pass; `nil` in training.
    package let observer: Observer?

    /// Called when a layer's part of a backward pass is over; set by ``Network/backward(_:_:layerIsDone:)``.
    var layerIsDone: ((any Layer) throws -> Void)?

    /// Creates a pass.
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

    /// The key of a sample's random numbers in a layer; `sample` counts from this process's first.
    func key(_ purpose: NoiseKey.Purpose, layer: Int, sample: Int) -> NoiseKey {
        NoiseKey(
            seed: seed, purpose: purpose, step: UInt32(step), layer: UInt16(layer),
            index: UInt32(layout.firstSample + sample))
    }
}

/// The one thing that layers need of other processes: batch-norm sums.
package protocol StatisticsExchange: AnyObject {
    /// Gathers `width` values a micro-batch from all processes.
    ///
    /// Every process of the run calls this at the same point of the same step.
    ///
    /// - Parameters:
    ///   - local: This process's values, micro-batch after micro-batch.
    ///   - width: The number of values of a micro-batch.
    ///   - layout: The layout of the batch.
    /// - Returns: The values of all micro-batches of the batch, in order.
    func gather(_ local: [Double], width: Int, layout: BatchLayout) throws -> [Double]
}

/// The exchange of a run with one process.
package final class LocalStatistics: StatisticsExchange {
    /// Creates the exchange.
    package init() {}

    /// Returns `local`.
    package func gather(_ local: [Double], width: Int, layout: BatchLayout) throws -> [Double] {
        local
    }
}
