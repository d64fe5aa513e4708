internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// The check that products in bfloat16 are correct, with a measurement of their speed.
enum BFloatCheck {
    private static let (rows, columns, inner) = (80, 72, 176)

    /// The largest error of a sum relative to the sum of the terms' magnitudes. Each factor is rounded
    /// with a relative error of at most 1/256.
    private static let tolerance = 2.5 / 256

    private static let (timedSize, repetitions) = (512, 5)

    static func run() -> Finding {
        let topic = "bfloat16"
        do { try BFloatProduct.prepare() } catch {
            return .warning(
                topic, "\(BFloatProduct.provider.rawValue): \(error)",
                remedy: "training.precision: mixed is impossible; float32 works")
        }
        let a = numbers(rows * inner, index: 0)
        let b = numbers(inner * columns, index: 1)
        let c = product(a, b, rows: rows, columns: columns, inner: inner)()
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
                        topic, "entry (\(row), \(column)) is \(got) instead of \(sum)",
                        remedy: "this machine or build computes wrong numbers: do not train with "
                            + "training.precision: mixed")
                }
            }
        }
        let (speed, full) = (speed(), ProductCheck.speed())
        let advice = speed < full ? "; slower than float32, so do not use mixed here" : ""
        return .good(
            topic,
            "\(BFloatProduct.provider.rawValue), correct; "
                + String(format: "%.0f GFLOP/s, %.1f times float32", speed, speed / full) + advice)
    }

    private static func product(
        _ a: FloatView, _ b: FloatView, rows: Int, columns: Int, inner: Int
    ) -> () -> FloatView {
        let packed = PairedMatrix(inner: inner, columns: columns)
        packed.pack(b, panels: 0..<packed.panelCount)
        let c = FloatBuffer(count: rows * columns).all
        let scratch = FloatBuffer(
            count: BFloatProduct.scratchCount(rows: rows, inner: inner)
        ).all
        return {
            BFloatProduct.multiply(
                a, squared: false, packed, into: c, rows: rows, scratch: scratch)
            return c
        }
    }

    /// Returns the best of several timings, in 10^9 additions and multiplications per second.
    private static func speed() -> Double {
        let size = timedSize
        let a = numbers(size * size, index: 2)
        let multiply = product(a, a, rows: size, columns: size, inner: size)
        var shortest = Double.infinity
        for _ in 0..<repetitions {
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
