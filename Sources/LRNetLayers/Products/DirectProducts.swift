internal import LRNetKernels

/// Products over the matrix of patches (`im2col`); for a fully connected layer, that matrix is the
/// input itself.
final class DirectProducts: LayerProducts {
    private let geometry: PatchGeometry
    private let shape: WeightShape
    private let hasVariance: Bool
    /// The number format of the products of variances.
    private let varianceFormat: ProductFormat
    private var panelSize = 0
    private var memory = ScratchMemory(workerCount: 1)

    /// The approximate number of values in the patches of a panel (512 KiB).
    private static let panelValueCount = 1 << 17

    init(
        geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool,
        varianceFormat: ProductFormat
    ) {
        self.geometry = geometry
        self.shape = shape
        self.hasVariance = hasVariance
        self.varianceFormat = varianceFormat
    }

    func panelSize(microBatch: Int) -> Int {
        if geometry.isIdentity { return microBatch }
        let values = geometry.outputPixelCount * geometry.patchCount
        return min(max(Self.panelValueCount / values, 1), microBatch)
    }

    /// The largest number of samples of a fully connected layer that read its weights together.
    /// Large weights come from memory, so they should not be read for every leaf.
    private static let largestSpanSize = 128

    /// With OpenBLAS, the bits of a sample may depend on the number of samples in a call.
    func spanSize(_ size: PassSize, threads: Int) -> Int? {
        guard
            geometry.isIdentity && geometry.outputPixelCount == 1 && MatrixProduct.usesOwnKernels
        else { return nil }
        return min(max((size.sampleCount + threads - 1) / threads, 1), Self.largestSpanSize)
    }

    /// Requests scratch memory for a panel: the patches, whose gradient later overwrites them, then
    /// the gradient of the squares, and then factors in bfloat16.
    func reserve(panelSize: Int, needsInputGradient: Bool, memory: ScratchMemory) {
        self.memory = memory
        self.panelSize = panelSize
        let needsSquares = needsInputGradient && hasVariance
        memory.need(
            weights: weightCount(ofVariance: false)
                + (hasVariance ? weightCount(ofVariance: true) : 0),
            scratch: patchValueCount + (needsSquares ? squareGradientCount : 0) + pairCount)
    }

    /// The number of values of the packed weights of the mean or the variance.
    private func weightCount(ofVariance: Bool) -> Int {
        [false, true].map { isTransposed in
            let (inner, columns) = sizes(isTransposed: isTransposed)
            return RightFactor.count(
                inner: inner, columns: columns, format: format(ofVariance: ofVariance))
        }.max() ?? 0
    }

    private func sizes(isTransposed: Bool) -> (inner: Int, columns: Int) {
        isTransposed ? (shape.outputs, shape.fanIn) : (shape.fanIn, shape.outputs)
    }

    private func format(ofVariance: Bool) -> ProductFormat {
        ofVariance ? varianceFormat : .float32
    }

    /// The number of patch values of a panel; a fully connected layer uses this memory only for
    /// squares.
    private var patchValueCount: Int { rowCount * geometry.patchCount }

    private var squareGradientCount: Int { panelSize * geometry.input.count }

    /// The number of patches of a panel.
    private var rowCount: Int { panelSize * geometry.outputPixelCount }

    /// The number of values of the factors of a panel in bfloat16.
    private var pairCount: Int {
        guard hasVariance && varianceFormat == .bfloat16 else { return 0 }
        return max(
            BFloatProduct.scratchCount(rows: rowCount, inner: shape.fanIn),
            BFloatProduct.scratchCount(rows: rowCount, inner: shape.outputs),
            BFloatProduct.scratchCount(
                transposed: shape.fanIn, columns: shape.outputs, inner: rowCount))
    }

    /// Returns the memory for the factors of a panel in bfloat16.
    private func pairs(_ worker: Int) -> FloatView {
        let start = patchValueCount + squareGradientCount
        let scratch = memory.scratch(worker)
        // Without an input gradient, there is no memory for the gradient of the squares.
        let first = min(start, scratch.count - pairCount)
        return scratch[first..<first + pairCount]
    }

    /// Returns memory for packed weights `[patch, outputs]`, or for their transpose.
    private func packed(isTransposed: Bool, ofVariance: Bool = false) -> RightFactor {
        let (inner, columns) = sizes(isTransposed: isTransposed)
        let start = ofVariance ? weightCount(ofVariance: false) : 0
        let end = start + weightCount(ofVariance: ofVariance)
        return RightFactor(
            inner: inner, columns: columns, format: format(ofVariance: ofVariance),
            in: memory.weights(end)[start..<end])
    }

