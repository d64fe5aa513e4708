internal import LRNetKernels

/// Products over the matrix of patches (`im2col`); for a fully connected layer, that matrix is the
/// input itself.
final class DirectProducts: LayerProducts {
    private let geometry: PatchGeometry
    private let shape: WeightShape
    private let hasVariance: Bool
    private var memory = ScratchMemory(workerCount: 1)

    /// The approximate number of values in the patches of a panel (512 KiB).
    private static let panelValueCount = 1 << 17

    init(geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool) {
        self.geometry = geometry
        self.shape = shape
        self.hasVariance = hasVariance
    }

    func panelSize(microBatch: Int) -> Int {
        if geometry.isIdentity { return microBatch }
        let values = geometry.outputPixelCount * geometry.patchCount
        return min(max(Self.panelValueCount / values, 1), microBatch)
    }

    /// Requests scratch memory for a panel: the patches, whose gradient later overwrites them, and
    /// then the gradient of the squares.
    func reserve(panelSize: Int, needsInputGradient: Bool, memory: ScratchMemory) {
        self.memory = memory
        let needsSquares = needsInputGradient && hasVariance
        memory.need(
            weights: (hasVariance ? 2 : 1) * weightCount,
            scratch: patchValueCount(panelSize: panelSize)
                + (needsSquares ? panelSize * geometry.input.count : 0))
    }

    private var weightCount: Int {
        max(
            PackedMatrix.count(inner: shape.fanIn, columns: shape.outputs),
            PackedMatrix.count(inner: shape.outputs, columns: shape.fanIn))
    }

    /// The number of patch values of a panel; a fully connected layer uses this memory only for
    /// squares.
    private func patchValueCount(panelSize: Int) -> Int {
        panelSize * geometry.outputPixelCount * geometry.patchCount
    }

    /// Returns memory for packed weights `[patch, outputs]`, or for their transpose.
    private func packed(transposed: Bool, ofVariance: Bool = false) -> PackedMatrix {
        let (inner, columns) =
            transposed ? (shape.outputs, shape.fanIn) : (shape.fanIn, shape.outputs)
        let start = ofVariance && hasVariance ? weightCount : 0
        let count = PackedMatrix.count(inner: inner, columns: columns)
        return PackedMatrix(
            inner: inner, columns: columns,
            in: memory.weights(start + count)[start..<start + count])
    }

    func packForward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights, pool: pool) { target, values, panel in target.pack(values, panels: panel) }
    }

    func packBackward(_ weights: PreparedWeights, pool: ThreadPool) {
        pack(weights, transposed: true, pool: pool) { target, values, panel in
            target.packTransposed(values, panels: panel)
        }
    }

    private func pack(
        _ weights: PreparedWeights, transposed: Bool = false, pool: ThreadPool,
        _ pack: (_ target: PackedMatrix, _ values: FloatView, _ panel: Range<Int>) -> Void
    ) {
        let means = packed(transposed: transposed)
        let variances = packed(transposed: transposed, ofVariance: true)
        pool.forEach(means.panelCount) { index, _ in
            pack(means, weights.mean, index..<index + 1)
            if let variance = weights.variance { pack(variances, variance, index..<index + 1) }
        }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let patches = gather(input, worker)
        let rows = rowCount(input)
        MatrixProduct.multiply(
            .plain(patches), packed(transposed: false), into: output.mean, rows: rows)
        guard let target = output.variance else { return }
        MatrixProduct.multiply(
            .plain(square(patches, worker)), packed(transposed: false, ofVariance: true),
            into: target, rows: rows)
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
            func add(_ patches: FloatView, _ gradient: FloatView, into target: FloatView) {
                let gradient = gradient[panel.scaled(by: result)]
                MatrixProduct.multiply(
                    .transposed(patches), gradient, into: target, rows: shape.fanIn,
                    columns: shape.outputs, panels: panels,
                    inner: gradient.count / shape.outputs, accumulate: start > 0)
            }
            add(patches, gradient.mean, into: target.mean)
            if let varianceGradient = gradient.variance, let variance = target.variance {
                add(square(patches, worker), varianceGradient, into: variance)
            }
        }
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        propagate(gradient.mean, through: packed(transposed: true), into: result, worker)
        guard let varianceGradient = gradient.variance else { return }
        let start = patchValueCount(panelSize: input.count / geometry.input.count)
        let square = memory.scratch(worker)[start..<start + result.count]
        propagate(
            varianceGradient, through: packed(transposed: true, ofVariance: true), into: square,
            worker)
        Elementwise.addSquareGradient(square, input: input, to: result)
    }

    private func rowCount(_ input: FloatView) -> Int {
        input.count / geometry.input.count * geometry.outputPixelCount
    }

    /// Computes `result = gradient * weights'`, and adds the patches back into images.
    private func propagate(
        _ gradient: FloatView, through weights: PackedMatrix, into result: FloatView, _ worker: Int
    ) {
        let rows = gradient.count / shape.outputs
        if geometry.isIdentity {
            MatrixProduct.multiply(.plain(gradient), weights, into: result, rows: rows)
            return
        }
        let patches = memory.scratch(worker)[0..<rows * shape.fanIn]
        MatrixProduct.multiply(.plain(gradient), weights, into: patches, rows: rows)
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
        return patches[0..<rowCount(input) * shape.fanIn]
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
