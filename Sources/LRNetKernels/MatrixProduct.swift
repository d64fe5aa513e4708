internal import COpenBLAS
internal import CVectorMath

/// Row-major matrix products, on the calling thread.
///
/// Builds for AVX-512 use our own tiles (``ProductTile``): every element is one chain of fused
/// multiply-adds, whose bits do not depend on how the rows or columns of a product are cut. Other
/// builds call OpenBLAS with its threads turned off; some of its results depend on the number of
/// rows in a call, so callers cut their work by the recipe alone, never by ranks or threads.
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

    /// Whether products are computed by our own tiles in this build.
    public static let isOurs = lrnet_has_avx512() != 0

    /// Turns off OpenBLAS's own threads; evaluated once, before its first product.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// The version and configuration of OpenBLAS, and the CPU core type that it chose kernels for.
    public static var libraryDescription: (configuration: String, core: String) {
        (String(cString: openblas_get_config()), String(cString: openblas_get_corename()))
    }

    /// Who computes products in this build: `lrnet-avx512`, or `openblas-` and its core type.
    public static var provider: String {
        isOurs ? "lrnet-avx512" : "openblas-\(libraryDescription.core)"
    }

    /// Computes `C = A B` with a packed `B`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` when transposed.
    ///   - b: Shape `[inner, columns]`.
    ///   - c: Overwritten; shape `[rows, columns]`; does not overlap `a` or `b`.
    /// - Precondition: The views have exactly these sizes.
    public static func multiply(_ a: Factor, _ b: PackedMatrix, into c: FloatView, rows: Int) {
        guard isOurs else {
            multiply(a, b.storage, into: c, rows: rows, columns: b.columns, inner: b.inner)
            return
        }
        check(a.view.count, b.inner * b.columns, c.count, rows, b.columns, b.inner)
        guard b.inner > 0 else { return c.fill(0) }
        let shape = Shape(rows: rows, columns: b.columns, inner: b.inner)
        for panel in 0..<b.panelCount {
            let start = b.storage.pointer + panel * b.inner * ProductTile.columnCount
            tiles(
                a, panel: start, panelStride: ProductTile.columnCount,
                firstColumn: panel * ProductTile.columnCount, shape: shape, into: c,
                accumulate: false)
        }
    }

    /// Computes `C = A B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` when transposed.
    ///   - b: Shape `[inner, columns]`, as stored.
    ///   - c: Shape `[rows, columns]`; does not overlap `a` or `b`.
    ///   - accumulate: Whether to add to `c` instead of overwriting it.
    /// - Precondition: The views have exactly these sizes.
    public static func multiply(
        _ a: Factor, _ b: FloatView, into c: FloatView, rows: Int, columns: Int, inner: Int,
        accumulate: Bool = false
    ) {
        check(a.view.count, b.count, c.count, rows, columns, inner)
        guard rows > 0 && columns > 0 else { return }
        guard inner > 0 else {
            if !accumulate { c.fill(0) }
            return
        }
        if isOurs {
            let shape = Shape(rows: rows, columns: columns, inner: inner)
            multiplyByTiles(a, b, into: c, shape: shape, accumulate: accumulate)
        } else {
            _ = singleThreaded
            cblas_sgemm(
                CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans,
                blasint(rows), blasint(columns), blasint(inner),
                1, a.view.pointer, blasint(a.isTransposed ? rows : inner),
                b.pointer, blasint(columns), accumulate ? 1 : 0, c.pointer, blasint(columns))
        }
    }

    private struct Shape {
        let rows, columns, inner: Int
    }

    private static func check(
        _ a: Int, _ b: Int, _ c: Int, _ rows: Int, _ columns: Int, _ inner: Int
    ) {
        precondition(
            a == rows * inner && b == inner * columns && c == rows * columns,
            "product of \(rows)x\(inner) and \(inner)x\(columns) with \(a), \(b) and \(c) values")
    }

    /// Whole panels are read where they lie; the last, narrow one is filled up with zeros first.
    private static func multiplyByTiles(
        _ a: Factor, _ b: FloatView, into c: FloatView, shape: Shape, accumulate: Bool
    ) {
        let width = ProductTile.columnCount
        let whole = shape.columns / width * width
        for first in stride(from: 0, to: whole, by: width) {
            tiles(
                a, panel: b.pointer + first, panelStride: shape.columns, firstColumn: first,
                shape: shape, into: c, accumulate: accumulate)
        }
        let rest = shape.columns - whole
        guard rest > 0 else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.inner * width) { panel in
            guard let start = panel.baseAddress else { return }
            start.initialize(repeating: 0, count: panel.count)
            for k in 0..<shape.inner {
                for column in 0..<rest {
                    start[k &* width &+ column] =
                        b.pointer[k &* shape.columns &+ whole &+ column]
                }
            }
            tiles(
                a, panel: start, panelStride: width, firstColumn: whole, shape: shape, into: c,
                accumulate: accumulate)
        }
    }

    /// One panel of columns: tiles of 12 rows, then 8, 4 and single rows.
    private static func tiles(
        _ a: Factor, panel: UnsafePointer<Float>, panelStride: Int, firstColumn: Int,
        shape: Shape, into c: FloatView, accumulate: Bool
    ) {
        let width = min(ProductTile.columnCount, shape.columns - firstColumn)
        let isNarrow = width < ProductTile.columnCount
        var tile = ProductTile(
            a: UnsafePointer(a.view.pointer),
            rowStride: a.isTransposed ? 1 : shape.inner,
            depthStride: a.isTransposed ? shape.rows : 1, b: panel, panelStride: panelStride,
            depth: shape.inner)
        var target = c.pointer + firstColumn
        var row = 0
        withUnsafeTemporaryAllocation(
            of: Float.self,
            capacity: isNarrow ? ProductTile.rowCount * ProductTile.columnCount : 0
        ) { edge in
            while row < shape.rows {
                let left = shape.rows &- row
                let count = left >= 12 ? 12 : left >= 8 ? 8 : left >= 4 ? 4 : 1
                if isNarrow, let edge = edge.baseAddress {
                    compute(
                        tile, count, into: edge, stride: ProductTile.columnCount,
                        accumulate: false)
                    copyEdge(edge, count, width, to: target, shape.columns, accumulate)
                } else {
                    compute(
                        tile, count, into: target, stride: shape.columns, accumulate: accumulate)
                }
                tile.a += count &* tile.rowStride
                target += count &* shape.columns
                row &+= count
            }
        }
    }

    private static func compute(
        _ tile: ProductTile, _ rows: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        accumulate: Bool
    ) {
        switch rows {
        case 12: tile.twelveRows(into: c, stride: stride, accumulate: accumulate)
        case 8: tile.eightRows(into: c, stride: stride, accumulate: accumulate)
        case 4: tile.fourRows(into: c, stride: stride, accumulate: accumulate)
        default: tile.oneRow(into: c, accumulate: accumulate)
        }
    }

    private static func copyEdge(
        _ edge: UnsafePointer<Float>, _ rows: Int, _ width: Int,
        to target: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool
    ) {
        for row in 0..<rows {
            for column in 0..<width {
                let value = edge[row &* ProductTile.columnCount &+ column]
                let index = row &* stride &+ column
                target[index] = accumulate ? target[index] + value : value
            }
        }
    }
}
