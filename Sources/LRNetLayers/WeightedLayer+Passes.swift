public import LRNetKernels

extension WeightedLayer {
    /// Computes `z`; in training with noise.
    public func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        let panelSize = panelSize(microBatch: pass.layout.microBatch)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                forwardPanel(panel, input: input, worker: worker, pass)
            }
        }
        return output[0..<pass.layout.sampleCount * outputShape.count]
    }

    private func forwardPanel(
        _ panel: Range<Int>, input: FloatView, worker: Int, _ pass: Pass
    ) {
        let scratch = scratch[worker]
        let rows = panel.count * geometry.outputPixelCount
        let patches = gather(panel, input: input, scratch: scratch)
        let z = output[samples(panel, of: outputShape)]
        MatrixProduct.multiply(
            .plain(patches), packedMean.forward, into: z, rows: rows)
        if pass.mode == .training, let packedVariance {
            let squares = scratch.patches[0..<patches.count]
            let v = sensitivity[samples(panel, of: outputShape)]
            Elementwise.square(patches, into: squares)
            MatrixProduct.multiply(.plain(squares), packedVariance.forward, into: v, rows: rows)
            if let varianceMonitor {
                let smallest = min(varianceMonitor.smallest[worker], Elementwise.minimum(v))
                varianceMonitor.smallest[worker] = smallest
            }
            for sample in panel {
                let range = samples(sample..<sample + 1, of: outputShape)
                GaussianNoise.samplePreActivations(
                    mean: output[range], variance: sensitivity[range],
                    floor: Self.varianceFloor,
                    key: pass.key(.preActivation, layer: index, sample: sample))
            }
        }
        if let bias { Elementwise.addRow(bias.value, toRowsOf: z) }
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
        let panelSize = panelSize(microBatch: pass.layout.microBatch)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            let target = gradients.view(leaf: leaf, layer: gradientRange)
            var isFirst = true
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                backwardPanel(
                    panel, input: input, gradient: gradient, target: target,
                    accumulate: !isFirst, scratch: scratch[worker])
                isFirst = false
            }
        }
        gradients.combine(layer: gradientRange, pool: pass.pool)
        return inputGradient[
            0..<(needsInputGradient ? pass.layout.sampleCount * inputShape.count : 0)]
    }

    private func backwardPanel(
        _ panel: Range<Int>, input: FloatView, gradient: FloatView, target: FloatView,
        accumulate: Bool, scratch: Scratch
    ) {
        let rows = panel.count * geometry.outputPixelCount
        let (outputs, fanIn, count) = (shape.outputs, shape.fanIn, shape.count)
        let meanGradient = gradient[samples(panel, of: outputShape)]
        let patches = gather(panel, input: input, scratch: scratch)
        MatrixProduct.multiply(
            .transposed(patches), meanGradient, into: target[0..<count],
            rows: fanIn, columns: outputs, inner: rows, accumulate: accumulate)
        if let bias {
            Elementwise.sumRows(
                of: meanGradient, into: target[target.count - bias.value.count..<target.count],
                accumulate: accumulate)
        }
        let varianceGradient = variance.map { _ in
            sensitivity[samples(panel, of: outputShape)]
        }
        if let varianceGradient {
            Elementwise.multiply(varianceGradient, by: meanGradient)
            let squares = scratch.patches[0..<patches.count]
            Elementwise.square(patches, into: squares)
            MatrixProduct.multiply(
                .transposed(squares), varianceGradient, into: target[count..<2 * count],
                rows: fanIn, columns: outputs, inner: rows, accumulate: accumulate)
        }
        guard needsInputGradient else { return }
        let result = inputGradient[samples(panel, of: inputShape)]
        propagate(meanGradient, through: packedMean, panel, into: result, scratch: scratch)
        if let packedVariance, let varianceGradient {
            let square = scratch.squareGradient[0..<result.count]
            propagate(
                varianceGradient, through: packedVariance, panel, into: square, scratch: scratch)
            Elementwise.addSquareGradient(
                square, input: input[samples(panel, of: inputShape)], to: result)
        }
    }

    /// `result = gradient * weights'`, gathered back from patches to images.
    private func propagate(
        _ gradient: FloatView, through weights: PackedWeights, _ panel: Range<Int>,
        into result: FloatView, scratch: Scratch
    ) {
        let rows = panel.count * geometry.outputPixelCount
        let isIdentity = geometry.isIdentity
        let patchGradient = isIdentity ? result : scratch.patchGradient[0..<rows * shape.fanIn]
        MatrixProduct.multiply(
            .plain(gradient), weights.backward, into: patchGradient, rows: rows)
        if isIdentity { return }
        result.fill(0)
        let patchValues = geometry.outputPixelCount * shape.fanIn
        for sample in 0..<panel.count {
            geometry.scatterAdd(
                patchGradient[sample * patchValues..<(sample + 1) * patchValues],
                into: result[samples(sample..<sample + 1, of: inputShape)])
        }
    }

    /// The patches of a panel: the input itself where it serves as it lies, else a copy.
    private func gather(
        _ panel: Range<Int>, input: FloatView, scratch: Scratch
    ) -> FloatView {
        if geometry.isIdentity { return input[samples(panel, of: inputShape)] }
        let values = geometry.outputPixelCount * shape.fanIn
        for (position, sample) in panel.enumerated() {
            geometry.gather(
                input[samples(sample..<sample + 1, of: inputShape)],
                into: scratch.patches[position * values..<(position + 1) * values])
        }
        return scratch.patches[0..<panel.count * values]
    }

    private func samples(_ range: Range<Int>, of shape: ImageShape) -> Range<Int> {
        range.lowerBound * shape.count..<range.upperBound * shape.count
    }
}
