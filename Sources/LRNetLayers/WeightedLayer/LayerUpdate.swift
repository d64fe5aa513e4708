internal import LRNetKernels

/// The update of a layer with weights in one step: from exchanged sums to new latents.
///
/// The update of a layer with many weights is divided among the processes. Each process receives
/// the sums for its share of the weights, pulls them back to the gradients of the latents, and
/// updates the latents, in short ranges that stay in cache. Then the shares of the latents are
/// gathered. This sends as many bytes as gathering gradients would, and each process reads and
/// writes only its share of latents and optimizer moments.
struct LayerUpdate {
    private let layer: WeightedLayer
    private let step: WeightStep
    private let pool: ThreadPool
    /// The layer's range of the exchanged sums.
    private let sums: FloatView
    /// This process's share of the weights.
    private let share: Range<Int>

    /// The minimum number of weights for which the update is divided.
    private static let minimumSharedCount = 1 << 14

    /// The number of weights per unit of a division, unless another one is required; a multiple of
    /// 64, the number of random numbers in a group.
    private static let unitCount = 1 << 10

    /// The number of weights that a thread updates at a time; their latents, moments and gradients
    /// fit in a core's cache.
    private static let stretchCount = 1 << 12

    /// Returns the default unit in which the weights of a layer are divided; `nil` if they are not.
    static func unit(of shape: WeightShape) -> Int? {
        shape.count >= minimumSharedCount ? unitCount : nil
    }

    /// Returns the number of values of a thread's scratch for an update of this many tensors.
    static func scratchCount(tensors: Int) -> Int { tensors * stretchCount }

    /// Creates the update of a layer that is not frozen, from the sums in `gradients`.
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
            let gradients = latents.indices.map {
                scratch[$0 * Self.stretchCount..<$0 * Self.stretchCount + range.count]
            }
            pullBack(range, into: gradients)
            for (latent, gradient) in zip(latents, gradients) {
                optimizer.update(latent, range, gradient: gradient)
                if let limit = layer.logitClip, latent.role == .logit {
                    Elementwise.clamp(latent.value[range], to: -limit...limit)
                }
            }
        }
        for (parameter, gradient) in scalesAndBias {
            optimizer.update(parameter, 0..<gradient.count, gradient: gradient)
        }
    }

    /// Computes the complete gradients of the parameters from the sums of all weights.
    func finishGradients() {
        let gradients = layer.weightLatents.map(\.gradient)
        forEachStretch(of: 0..<layer.shape.count) { range, _ in
            pullBack(range, into: gradients.map { $0[range] })
        }
        for (parameter, gradient) in scalesAndBias {
            parameter.gradient.copy(from: gradient)
        }
    }

    /// The tensors whose gradients are the sums themselves.
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

    private func pullBack(_ range: Range<Int>, into latentGradients: [FloatView]) {
        let moments = layer.gradientLayout.moments(of: sums)
        let values = layer.weightLatents.map { $0.value[range] }
        let gradientRange = moments.mean.count > 0 ? range : 0..<0
        layer.model.pullBack(
            values, first: range.lowerBound, step: step,
            gradient: PreparedWeights(
                mean: moments.mean[gradientRange],
                variance: moments.variance.map { $0[gradientRange] }),
            into: latentGradients)
        layer.parts.regularizer?.addRegularization(beta: layer.beta, values, to: latentGradients)
        layer.parts.scaledDecay?.addDecay(
            layer.weightDecay, values, first: range.lowerBound, step: step,
            to: latentGradients)
    }
}
