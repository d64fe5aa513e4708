public import LRNetKernels

extension WeightedLayer {
    /// Computes `z`; in training with noise.
    public func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        let products = reservedProducts
        let panelSize = products.panelSize(microBatch: pass.layout.microBatch)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                let isNoisy = pass.mode == .training && model.isProbabilistic
                let result = range(panel, of: outputShape)
                products.forward(
                    input[range(panel, of: inputShape)],
                    into: MomentViews(
                        mean: output[result], variance: isNoisy ? sensitivity[result] : nil),
                    worker: worker)
                if isNoisy { sample(panel, worker: worker, pass) }
                if let bias { Elementwise.addRow(bias.value, toRowsOf: output[result]) }
            }
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

    /// Draws a panel's pre-activations from their means and variances.
    private func sample(_ panel: Range<Int>, worker: Int, _ pass: Pass) {
        if let varianceMonitor {
            let variances = sensitivity[range(panel, of: outputShape)]
            let smallest = min(varianceMonitor.smallest[worker], Elementwise.minimum(variances))
            varianceMonitor.smallest[worker] = smallest
        }
        for sample in panel {
            let values = range(sample..<sample + 1, of: outputShape)
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
        let panelSize = reservedProducts.panelSize(microBatch: pass.layout.microBatch)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            let target = gradients.view(leaf: leaf, layer: gradientRange)
            let panels = pass.layout.panels(ofLeaf: leaf, panelSize: panelSize)
            for (position, panel) in panels.enumerated() {
                backwardPanel(
                    panel, input: input, gradient: gradient, target: target,
                    isFirst: position == 0, isLast: position == panels.count - 1, worker: worker)
            }
        }
        gradients.combine(layer: gradientRange, pool: pass.pool)
        return inputGradient[
            0..<(needsInputGradient ? pass.layout.sampleCount * inputShape.count : 0)]
    }

    private func backwardPanel(
        _ panel: Range<Int>, input: FloatView, gradient: FloatView, target: FloatView,
        isFirst: Bool, isLast: Bool, worker: Int
    ) {
        let images = range(panel, of: inputShape)
        let result = range(panel, of: outputShape)
        let slopes = MomentViews(
            mean: gradient[result], variance: model.isProbabilistic ? sensitivity[result] : nil)
        if let variance = slopes.variance { Elementwise.multiply(variance, by: slopes.mean) }
        reservedProducts.weightGradient(
            input[images], gradient: slopes, into: slots(of: target), isFirst: isFirst,
            isLast: isLast, worker: worker)
        if let bias {
            Elementwise.sumRows(
                of: slopes.mean, into: target[target.count - bias.value.count..<target.count],
                accumulate: !isFirst)
        }
        if needsInputGradient {
            reservedProducts.inputGradient(
                input[images], gradient: slopes, into: inputGradient[images], worker: worker)
        }
    }

    /// The parts of the layer's range of a gradient vector that belong to means and variances.
    func slots(of vector: FloatView) -> MomentViews {
        let count = shape.count
        return MomentViews(
            mean: vector[0..<count],
            variance: model.isProbabilistic ? vector[count..<2 * count] : nil)
    }

    private var reservedProducts: any LayerProducts {
        guard let products else { preconditionFailure("\(name): pass without memory") }
        return products
    }

    private func range(_ samples: Range<Int>, of shape: ImageShape) -> Range<Int> {
        samples.lowerBound * shape.count..<samples.upperBound * shape.count
    }
}
