internal import LRNetKernels

/// A layer's weights as the products of a step want them: packed once, used by all leaves.
final class PackedWeights {
    /// `[patch, outputs]`, for the output.
    let forward: PackedMatrix

    /// `[outputs, patch]`, for the input's gradient.
    let backward: PackedMatrix

    init(_ shape: WeightShape) {
        forward = PackedMatrix(inner: shape.fanIn, columns: shape.outputs)
        backward = PackedMatrix(inner: shape.outputs, columns: shape.fanIn)
    }

    /// Packs weights stored `[patch, outputs]`.
    func pack(_ weights: FloatView, withTranspose: Bool, pool: ThreadPool? = nil) {
        share(forward.panelCount, pool) { self.forward.pack(weights, panels: $0..<$0 + 1) }
        guard withTranspose else { return }
        share(backward.panelCount, pool) {
            self.backward.packTransposed(weights, panels: $0..<$0 + 1)
        }
    }

    private func share(_ count: Int, _ pool: ThreadPool?, _ body: (Int) -> Void) {
        if let pool {
            pool.forEach(count) { index, _ in body(index) }
        } else {
            for index in 0..<count { body(index) }
        }
    }
}