    func packForward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights, isTransposed: false, pool: pool)
    }

    func packBackward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights, isTransposed: true, pool: pool)
    }

    private func pack(_ weights: PreparedWeights, isTransposed: Bool, pool: ThreadPool) {
        let means = packed(isTransposed: isTransposed)
        let variances =
            weights.variance == nil ? nil : packed(isTransposed: isTransposed, ofVariance: true)
        pool.forEach(means.panelCount) { index, _ in
            let panel = index..<index + 1
            means.pack(weights.mean, isTransposed: isTransposed, panels: panel)
            if let variance = weights.variance {
                variances?.pack(variance, isTransposed: isTransposed, panels: panel)
            }
        }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let patches = gather(input, worker)
        multiply(patches, packed(isTransposed: false), into: output.mean, worker)
        guard let target = output.variance else { return }
        multiply(
            patches, squared: true, packed(isTransposed: false, ofVariance: true), into: target,
            worker)
    }

    /// Computes `target = values * weights`, or with the squares of the values. The squares overwrite
    /// values that are patches.
    private func multiply(
        _ values: FloatView, squared: Bool = false, _ weights: RightFactor, into target: FloatView,
        _ worker: Int
    ) {
        switch weights {
        case .float32(let weights):
            let values = squared ? square(values, worker) : values
            MatrixProduct.multiply(
                .plain(values), weights, into: target, rows: target.count / weights.columns)
        case .bfloat16(let weights):
            BFloatProduct.multiply(
                values, squared: squared, weights, into: target,
                rows: target.count / weights.columns, scratch: pairs(worker))
        }
    }

    var gradientPanelCount: Int { MatrixProduct.panelCount(columns: shape.outputs) }

    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, panelSize: Int,
        panels: Range<Int>, worker: Int
    ) {
        guard !panels.isEmpty else { return }
        let (image, result) = (
            geometry.input.count, geometry.outputPixelCount * shape.outputs
        )
        let samples = input.count / image
        for start in stride(from: 0, to: samples, by: panelSize) {
            let panel = start..<min(start + panelSize, samples)
            let patches = gather(input[panel.scaled(by: image)], worker)
            let rows = patches.count / shape.fanIn
            func add(_ patches: FloatView, _ gradient: FloatView, into target: FloatView) {
                MatrixProduct.multiply(
                    .transposed(patches), gradient[panel.scaled(by: result)], into: target,
                    rows: shape.fanIn, columns: shape.outputs, panels: panels, inner: rows,
                    accumulate: start > 0)
            }
            add(patches, gradient.mean, into: target.mean)
            guard let varianceGradient = gradient.variance, let variance = target.variance else {
                continue
            }
            switch varianceFormat {
            case .float32: add(square(patches, worker), varianceGradient, into: variance)
            case .bfloat16:
                BFloatProduct.multiplyTransposed(
                    patches, squared: true, varianceGradient[panel.scaled(by: result)],
                    into: variance, rows: shape.fanIn, columns: shape.outputs,
                    panels: pairPanels(panels), inner: rows, accumulate: start > 0,
                    scratch: pairs(worker))
            }
        }
    }

    /// Returns the panels of a product in bfloat16 that match panels of a product in Float32.
    private func pairPanels(_ panels: Range<Int>) -> Range<Int>? {
        MatrixProduct.usesOwnKernels ? panels : nil
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        propagate(gradient.mean, through: packed(isTransposed: true), into: result, worker)
        guard let varianceGradient = gradient.variance else { return }
        let square = memory.scratch(worker)[patchValueCount..<patchValueCount + result.count]
        propagate(
            varianceGradient, through: packed(isTransposed: true, ofVariance: true), into: square,
            worker)
        Elementwise.addSquareGradient(square, input: input, to: result)
    }

    /// Computes `result = gradient * weights'`, and adds the patches back into images.
    private func propagate(
        _ gradient: FloatView, through weights: RightFactor, into result: FloatView, _ worker: Int
    ) {
        if geometry.isIdentity { return multiply(gradient, weights, into: result, worker) }
        let rows = gradient.count / shape.outputs
        let patches = memory.scratch(worker)[0..<rows * shape.fanIn]
        multiply(gradient, weights, into: patches, worker)
        result.fill(0)
        let values = geometry.outputPixelCount * shape.fanIn
        for (position, image) in images(result).enumerated() {
            geometry.scatterAdd(patches[position * values..<(position + 1) * values], into: image)
        }
    }

    /// Returns the patches of whole images: the input itself if it can be used directly, otherwise
    /// a copy.
    private func gather(_ input: FloatView, _ worker: Int) -> FloatView {
        if geometry.isIdentity { return input }
        let values = geometry.outputPixelCount * shape.fanIn
        let patches = memory.scratch(worker)
        for (position, image) in images(input).enumerated() {
            geometry.gather(image, into: patches[position * values..<(position + 1) * values])
        }
        return patches[0..<input.count / geometry.input.count * values]
    }

    /// Returns the squares of the patches of a panel; overwrites the patches if they are a copy.
    private func square(_ patches: FloatView, _ worker: Int) -> FloatView {
        let squares = memory.scratch(worker)[0..<patches.count]
        Elementwise.square(patches, into: squares)
        return squares
    }

    private func images(_ view: FloatView) -> [FloatView] {
        let count = geometry.input.count
        return stride(from: 0, to: view.count, by: count).map { view[$0..<$0 + count] }
    }
}
