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
        let samples = min(size.globalCount, Self.sampleRunCount)
        memory.need(
            weights: factorCount(samples, .float32)
                + (layout.variances == nil ? 0 : factorCount(samples, varianceFormat)),
            scratch: samples * panelRowCount + pairCount(samples: samples))
    }

    /// The number of values of the input of a panel in bfloat16.
    private func pairCount(samples: Int) -> Int {
        guard varianceFormat == .bfloat16 && layout.variances != nil else { return 0 }
        return BFloatProduct.scratchCount(transposed: panelRowCount, inner: samples)
    }

    /// The number of values of the packed `dM` or `dV` of some samples.
    private func factorCount(_ samples: Int, _ format: ProductFormat) -> Int {
        RightFactor.count(inner: samples, columns: shape.outputs, format: format)
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
        let samples = input.count / shape.fanIn
        for start in stride(from: 0, to: rows.isEmpty ? 0 : samples, by: Self.sampleRunCount) {
            let run = start..<min(start + Self.sampleRunCount, samples)
            let factors = packed(momentGradients, run, pool: pool)
            pool.forEachRange(rows.count, grain: panelRowCount) { panel, worker in
                let first = rows.lowerBound
                addPanel(
                    first + panel.lowerBound..<first + panel.upperBound,
                    of: input[run.scaled(by: shape.fanIn)], factors, into: target,
                    accumulate: start > 0, worker: worker)
            }
        }
        if let bias = layout.bias {
            Elementwise.sumRows(of: momentGradients.mean, into: vector[bias], accumulate: false)
        }
    }

    /// The right factors of the products of some samples.
    private typealias Factors = (mean: RightFactor, variance: RightFactor?)

    /// Packs `dM` and `dV` of some samples for all panels. The packed weights are no longer needed,
    /// so their memory is used.
    private func packed(
        _ gradients: MomentViews, _ samples: Range<Int>, pool: ThreadPool
    ) -> Factors {
        var end = 0
        func pack(_ gradient: FloatView, _ format: ProductFormat) -> RightFactor {
            let start = end
            end += factorCount(samples.count, format)
            let factor = RightFactor(
                inner: samples.count, columns: shape.outputs, format: format,
                in: memory.weights(end)[start..<end])
            let values = gradient[samples.scaled(by: shape.outputs)]
            pool.forEach(factor.panelCount) { panel, _ in
                factor.pack(values, isTransposed: false, panels: panel..<panel + 1)
            }
            return factor
        }
        return (
            pack(gradients.mean, .float32), gradients.variance.map { pack($0, varianceFormat) }
        )
    }

    /// Adds some samples' products to the gradients of the weights of some inputs: `columns` of
    /// `x`, which are rows of `dm` and `dv`.
    ///
    /// - Parameter input: The input of the samples.
    private func addPanel(
        _ columns: Range<Int>, of input: FloatView, _ factors: Factors,
        into target: MomentViews, accumulate: Bool, worker: Int
    ) {
        let scratch = memory.scratch(worker)
        let panel = scratch[0..<input.count / shape.fanIn * columns.count]
        Elementwise.copyColumns(columns, of: input, width: shape.fanIn, into: panel)
        func add(_ factor: RightFactor, squared: Bool, to target: FloatView) {
            let target = target[columns.scaled(by: shape.outputs)]
            switch factor {
            case .float32(let factor):
                if squared { Elementwise.square(panel, into: panel) }
                MatrixProduct.multiply(
                    .transposed(panel), factor, into: target, rows: columns.count,
                    accumulate: accumulate)
            case .bfloat16(let factor):
                BFloatProduct.multiplyTransposed(
                    panel, squared: squared, factor, into: target, rows: columns.count,
                    accumulate: accumulate, scratch: scratch[panel.count..<scratch.count])
            }
        }
        add(factors.mean, squared: false, to: target.mean)
        if let factor = factors.variance, let variance = target.variance {
            add(factor, squared: true, to: variance)
        }
    }
}
