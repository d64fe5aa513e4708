/// bfloat16 values and their products.
extension Reference {
    /// Rounds a value to the nearest bfloat16 value, ties to even. Denormal values become 0.
    public static func bfloat(_ value: Float) -> Float {
        if value.isNaN { return value }
        if value.magnitude < .leastNormalMagnitude { return value.sign == .minus ? -0.0 : 0 }
        let bits = value.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// Returns the product `C[i, j] = sum over k of A[i, k] * B[k, j]` of factors that are rounded to
    /// bfloat16, with the sums of `BFloatProduct` in the order of this build.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`.
    ///   - b: Shape `[inner, columns]`.
    public static func bfloatProduct(
        _ a: [Float], _ b: [Float], rows: Int, columns: Int, inner: Int, hasTiles: Bool
    ) -> [Float] {
        precondition(a.count == rows * inner && b.count == inner * columns)
        let (a, b) = (a.map(bfloat), b.map(bfloat))
        return (0..<rows * columns).map { index in
            let (i, j) = (index / columns, index % columns)
            func term(_ k: Int) -> (Float, Float) {
                k < inner ? (a[i * inner + k], b[k * columns + j]) : (0, 0)
            }
            var sum: Float = 0
            if hasTiles {
                for block in stride(from: 0, to: inner, by: 32) {
                    var (even, odd): (Float, Float) = (0, 0)
                    for k in stride(from: block, to: block + 32, by: 2) {
                        even = flushed(even.addingProduct(term(k).0, term(k).1))
                        odd = flushed(odd.addingProduct(term(k + 1).0, term(k + 1).1))
                    }
                    sum = flushed(sum + flushed(even + odd))
                }
            } else {
                for k in stride(from: 0, to: inner, by: 2) {
                    sum = flushed(sum.addingProduct(term(k + 1).0, term(k + 1).1))
                    sum = flushed(sum.addingProduct(term(k).0, term(k).1))
                }
            }
            return sum
        }
    }

    private static func flushed(_ value: Float) -> Float {
        value.magnitude < .leastNormalMagnitude ? (value.sign == .minus ? -0.0 : 0) : value
    }
}
