internal import LRNetKernels

/// The update of a layer with weights in one step: from exchanged sums to new latents.
///
/// Layers with many weights are shared out: each process gets the sums of its share of the weights,
/// pulls them back to the latents' gradients and updates these, a stretch at a time that stays in
/// cache, and then the shares of the latents are gathered. Bytes are those of gathering gradients, and
/// the passes over latents and moments are divided by the number of processes.
struct LayerUpdate {
    private let layer: WeightedLayer
    private let step: WeightStep
    private let pool: ThreadPool
    /// The layer's range of the exchanged sums.
    private let sums: FloatView
    /// This process's weights.
    private let share: Range<Int>

    /// The fewest weights that are worth sharing out.
    private static let leastSharedCount = 1 << 14

    /// Weights of a unit of what is shared out, where no other cut is wanted; a multiple of 64, as
    /// random numbers come.
    private static let unitCount = 1 << 10

    /// Weights that a thread updates at a time: latents, moments and gradients of so many stay in a
    /// core's cache.
    private static let stretchCount = 1 << 12

    /// The unit in which a layer's weights are shared out by default; `nil` if they are not.
    static func unit(of shape: WeightShape) -> Int? {
        shape.count >= leastSharedCount ? unitCount : nil
    }

    /// Values of a thread's scratch for an update of so many tensors.
    static func scratchCount(tensors: Int) -> Int { tensors * stretchCount }

    /// Creates the update of a layer that learns, from the sums in `gradients`.
    init(of layer: WeightedLayer, _ gradients: GradientStore, _ pass: Pass) {
        self.layer = layer
        step = layer.weightStep(pass)
        pool = pass.pool
        sums = gradients.total[layer.gradientRange]
        share =
            layer.shareUnit.map { gradients.exchange.share(of: layer.shape.count, unit: $0) }
            ?? 0..<layer.shape.count
    }

    /// True if this process's share of the sums is finite.
    var isFinite: Bool {
        let layout = layer.gradientLayout
        let moments = layout.moments(of: sums)
        var parts = moments.mean.count > 0 ? [moments.mean[share]] : []
        parts.append(sums[layout.allScales])
        if let variance = moments.variance { parts.append(variance[share]) }
        if let bias = layout.bias { parts.append(sums[bias]) }
        return parts.allSatisfy { Elementwise.nonFiniteCount($0, pool: pool) == 0 }
    }

    /// Updates this process's share of the latents, the scales and the bias.
    func apply(by optimizer: any ParameterOptimizer) {
        let latents = layer.weightLatents
        forEachStretch(of: share) { range, worker in
            let scratch = layer.memory.scratch(worker)
            let slopes = latents.indices.map {
                scratch[$0 * Self.stretchCount..<$0 * Self.stretchCount + range.count]
            }
            pullBack(range, into: slopes)
            for (latent, slope) in zip(latents, slopes) {
                optimizer.update(latent, range, gradient: slope)
                if let limit = layer.logitClip, latent.role == .logit {
                    Elementwise.clamp(latent.value[range], to: -limit...limit)
                }
            }
        }
        for (parameter, slope) in scalesAndBias {
            optimizer.update(parameter, 0..<slope.count, gradient: slope)
        }
    }

    /// Pulls the sums of all weights back, into the parameters' gradients.
    func finishGradients() {
        let slopes = layer.weightLatents.map(\.gradient)
        forEachStretch(of: 0..<layer.shape.count) { range, _ in
            pullBack(range, into: slopes.map { $0[range] })
        }
        for (parameter, slope) in scalesAndBias { parameter.gradient.copy(from: slope) }
    }

    /// The tensors whose sums are their gradients.
    private var scalesAndBias: [(Parameter, FloatView)] {
        let layout = layer.gradientLayout
        let scales = zip(layer.scales, layout.scales).map { ($0, sums[$1]) }
        guard let bias = layer.bias, let range = layout.bias else { return scales }
        return scales + [(bias, sums[range])]
    }

    private func forEachStretch(
        of share: Range<Int>, _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        pool.forEachRange(share.count, grain: Self.stretchCount) { stretch, worker in
            body(
                share.lowerBound + stretch.lowerBound..<share.lowerBound + stretch.upperBound,
                worker)
        }
    }

    private func pullBack(_ range: Range<Int>, into slopes: [FloatView]) {
        let moments = layer.gradientLayout.moments(of: sums)
        let values = layer.weightLatents.map { $0.value[range] }
        let place = moments.mean.count > 0 ? range : 0..<0
        layer.model.pullBack(
            values, first: range.lowerBound, step: step,
            gradient: PreparedWeights(
                mean: moments.mean[place], variance: moments.variance.map { $0[place] }),
            into: slopes)
        layer.parts.regularizer?.addRegularization(beta: layer.beta, values, to: slopes)
        layer.parts.scaledDecay?.addDecay(
            layer.weightDecay, values, first: range.lowerBound, step: step, to: slopes)
    }
}
