internal import LRNetKernels
internal import LRNetSupport

/// A kind of matrix product, which is compared with sums in Double and timed.
struct ProductProbe: Sendable {
    /// The sizes of a product `C = A B` of matrices of shapes `[rows, inner]` and
    /// `[inner, columns]`.
    struct Size: Sendable {
        let rows, columns, inner: Int
    }

    /// The size of the product that is compared.
    let size: Size

    /// The largest error of an element, relative to the sum of the terms' magnitudes.
    let tolerance: Double

    /// Returns a closure that computes the product of two matrices.
    let prepare: @Sendable (_ a: FloatView, _ b: FloatView, _ size: Size) -> () -> FloatView

    static let timedSize = 512
    private static let repetitions = 5

    /// Returns a description of the first wrong element; `nil` if all are right.
    func firstError() -> String? {
        let (rows, columns, inner) = (size.rows, size.columns, size.inner)
        let a = Self.numbers(rows * inner, index: 0)
        let b = Self.numbers(inner * columns, index: 1)
        let c = prepare(a, b, size)()
        for row in 0..<rows {
            for column in 0..<columns {
                var (sum, magnitude) = (0.0, 0.0)
                for k in 0..<inner {
                    let term = Double(a[row * inner + k]) * Double(b[k * columns + column])
                    sum += term
                    magnitude += abs(term)
                }
                let got = Double(c[row * columns + column])
                guard abs(got - sum) <= tolerance * magnitude else {
                    return "entry (\(row), \(column)) is \(got) instead of \(sum)"
                }
            }
        }
        return nil
    }

    /// Returns the best of several timings on one thread, in 10^9 additions and multiplications per
    /// second.
    func speed() -> Double {
        let size = Self.timedSize
        let a = Self.numbers(size * size, index: 2)
        let multiply = prepare(a, a, Size(rows: size, columns: size, inner: size))
        var shortest = Double.infinity
        for _ in 0..<Self.repetitions {
            let start = ContinuousClock.now
            _ = multiply()
            shortest = min(shortest, (ContinuousClock.now - start).seconds)
        }
        return 2e-9 * Double(size * size * size) / max(shortest, 1e-9)
    }

    private static func numbers(_ count: Int, index: UInt32) -> FloatView {
        let view = FloatBuffer(count: count).all
        GaussianNoise.fill(view, key: NoiseKey(seed: 0, purpose: .test, index: index))
        return view
    }
}
