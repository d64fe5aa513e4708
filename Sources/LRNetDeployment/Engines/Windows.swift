internal import LRNetKernels

/// Products, pooling and subsampling of one image of real numbers.
enum Windows {
    static func multiply(
        _ input: FloatView, _ geometry: PatchGeometry, _ matrix: PackedMatrix
    ) -> FloatView {
        let pixels = geometry.outputPixelCount
        let output = FloatBuffer(count: pixels * matrix.columns).all
        var rows = input
        if !geometry.isIdentity {
            rows = FloatBuffer(count: pixels * geometry.patchCount).all
            geometry.gather(input, into: rows)
        }
        MatrixProduct.multiply(.plain(rows), matrix, into: output, rows: pixels)
        return output
    }

    static func maxPool(_ input: FloatView, _ geometry: PatchGeometry) -> FloatView {
        let count = geometry.outputPixelCount * geometry.input.channels
        let output = FloatBuffer(count: count).all
        MaxPooling.forward(
            input, geometry: geometry, output: output, winners: MaxPooling.Winners(count: count),
            firstWinner: 0)
        return output
    }

    static func subsample(_ input: FloatView, _ sampling: Subsampling) -> FloatView {
        let output = FloatBuffer(count: sampling.output.count).all
        sampling.forward(input, into: output)
        return output
    }
}

extension PackedMatrix {
    /// Packs weights in the order `[outputs][fanIn]` as the second factor `[fanIn, outputs]` of a
    /// product.
    init(rows: [Float], outputs: Int, fanIn: Int) {
        var columns = [Float](repeating: 0, count: rows.count)
        for output in 0..<outputs {
            for k in 0..<fanIn { columns[k * outputs + output] = rows[output * fanIn + k] }
        }
        self.init(inner: fanIn, columns: outputs)
        pack(FloatBuffer(columns).all, panels: 0..<panelCount)
    }
}
