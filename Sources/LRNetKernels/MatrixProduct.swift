internal import COpenBLAS

/// Row-major matrix products by single-threaded calls of OpenBLAS.
///
/// Some of OpenBLAS's results depend on the number of rows in a call, so callers cut their work by
/// the recipe alone, never by ranks or threads. Calls from several threads at the same time are
/// safe.
public enum MatrixProduct {
    /// A matrix as a product uses it.
    public struct Factor: Sendable {
        let view: FloatView
        let isTransposed: Bool

        /// The matrix as it is stored.
        public static func plain(_ view: FloatView) -> Factor {
            Factor(view: view, isTransposed: false)
        }

        /// The transpose of the matrix that is stored.
        public static func transposed(_ view: FloatView) -> Factor {
            Factor(view: view, isTransposed: true)
        }
    }

    /// Turns off OpenBLAS's own threads; evaluated once, before the first product.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// The version and configuration of OpenBLAS, and the CPU core type that it chose kernels for.
    public static var libraryDescription: (configuration: String, core: String) {
        (String(cString: openblas_get_config()), String(cString: openblas_get_corename()))
    }

    /// Computes `C = A B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` when transposed.
    ///   - b: Shape `[inner, columns]`; stored `[columns, inner]` when transposed.
    ///   - c: Shape `[rows, columns]`; does not overlap `a` or `b`.
    ///   - accumulate: Whether to add to `c` instead of overwriting it.
    /// - Precondition: The views have exactly these sizes.
    public static func multiply(
        _ a: Factor, _ b: Factor, into c: FloatView, rows: Int, columns: Int, inner: Int,
        accumulate: Bool = false
    ) {
        precondition(
            a.view.count == rows * inner && b.view.count == inner * columns
                && c.count == rows * columns,
            "product of \(rows)x\(inner) and \(inner)x\(columns) with \(a.view.count), "
                + "\(b.view.count) and \(c.count) values")
        guard rows > 0 && columns > 0 else { return }
        guard inner > 0 else {
            if !accumulate { c.fill(0) }
            return
        }
        _ = singleThreaded
        cblas_sgemm(
            CblasRowMajor,
            a.isTransposed ? CblasTrans : CblasNoTrans,
            b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), blasint(inner),
            1, a.view.pointer, blasint(a.isTransposed ? rows : inner),
            b.view.pointer, blasint(b.isTransposed ? inner : columns),
            accumulate ? 1 : 0, c.pointer, blasint(columns))
    }
}
