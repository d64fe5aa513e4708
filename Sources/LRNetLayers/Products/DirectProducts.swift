internal import LRNetKernels

/// Products over the matrix of patches (`im2col`); for a fully connected layer the input itself.
final class DirectProducts: LayerProducts {
    private let geometry: PatchGeometry
    private let shape: WeightShape
    private let mean: Packed
    private let variance: Packed?
    private var scratch: [Scratch] = []

    /// The patches of a panel take about this many values (512 KiB).
    private static let panelValueCount = 1 << 17

    /// Weights for the output, and transposed for the input's gradient.
    private struct Packed {
        let forward, backward: PackedMatrix

        init(_ shape: WeightShape) {
            forward = PackedMatrix(inner: shape.fanIn, columns: shape.outputs)
            backward = PackedMatrix(inner: shape.outputs, columns: shape.fanIn)
        }

        func pack(_ weights: FloatView, withBackward: Bool, pool: ThreadPool) {
            pool.forEach(forward.panelCount) { index, _ in
                forward.pack(weights, panels: index..<index + 1)
            }
            guard withBackward else { return }
            pool.forEach(backward.panelCount) { index, _ in
                backward.packTransposed(weights, panels: index..<index + 1)
            }
        }
    }

    /// What one thread needs for a panel.
    private struct Scratch {
        let patches, patchGradient, squareGradient: FloatBuffer
    }

    init(geometry: PatchGeometry, shape: WeightShape, hasVariance: Bool) {
        self.geometry = geometry
        self.shape = shape
        mean = Packed(shape)
        variance = hasVariance ? Packed(shape) : nil
    }

    func panelSize(microBatch: Int) -> Int {
        if geometry.isIdentity { return microBatch }
        let values = geometry.outputPixelCount * geometry.patchCount
        return min(max(Self.panelValueCount / values, 1), microBatch)
    }

    func reserve(panelSize: Int, workerCount: Int, needsInputGradient: Bool) {
        let values = panelSize * geometry.outputPixelCount * geometry.patchCount
        let images = panelSize * geometry.input.count
        scratch = (0..<workerCount).map { _ in
            Scratch(
                patches: FloatBuffer(count: values),
                patchGradient: FloatBuffer(count: needsInputGradient ? values : 0),
                squareGradient: FloatBuffer(
                    count: needsInputGradient && variance != nil ? images : 0))
        }
    }

    func pack(_ weights: PreparedWeights, withBackward: Bool, pool: ThreadPool) {
        mean.pack(weights.mean, withBackward: withBackward, pool: pool)
        if let values = weights.variance {
            variance?.pack(values, withBackward: withBackward, pool: pool)
        }
    }

    func forward(_ input: FloatView, into output: MomentViews, worker: Int) {
        let patches = gather(input, worker)
        let rows = rowCount(input)
        MatrixProduct.multiply(.plain(patches), mean.forward, into: output.mean, rows: rows)
        guard let target = output.variance, let variance else { return }
        let squares = square(patches, worker)
        MatrixProduct.multiply(.plain(squares), variance.forward, into: target, rows: rows)
    }

    func weightGradient(
        _ input: FloatView, gradient: MomentViews, into target: MomentViews, isFirst: Bool,
        isLast: Bool, worker: Int
    ) {
        let patches = gather(input, worker)
        multiplyTransposed(patches, gradient.mean, into: target.mean, accumulate: !isFirst)
        guard let slope = gradient.variance, let variance = target.variance else { return }
        multiplyTransposed(square(patches, worker), slope, into: variance, accumulate: !isFirst)
    }

    func inputGradient(
        _ input: FloatView, gradient: MomentViews, into result: FloatView, worker: Int
    ) {
        propagate(gradient.mean, through: mean, into: result, worker)
        guard let slope = gradient.variance, let variance else { return }
        let square = scratch[worker].squareGradient[0..<result.count]
        propagate(slope, through: variance, into: square, worker)
        Elementwise.addSquareGradient(square, input: input, to: result)
    }

    private func rowCount(_ input: FloatView) -> Int {
        input.count / geometry.input.count * geometry.outputPixelCount
    }

    private func multiplyTransposed(
        _ patches: FloatView, _ gradient: FloatView, into target: FloatView, accumulate: Bool
    ) {
        MatrixProduct.multiply(
            .transposed(patches), gradient, into: target, rows: shape.fanIn,
            columns: shape.outputs, inner: gradient.count / shape.outputs, accumulate: accumulate)
    }

    /// `result = gradient * weights'`, gathered back from patches to images.
    private func propagate(
        _ gradient: FloatView, through weights: Packed, into result: FloatView, _ worker: Int
    ) {
        let rows = gradient.count / shape.outputs
        if geometry.isIdentity {
            MatrixProduct.multiply(.plain(gradient), weights.backward, into: result, rows: rows)
            return
        }
        let patches = scratch[worker].patchGradient[0..<rows * shape.fanIn]
        MatrixProduct.multiply(.plain(gradient), weights.backward, into: patches, rows: rows)
        result.fill(0)
        let values = geometry.outputPixelCount * shape.fanIn
        for (position, image) in images(result).enumerated() {
            geometry.scatterAdd(patches[position * values..<(position + 1) * values], into: image)
        }
    }

    /// The patches of whole images: the input itself where it serves as it lies, else a copy.
    private func gather(_ input: FloatView, _ worker: Int) -> FloatView {
        if geometry.isIdentity { return input }
        let values = geometry.outputPixelCount * shape.fanIn
        let patches = scratch[worker].patches
        for (position, image) in images(input).enumerated() {
            geometry.gather(image, into: patches[position * values..<(position + 1) * values])
        }
        return patches[0..<rowCount(input) * shape.fanIn]
    }

    /// The squares of a panel's patches, over the patches themselves if they are a copy.
    private func square(_ patches: FloatView, _ worker: Int) -> FloatView {
        let squares = scratch[worker].patches[0..<patches.count]
        Elementwise.square(patches, into: squares)
        return squares
    }

    private func images(_ view: FloatView) -> [FloatView] {
        let count = geometry.input.count
        return stride(from: 0, to: view.count, by: count).map { view[$0..<$0 + count] }
    }
}
