internal import LRNetKernels

/// The weights' gradient of a fully connected layer as products over the whole batch.
///
///     dm = x' dM        dv = (x^2)' dV        x, dM and dV of all samples of all processes
///
/// Where the weights outnumber the batch's inputs and outputs it takes fewer bytes to gather those
/// than to add up gradients, and none of the passes over the leaves' gradients. The rows of `dm` and
/// `dv` are cut into panels; each process computes its share of them, whose weights it then updates.
/// A panel's bits do not depend on who computes it.
extension WeightedLayer {
    /// Rows of a panel: whole tiles of the product, and a multiple of 64 weights, as random numbers
    /// come.
    private var panelRowCount: Int { shape.outputs % 4 == 0 ? 48 : 192 }

    /// Weights of a panel.
    var wholeBatchUnit: Int { panelRowCount * shape.outputs }

    /// Samples of one product; longer batches are added up run by run, which keeps rounding errors
    /// small.
    private static let sampleRunCount = 512

    /// Decides whether gradients are made this way, by the recipe alone.
    func reserveWholeBatch(_ size: PassSize) {
        let outputs = (model.hasVarianceGradient ? 2 : 1) * shape.outputs
        usesWholeBatch =
            !model.isFrozen && model.hasWeightGradient && scales.isEmpty && geometry.isIdentity
            && geometry.outputPixelCount == 1
            && size.globalCount * (shape.fanIn + outputs) <= shape.count
        guard usesWholeBatch else { return }
        let rows = min(size.globalCount, Self.sampleRunCount)
        memory.need(weights: 0, scratch: rows * panelRowCount)
    }

    func beginInputGather(_ input: FloatView, _ pass: Pass) throws {
        try pass.gradients?.exchange.beginGather(
            rows: input, width: shape.fanIn, name: GatherName(layer: index, rows: .input),
            layout: pass.layout)
    }

    func beginSlopeGather(_ slopes: MomentViews, _ pass: Pass) throws {
        guard let exchange = pass.gradients?.exchange else { return }
        try exchange.beginGather(
            rows: slopes.mean, width: shape.outputs,
            name: GatherName(layer: index, rows: .meanGradient), layout: pass.layout)
        guard let variance = slopes.variance else { return }
        try exchange.beginGather(
            rows: variance, width: shape.outputs,
            name: GatherName(layer: index, rows: .varianceGradient), layout: pass.layout)
    }

    /// Computes this process's panels.
    func makeWholeBatchGradient(_ gradients: GradientStore, _ pass: Pass) throws {
        let exchange = gradients.exchange
        func gathered(_ rows: GatherName.Rows) throws -> FloatView {
            try exchange.finishGather(GatherName(layer: index, rows: rows))
        }
        let input = try gathered(.input)
        let slopes = MomentViews(
            mean: try gathered(.meanGradient),
            variance: model.hasVarianceGradient ? try gathered(.varianceGradient) : nil)
        let vector = gradients.total[gradientRange]
        let target = slots(of: vector)
        let share = exchange.share(of: shape.count, unit: wholeBatchUnit)
        let rows = share.lowerBound / shape.outputs..<share.upperBound / shape.outputs
        pass.pool.forEachRange(rows.count, grain: panelRowCount) { panel, worker in
            let columns = rows.lowerBound + panel.lowerBound..<rows.lowerBound + panel.upperBound
            addPanel(columns, of: input, slopes, into: target, worker: worker)
        }
        if let bias {
            Elementwise.sumRows(
                of: slopes.mean, into: vector[vector.count - bias.value.count..<vector.count],
                accumulate: false)
        }
    }

    /// The gradients of the weights of some inputs: `columns` of `x`, rows of `dm` and `dv`.
    private func addPanel(
        _ columns: Range<Int>, of input: FloatView, _ slopes: MomentViews, into target: MomentViews,
        worker: Int
    ) {
        let samples = input.count / shape.fanIn
        for start in stride(from: 0, to: samples, by: Self.sampleRunCount) {
            let run = start..<min(start + Self.sampleRunCount, samples)
            let panel = memory.scratch(worker)[0..<run.count * columns.count]
            Elementwise.copyColumns(
                columns, of: input[run.scaled(by: shape.fanIn)], width: shape.fanIn, into: panel)
            func add(_ slopes: FloatView, to target: FloatView) {
                MatrixProduct.multiply(
                    .transposed(panel), slopes[run.scaled(by: shape.outputs)],
                    into: target[columns.scaled(by: shape.outputs)], rows: columns.count,
                    columns: shape.outputs, inner: run.count, accumulate: start > 0)
            }
            add(slopes.mean, to: target.mean)
            if let slope = slopes.variance, let variance = target.variance {
                Elementwise.square(panel, into: panel)
                add(slope, to: variance)
            }
        }
    }
}
