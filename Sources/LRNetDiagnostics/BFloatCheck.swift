internal import Foundation
internal import LRNetKernels

/// The check that products in bfloat16 are correct, with a measurement of their speed.
enum BFloatCheck {
    /// Products in bfloat16. Each factor is rounded with a relative error of at most 1/256.
    private static let probe = ProductProbe(
        size: ProductProbe.Size(rows: 80, columns: 72, inner: 176), tolerance: 2.5 / 256
    ) { a, b, size in
        let packed = PairedMatrix(inner: size.inner, columns: size.columns)
        packed.pack(b, panels: 0..<packed.panelCount)
        let c = FloatBuffer(count: size.rows * size.columns).all
        let scratch = FloatBuffer(
            count: BFloatProduct.scratchCount(rows: size.rows, inner: size.inner)
        ).all
        return {
            BFloatProduct.multiply(
                a, squared: false, packed, into: c, rows: size.rows, scratch: scratch)
            return c
        }
    }

    static func run() -> Finding {
        let topic = "bfloat16"
        do { try BFloatProduct.checkSupport() } catch {
            return .warning(
                topic, "\(BFloatProduct.provider.rawValue): \(error)",
                remedy: "training.precision: mixed is impossible; float32 works")
        }
        if let error = probe.firstError() {
            return .failure(
                topic, error,
                remedy: "this machine or build computes wrong numbers: do not train with "
                    + "training.precision: mixed")
        }
        let (speed, full) = (probe.speed(), ProductCheck.probe.speed())
        let advice = speed < full ? "; slower than float32, so do not use mixed here" : ""
        return .good(
            topic,
            "\(BFloatProduct.provider.rawValue), correct; "
                + String(format: "%.0f GFLOP/s, %.1f times float32", speed, speed / full) + advice)
    }
}
