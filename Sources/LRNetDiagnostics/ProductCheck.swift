internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// The check that matrix products are correct, with a measurement of their speed.
enum ProductCheck {
    private static let (rows, columns, inner) = (160, 144, 176)

    /// The largest error of a sum of `inner` terms, relative to the sum of the terms' magnitudes.
    /// Each rounding contributes at most half a unit in the last place of that sum.
    private static let tolerance = Double(inner) * 0x1p-24

    private static let (timedSize, repetitions) = (512, 5)

    static func run() -> Finding {
        let a = numbers(rows * inner, index: 0)
        let b = numbers(inner * columns, index: 1)
        let c = FloatBuffer(count: rows * columns)
        MatrixProduct.multiply(
            .plain(a.all), b.all, into: c.all, rows: rows, columns: columns, inner: inner)
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
                    return .failure(
                        "products", "entry (\(row), \(column)) is \(got) instead of \(sum)",
                        remedy: MatrixProduct.usesOwnKernels
                            ? "this machine or build computes wrong numbers: do not train with it"
                            : "this OpenBLAS computes wrong numbers here: try another "
                                + "OPENBLAS_CORETYPE or version; do not train with it")
                }
            }
        }
        return .good(
            "products",
            "\(MatrixProduct.provider), correct; " + String(format: "%.0f GFLOP/s", speed())
                + " on one thread (\(timedSize)x\(timedSize)x\(timedSize), all ranks at once)")
    }

    /// Returns the best of several timings, in 10^9 additions and multiplications per second.
    static func speed() -> Double {
        let size = timedSize
        let a = numbers(size * size, index: 2)
        let c = FloatBuffer(count: size * size)
        var shortest = Double.infinity
        for _ in 0..<repetitions {
            let start = ContinuousClock.now
            MatrixProduct.multiply(
                .plain(a.all), a.all, into: c.all, rows: size, columns: size, inner: size)
            shortest = min(shortest, (ContinuousClock.now - start).seconds)
        }
        return 2e-9 * Double(size * size * size) / max(shortest, 1e-9)
    }

    private static func numbers(_ count: Int, index: UInt32) -> FloatBuffer {
        let buffer = FloatBuffer(count: count)
        GaussianNoise.fill(buffer.all, key: NoiseKey(seed: 0, purpose: .test, index: index))
        return buffer
    }
}
