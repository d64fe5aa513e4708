public import LRNetKernels

extension WeightedLayer {
    /// Computes `z`; in training with noise.
    public func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        if usesWholeBatch { try beginInputGather(input, pass) }
        let isNoisy = pass.mode == .training && model.isProbabilistic
        let bias = fixedBias ?? bias?.value
        products.packForward(
            PreparedWeights(mean: mean.all, variance: isNoisy ? variance?.all : nil),
            pool: pass.pool)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                let result = panel.scaled(by: outputShape.count)
                products.forward(
                    input[panel.scaled(by: inputShape.count)],
                    into: MomentViews(
                        mean: output[result], variance: isNoisy ? sensitivity[result] : nil),
                    worker: worker)
                if isNoisy && !isStandardized { sample(panel, worker: worker, pass) }
                if let bias { Elementwise.addRow(bias, toRowsOf: output[result]) }
                if isNoisy, let standardizing = parts.standardizing {
                    SignActivations.standardize(
                        mean: output[result], variance: sensitivity[result],
                        offset: standardizing.varianceOffset(shape))
                }
            }
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

    /// Draws a panel's pre-activations from their means and variances.
    private func sample(_ panel: Range<Int>, worker: Int, _ pass: Pass) {
        if let varianceMonitor {
            let variances = sensitivity[panel.scaled(by: outputShape.count)]
            let smallest = min(varianceMonitor.smallest[worker], Elementwise.minimum(variances))
            varianceMonitor.smallest[worker] = smallest
        }
        for sample in panel {
            let values = (sample..<sample + 1).scaled(by: outputShape.count)
            GaussianNoise.samplePreActivations(
                mean: output[values], variance: sensitivity[values], floor: Self.varianceFloor,
                key: pass.key(.preActivation, layer: index, sample: sample))
        }
    }

    /// Computes the leaves' gradients of the moments, and the input's.
    ///
    ///     dM = G        dV = G * e / (2 sqrt(V + floor))
    ///     dm = x' dM    dv = (x^2)' dV
    ///     dx = dM m' + 2 x * (dV v')          summed over the patches that a value lies in
    public func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input, let gradients = pass.gradients else {
            preconditionFailure("\(name): backward without forward or without gradients")
        }
        if model.isFrozen { return makeInputGradient(input, gradient, pass) }
        let leaves = pass.layout.leaves
        pass.pool.forEach(leaves.count) { leaf, worker in
            let slopes = slopes(leaves[leaf], gradient)
            guard !usesWholeBatch else { return }
            weightGradient(
                leaves[leaf], input: input, slopes: slopes,
                into: gradients.view(leaf: leaf, layer: gradientRange), worker: worker, pass)
        }
        if usesWholeBatch {
            try beginSlopeGather(views(0..<pass.layout.sampleCount, gradient), pass)
        } else {
            gradients.combine(layer: gradientRange, pool: pass.pool)
            try beginSums(gradients)
        }
        let inputGradient = makeInputGradient(input, gradient, pass)
        if usesWholeBatch { try makeWholeBatchGradient(gradients, pass) }
        return inputGradient
    }

    /// dL/dx, empty where nobody wants it.
    private func makeInputGradient(
        _ input: FloatView, _ gradient: FloatView, _ pass: Pass
    ) -> FloatView {
        guard needsInputGradient else { return memory.gradient(0) }
        let result = memory.gradient(pass.layout.sampleCount * inputShape.count)
        products.packBackward(
            PreparedWeights(
                mean: mean.all, variance: model.hasVarianceGradient ? variance?.all : nil),
            pool: pass.pool)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                let images = panel.scaled(by: inputShape.count)
                products.inputGradient(
                    input[images], gradient: views(panel, gradient), into: result[images],
                    worker: worker)
            }
        }
        return result
    }

    /// dM and dV of some samples; makes dV.
    private func slopes(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let slopes = views(samples, gradient)
        if isStandardized {
            let values = samples.scaled(by: outputShape.count)
            Elementwise.multiply(slopes.mean, by: sensitivity[values])
        }
        if let variance = slopes.variance { Elementwise.multiply(variance, by: slopes.mean) }
        return slopes
    }

    /// dM and dV of some samples, once dV is made.
    private func views(_ samples: Range<Int>, _ gradient: FloatView) -> MomentViews {
        let values = samples.scaled(by: outputShape.count)
        return MomentViews(
            mean: gradient[values], variance: model.hasVarianceGradient ? sensitivity[values] : nil)
    }

    private func weightGradient(
        _ samples: Range<Int>, input: FloatView, slopes: MomentViews, into target: FloatView,
        worker: Int, _ pass: Pass
    ) {
        if model.hasWeightGradient {
            let slots = slots(of: target)
            products.weightGradient(
                input[samples.scaled(by: inputShape.count)], gradient: slopes, into: slots,
                panelSize: panelSize, worker: worker)
            if let scaled = parts.scales {
                scaled.scaleGradient(
                    latents.map(\.value), step: weightStep(pass),
                    gradient: PreparedWeights(mean: slots.mean, variance: slots.variance),
                    into: target[scaleRange(of: target)])
            }
        }
        if let bias {
            Elementwise.sumRows(
                of: slopes.mean, into: target[target.count - bias.value.count..<target.count],
                accumulate: false)
        }
    }

    /// The parts of the layer's range of a gradient vector that belong to means and variances.
    func slots(of vector: FloatView) -> MomentViews {
        let count = model.hasWeightGradient ? shape.count : 0
        return MomentViews(
            mean: vector[0..<count],
            variance: model.hasVarianceGradient ? vector[count..<2 * count] : nil)
    }

    /// The place of the scales in the layer's range of a gradient vector.
    func scaleRange(of vector: FloatView) -> Range<Int> {
        let end = vector.count - (bias?.value.count ?? 0)
        return end - scaleCount..<end
    }
}
