internal import Foundation
internal import LRNetKernels

/// The check that matrix products are correct, with a measurement of their speed.
enum ProductCheck {
    /// Products in Float32. Each rounding contributes at most half a unit in the last place of the
    /// sum of the terms' magnitudes.
    static let probe = ProductProbe(
        size: ProductProbe.Size(rows: 160, columns: 144, inner: 176), tolerance: 176 * 0x1p-24
    ) { a, b, size in
        let c = FloatBuffer(count: size.rows * size.columns).all
        return {
            MatrixProduct.multiply(
                .plain(a), b, into: c, rows: size.rows, columns: size.columns, inner: size.inner)
            return c
        }
    }

    static func run() -> Finding {
        if let error = probe.firstError() {
            return .failure(
                "products", error,
                remedy: MatrixProduct.usesOwnKernels
                    ? "this machine or build computes wrong numbers: do not train with it"
                    : "this OpenBLAS computes wrong numbers here: try another "
                        + "OPENBLAS_CORETYPE or version; do not train with it")
        }
        let size = ProductProbe.timedSize
        return .good(
            "products",
            "\(MatrixProduct.provider), correct; "
                + String(format: "%.0f GFLOP/s", probe.speed())
                + " on one thread (\(size)x\(size)x\(size), all ranks at once)")
    }
}
