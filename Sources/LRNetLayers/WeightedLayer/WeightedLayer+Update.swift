internal import LRNetKernels

/// From exchanged sums to new latents.
///
/// Layers with many weights are shared out: each process gets the sums of its share of the weights,
/// pulls them back to the latents' gradients and updates these, a stretch at a time that stays in
/// cache, and then the shares of the latents are gathered. Bytes are those of gathering gradients, and
/// the passes over latents and moments are divided by the number of processes.
extension WeightedLayer {
    /// The fewest weights that are worth sharing out.
    private static let leastSharedCount = 1 << 14

    /// Weights of a unit of what is shared out, where no other cut is wanted; a multiple of 64, as
    /// random numbers come.
    private static let unitCount = 1 << 10

    /// Weights that a thread updates at a time: latents, moments and gradients of so many stay in a
    /// core's cache.
    private static let stretchCount = 1 << 12

    /// Decides how the update is shared out, by the recipe alone.
    func reserveUpdate() {
        let unit: Int? =
            model.isFrozen
            ? nil
            : usesWholeBatch
                ? wholeBatchUnit : shape.count >= Self.leastSharedCount ? Self.unitCount : nil
        for latent in weightLatents { latent.shareUnit = unit }
        memory.need(weights: 0, scratch: weightLatents.count * Self.stretchCount)
    }

    private var shareUnit: Int? { weightLatents.first?.shareUnit }

    /// This process's weights.
    private func share(_ pass: Pass) -> Range<Int> {
        guard let unit = shareUnit, let exchange = pass.gradients?.exchange else {
            return 0..<shape.count
        }
        return exchange.share(of: shape.count, unit: unit)
    }

    /// Begins to add up the layer's nodes.
    func beginSums(_ gradients: GradientStore) throws {
        // In the order of the vector from its end, as buckets want it.
        var end = gradientRange.upperBound
        func begin(_ count: Int, unit: Int?) throws {
            try gradients.exchange.beginSum(end - count..<end, of: gradients, unit: unit)
            end -= count
        }
        if let bias { try begin(bias.value.count, unit: nil) }
        for scale in scales.reversed() { try begin(scale.value.count, unit: nil) }
        guard model.hasWeightGradient else { return }
        if model.hasVarianceGradient { try begin(shape.count, unit: shareUnit) }
        try begin(shape.count, unit: shareUnit)
    }

    /// Whether this process's share of the sums is finite.
    public func hasFiniteGradients(_ pass: Pass) -> Bool {
        if model.isFrozen { return true }
        guard let vector = pass.gradients?.total[gradientRange] else { return true }
        let (share, sums) = (share(pass), slots(of: vector))
        var parts = model.hasWeightGradient ? [sums.mean[share]] : []
        parts.append(vector[scaleRange(of: vector)])
        if let variance = sums.variance { parts.append(variance[share]) }
        if let bias { parts.append(vector[vector.count - bias.value.count..<vector.count]) }
        return parts.allSatisfy { Elementwise.nonFiniteCount($0, pool: pass.pool) == 0 }
    }

    /// Updates this process's share of the latents, and the bias.
    public func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws {
        if model.isFrozen { return }
        guard let gradients = pass.gradients else {
            preconditionFailure("\(name): update without gradients")
        }
        forEachStretch(of: share(pass), pass) { range, worker in
            let scratch = memory.scratch(worker)
            let slopes = weightLatents.indices.map {
                scratch[$0 * Self.stretchCount..<$0 * Self.stretchCount + range.count]
            }
            pullBack(range, of: gradients.total, into: slopes, pass)
            for (latent, slope) in zip(weightLatents, slopes) {
                optimizer.update(latent, range, gradient: slope)
                if let logitClip, latent.role == .logit {
                    Elementwise.clamp(latent.value[range], to: -logitClip...logitClip)
                }
            }
        }
        for (scale, slope) in zip(scales, scaleSlopes(of: gradients.total)) {
            optimizer.update(scale, 0..<slope.count, gradient: slope)
        }
        if let bias {
            let end = gradientRange.upperBound
            optimizer.update(
                bias, 0..<bias.value.count,
                gradient: gradients.total[end - bias.value.count..<end])
        }
        for latent in weightLatents {
            guard let unit = latent.shareUnit else { continue }
            try gradients.exchange.beginGather(shares: latent.value, unit: unit)
        }
    }

    /// Pulls the sums of all weights back, into the parameters' gradients.
    public func finishGradients(_ pass: Pass) {
        if model.isFrozen { return }
        guard let total = pass.gradients?.total else { return }
        let slopes = weightLatents.map(\.gradient)
        forEachStretch(of: 0..<shape.count, pass) { range, _ in
            pullBack(range, of: total, into: slopes.map { $0[range] }, pass)
        }
        for (scale, slope) in zip(scales, scaleSlopes(of: total)) {
            scale.gradient.copy(from: slope)
        }
        if let bias {
            let end = gradientRange.upperBound
            bias.gradient.copy(from: total[end - bias.value.count..<end])
        }
    }

    /// The sums of the scales' gradients.
    private func scaleSlopes(of total: FloatView) -> [FloatView] {
        let vector = total[gradientRange]
        var start = scaleRange(of: vector).lowerBound
        return scales.map { scale in
            defer { start += scale.value.count }
            return vector[start..<start + scale.value.count]
        }
    }

    private func forEachStretch(
        of share: Range<Int>, _ pass: Pass, _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        pass.pool.forEachRange(share.count, grain: Self.stretchCount) { stretch, worker in
            body(
                share.lowerBound + stretch.lowerBound..<share.lowerBound + stretch.upperBound,
                worker)
        }
    }

    private func pullBack(
        _ range: Range<Int>, of total: FloatView, into slopes: [FloatView], _ pass: Pass
    ) {
        let sums = slots(of: total[gradientRange])
        let values = weightLatents.map { $0.value[range] }
        let place = model.hasWeightGradient ? range : 0..<0
        model.pullBack(
            values, first: range.lowerBound, step: weightStep(pass),
            gradient: PreparedWeights(
                mean: sums.mean[place], variance: sums.variance.map { $0[place] }),
            into: slopes)
        parts.regularizer?.addRegularization(beta: beta, values, to: slopes)
    }
}
