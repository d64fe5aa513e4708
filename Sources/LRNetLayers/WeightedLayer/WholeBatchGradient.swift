internal import LRNetKernels

/// The gradient of the weights of a fully connected layer, as products over the whole batch.
///
///     dm = x' dM        dv = (x^2)' dV        x, dM and dV of all samples of all processes
///
/// If the weights outnumber the inputs and output gradients of the batch, gathering these sends
/// fewer bytes than summing weight gradients, and avoids the passes over the leaves' gradients. The
/// rows of `dm` and `dv` are cut into panels. Each process computes its share of the panels, and
/// then updates their weights. The bits of a panel do not depend on the process that computes it.
struct WholeBatchGradient {
    private let shape: WeightShape
    private let layout: GradientLayout
    private let memory: ScratchMemory
    /// The number format of the products of variances.
    private let varianceFormat: ProductFormat

    /// The number of rows per panel: whole tiles of the product, and a multiple of 64 weights, the
    /// number of random numbers in a group.
    private let panelRowCount: Int

    /// The number of samples per product. Longer batches are summed in portions of this size, which
    /// keeps rounding errors small.
    private static let sampleRunCount = 512

    /// Returns `nil` if gradients must be sums over leaves; the recipe alone decides.
    init?(
        shape: WeightShape, geometry: PatchGeometry, layout: GradientLayout, size: PassSize,
        memory: ScratchMemory, varianceFormat: ProductFormat
    ) {
        let outputs = (layout.variances == nil ? 1 : 2) * shape.outputs
        guard
            !layout.means.isEmpty && layout.scales.isEmpty && geometry.isIdentity
                && geometry.outputPixelCount == 1
                && size.globalCount * (shape.fanIn + outputs) <= shape.count
        else { return nil }
        self.shape = shape
        self.layout = layout
        self.memory = memory
        self.varianceFormat = varianceFormat
        panelRowCount = shape.outputs % 4 == 0 ? 48 : 192
        let rows = min(size.globalCount, Self.sampleRunCount)
        memory.need(weights: 0, scratch: rows * panelRowCount + pairCount(samples: rows))
    }

    /// The number of values of the factors of a panel in bfloat16.
    private func pairCount(samples: Int) -> Int {
        guard varianceFormat == .bfloat16 && layout.variances != nil else { return 0 }
        return BFloatProduct.scratchCount(
            transposed: panelRowCount, columns: shape.outputs, inner: samples)
    }

    /// The number of weights per panel.
    var unit: Int { panelRowCount * shape.outputs }

    /// Waits for the rows of all samples, and computes this process's panels and the gradient of
    /// the bias.
    ///
    /// - Parameters:
    ///   - range: The layer's range of the gradient vector.
    ///   - layer: The layer's position in the network.
    func compute(
        _ gradients: GradientStore, range: Range<Int>, layer: Int, pool: ThreadPool
    ) throws {
        func gathered(_ rows: GatherName.Rows) throws -> FloatView {
            try gradients.exchange.finishGather(GatherName(layer: layer, rows: rows))
        }
        let input = try gathered(.input)
        let momentGradients = MomentViews(
            mean: try gathered(.meanGradient),
            variance: layout.variances == nil ? nil : try gathered(.varianceGradient))
        let vector = gradients.total[range]
        let target = layout.moments(of: vector)
        let share = gradients.exchange.share(of: shape.count, unit: unit)
        let rows = share.lowerBound / shape.outputs..<share.upperBound / shape.outputs
        pool.forEachRange(rows.count, grain: panelRowCount) { panel, worker in
            let columns = rows.lowerBound + panel.lowerBound..<rows.lowerBound + panel.upperBound
            addPanel(columns, of: input, momentGradients, into: target, worker: worker)
        }
        if let bias = layout.bias {
            Elementwise.sumRows(of: momentGradients.mean, into: vector[bias], accumulate: false)
        }
    }

    /// Computes the gradients of the weights of some inputs: `columns` of `x`, which are rows of
    /// `dm` and `dv`.
    private func addPanel(
        _ columns: Range<Int>, of input: FloatView, _ momentGradients: MomentViews,
        into target: MomentViews, worker: Int
    ) {
        let samples = input.count / shape.fanIn
        for start in stride(from: 0, to: samples, by: Self.sampleRunCount) {
            let run = start..<min(start + Self.sampleRunCount, samples)
            let panel = memory.scratch(worker)[0..<run.count * columns.count]
            Elementwise.copyColumns(
                columns, of: input[run.scaled(by: shape.fanIn)], width: shape.fanIn, into: panel)
            func add(_ gradient: FloatView, to target: FloatView) {
                MatrixProduct.multiply(
                    .transposed(panel), gradient[run.scaled(by: shape.outputs)],
                    into: target[columns.scaled(by: shape.outputs)], rows: columns.count,
                    columns: shape.outputs, inner: run.count, accumulate: start > 0)
            }
            add(momentGradients.mean, to: target.mean)
            guard let varianceGradient = momentGradients.variance,
                let variance = target.variance
            else { continue }
            switch varianceFormat {
            case .float32:
                Elementwise.square(panel, into: panel)
                add(varianceGradient, to: variance)
            case .bfloat16:
                let pairs = memory.scratch(worker)[
                    panel.count..<panel.count + pairCount(samples: run.count)]
                BFloatProduct.multiplyTransposed(
                    panel, squared: true, varianceGradient[run.scaled(by: shape.outputs)],
                    into: variance[columns.scaled(by: shape.outputs)], rows: columns.count,
                    columns: shape.outputs, inner: run.count, accumulate: start > 0, scratch: pairs)
            }
        }
    }
}
