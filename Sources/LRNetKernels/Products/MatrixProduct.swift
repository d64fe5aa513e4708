internal import CVectorMath
internal import LRNetSupport

/// Products of row-major matrices, computed on the calling thread:
///
///     C[i, j] = sum over k of A[i, k] B[k, j]
///
/// Builds for AVX-512 use our own tiles (``ProductTile``). They compute every element as one chain
/// of fused multiply-adds, or as a sum of several chains (``Summation``). The bits of an element do
/// not depend on how the rows or columns of a product are divided among calls.
///
/// Other builds call ``OpenBLAS`` with one thread. Some of its results depend on the number of rows
/// in a call. Callers must therefore divide their work by the recipe alone, never by ranks or
/// threads.
///
/// Naive twin: `Reference.product`.
public enum MatrixProduct {
    /// The left factor of a product: a stored matrix or its transpose.
    package struct Factor: Sendable {
        let view: FloatView
        let isTransposed: Bool

        /// Returns the matrix as it is stored.
        package static func plain(_ view: FloatView) -> Factor {
            Factor(view: view, isTransposed: false)
        }

        /// Returns the transpose of the stored matrix.
        package static func transposed(_ view: FloatView) -> Factor {
            Factor(view: view, isTransposed: true)
        }
    }

    /// The order in which the terms of an element are summed.
    package enum Summation: Sendable {
        /// A single chain: the fastest order.
        case chain

        /// Chains of `chain` terms. Eight chains form a run: their sums are added to the sum of the
        /// run, and then the sums of all runs are added. For 512 random terms, the rounding errors
        /// are about a quarter (chains of 16) or half (chains of 64) of the errors of a single
        /// chain.
        ///
        /// OpenBLAS gets `2 * chain` terms per call.
        case runs(chain: Int)

        /// The number of terms in a chain and in a run, for our own tiles.
        fileprivate var lengths: (chain: Int, run: Int) {
            switch self {
            case .chain: (.max, .max)
            case .runs(let length): (length, 8 * length)
            }
        }

        /// The number of terms in a call of OpenBLAS.
        fileprivate var callLength: Int {
            switch self {
            case .chain: .max
            case .runs(let length): 2 * length
            }
        }
    }

    /// True if this build computes products with its own tiles.
    public static let usesOwnKernels = lrnet_has_avx512() != 0

    /// The version and configuration of OpenBLAS, and the CPU core type it chose kernels for. This
    /// property loads the library. If that fails, the configuration contains the reason.
    package static var libraryDescription: (configuration: String, core: String) {
        switch OpenBLAS.loaded {
        case .success(let library): (library.configuration, library.core)
        case .failure(let error): ("none (\(error))", "none")
        }
    }

    /// OpenBLAS, which `ThreadPool.computing` has loaded.
    private static var library: OpenBLAS {
        do { return try OpenBLAS.loaded.get() } catch { fatalError("\(error)") }
    }

    /// The name of the kernels that compute products in this build: `lrnet-avx512`, or `openblas-`
    /// and its core type.
    package static var provider: String {
        usesOwnKernels ? "lrnet-avx512" : "openblas-\(libraryDescription.core)"
    }

    /// Computes `y = A x` with OpenBLAS's `sgemv`, as a benchmark's peer.
    ///
    /// - Parameter a: `[rows, columns]`
    /// - Throws: `Failure` if OpenBLAS cannot be loaded.
    package static func multiplyByOpenBLAS(
        _ a: FloatView, vector x: FloatView, into y: FloatView
    ) throws {
        precondition(a.count == x.count * y.count, "\(a.count) values, \(x.count) to \(y.count)")
        try OpenBLAS.loaded.get().vectorProduct(
            OpenBLAS.rowMajor, OpenBLAS.plain, CInt(y.count), CInt(x.count), 1, a.pointer,
            CInt(x.count), x.pointer, 1, 0, y.pointer, 1)
    }

    /// Computes `C = A B` with OpenBLAS's `sgemm`, as a benchmark's peer.
    ///
    /// - Throws: `Failure` if OpenBLAS cannot be loaded.
    package static func multiplyByOpenBLAS(
        _ a: FloatView, _ b: FloatView, into c: FloatView, rows: Int, columns: Int, inner: Int
    ) throws {
        check(a.count, b.count, c.count, rows, columns, inner)
        _ = try OpenBLAS.loaded.get()
        multiplyByOpenBLAS(
            Left(.plain(a)), b.pointer, into: c.pointer,
            shape: Shape(rows: rows, columns: columns, inner: inner, summation: .chain),
            accumulate: false)
    }

    /// Computes `C = A B` with a packed `B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` when transposed.
    ///   - b: Shape `[inner, columns]`.
    ///   - c: Shape `[rows, columns]`; does not overlap `a` or `b`.
    ///   - accumulate: If true, adds to `c` instead of overwriting it.
    ///   - summation: The order in which the terms of an element are summed.
    /// - Precondition: The views have exactly these sizes.
    package static func multiply(
        _ a: Factor, _ b: PackedMatrix, into c: FloatView, rows: Int, accumulate: Bool = false,
        summation: Summation = .chain
    ) {
        check(a.view.count, b.inner * b.columns, c.count, rows, b.columns, b.inner)
        guard rows > 0 && b.columns > 0 else { return }
        guard b.inner > 0 else {
            if !accumulate { c.fill(0) }
            return
        }
        let shape = Shape(
            rows: rows, columns: b.columns, inner: b.inner, summation: summation)
        multiply(Left(a), b.panels, into: c.pointer, shape, accumulate: accumulate)
    }

    private static func multiply(
        _ a: Left, _ b: PackedMatrix.Panels, into c: UnsafeMutablePointer<Float>, _ shape: Shape,
        accumulate: Bool = false
    ) {
        guard usesOwnKernels else {
            multiplyByOpenBLAS(a, b.start, into: c, shape: shape, accumulate: accumulate)
            return
        }
        for panel in 0..<b.count {
            multiply(
                a, b, panel: panel, terms: 0..<b.inner, into: c, shape, accumulate: accumulate)
        }
    }

    /// The address of a left factor and its storage order.
    private struct Left {
        let start: UnsafePointer<Float>
        let isTransposed: Bool

        init(_ factor: Factor) {
            (start, isTransposed) = (UnsafePointer(factor.view.pointer), factor.isTransposed)
        }

        init(_ start: UnsafePointer<Float>) {
            (self.start, isTransposed) = (start, false)
        }
    }

    /// Computes `C = A B` on addresses, with a packed `B` that may have blocks of zeros.
    ///
    /// Our own tiles skip the zeros in whole panels of 32 columns, if every range in `columns`
    /// starts at a panel. Zeros that are not skipped are multiplied like other values. Builds with
    /// OpenBLAS skip nothing.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`.
    ///   - b: Shape `[inner, columns]`.
    ///   - rows: The rows of `B` that are not all 0, in order; `nil` for all rows.
    ///   - columns: The columns of `B` that are not all 0, in order; `nil` for all columns.
    ///   - c: Overwritten; shape `[count, columns]`.
    static func multiply(
        _ a: UnsafePointer<Float>, _ b: PackedMatrix.Panels, rows: [Range<Int>]?,
        columns: [Range<Int>]?, into c: UnsafeMutablePointer<Float>, count: Int,
        summation: Summation
    ) {
        guard count > 0 else { return }
        let width = ProductTile.columnCount
        let isCut = rows != nil || columns != nil
        let shape = Shape(rows: count, columns: b.columns, inner: b.inner, summation: summation)
        guard usesOwnKernels && isCut && columns?.allSatisfy({ $0.lowerBound % width == 0 }) ?? true
        else {
            return multiply(Left(a), b, into: c, shape)
        }
        let (rows, columns) = (rows ?? [0..<b.inner], columns ?? [0..<b.columns])
        for panel in 0..<b.count {
            guard columns.contains(where: { $0.contains(panel * width) }) else {
                fillColumns(panel * width..<min((panel + 1) * width, b.columns), of: c, shape)
                continue
            }
            for (index, terms) in rows.enumerated() {
                multiply(
                    Left(a), b, panel: panel, terms: terms, into: c, shape, accumulate: index > 0)
            }
        }
    }

    private static func fillColumns(
        _ columns: Range<Int>, of c: UnsafeMutablePointer<Float>, _ shape: Shape
    ) {
        for row in 0..<shape.rows {
            let target = c + (row * shape.columns + columns.lowerBound)
            target.update(repeating: 0, count: columns.count)
        }
    }

    /// Computes one panel of columns from some of the terms.
    private static func multiply(
        _ a: Left, _ b: PackedMatrix.Panels, panel: Int, terms: Range<Int>,
        into c: UnsafeMutablePointer<Float>, _ shape: Shape, accumulate: Bool
    ) {
        let width = ProductTile.columnCount
        tiles(
            a, terms: terms, panel: b.start + (panel * b.inner + terms.lowerBound) * width,
            panelStride: width, firstColumn: panel * width, shape: shape, into: c,
            accumulate: accumulate)
    }

    /// Computes `C = A B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` when transposed.
    ///   - b: Shape `[inner, columns]`, as stored.
    ///   - c: Shape `[rows, columns]`; does not overlap `a` or `b`.
    ///   - panels: The panels of columns to compute (``panelCount(columns:)``); `nil` for all.
    ///   - accumulate: If true, adds to `c` instead of overwriting it.
    ///   - summation: The order in which the terms of an element are summed.
    /// - Precondition: The views have exactly these sizes.
    package static func multiply(
        _ a: Factor, _ b: FloatView, into c: FloatView, rows: Int, columns: Int,
        panels: Range<Int>? = nil, inner: Int, accumulate: Bool = false,
        summation: Summation = .chain
    ) {
        check(a.view.count, b.count, c.count, rows, columns, inner)
        let all = 0..<panelCount(columns: columns)
        let panels = panels ?? all
        precondition(
            panels == all || usesOwnKernels && all.contains(panels), "panels \(panels) of \(all)")
        guard rows > 0 && columns > 0 else { return }
        let shape = Shape(rows: rows, columns: columns, inner: inner, summation: summation)
        guard inner > 0 else {
            if !accumulate {
                let width = ProductTile.columnCount
                let first = usesOwnKernels ? panels.lowerBound * width : 0
                let end = usesOwnKernels ? min(panels.upperBound * width, columns) : columns
                fillColumns(first..<end, of: c.pointer, shape)
            }
            return
        }
        if usesOwnKernels {
            multiplyByTiles(
                Left(a), b.pointer, into: c.pointer, shape: shape, panels: panels,
                accumulate: accumulate)
        } else {
            multiplyByOpenBLAS(
                Left(a), b.pointer, into: c.pointer, shape: shape, accumulate: accumulate)
        }
    }

    private static func multiplyByOpenBLAS(
        _ a: Left, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, shape: Shape,
        accumulate: Bool
    ) {
        let library = library
        let (rows, columns) = (shape.rows, shape.columns)
        let length = min(shape.summation.callLength, shape.inner)
        for start in stride(from: 0, to: shape.inner, by: length) {
            library.product(
                OpenBLAS.rowMajor, a.isTransposed ? OpenBLAS.transposed : OpenBLAS.plain,
                OpenBLAS.plain, CInt(rows), CInt(columns),
                CInt(min(length, shape.inner - start)), 1,
                a.start + (a.isTransposed ? start * rows : start),
                CInt(a.isTransposed ? rows : shape.inner), b + start * columns, CInt(columns),
                accumulate || start > 0 ? 1 : 0, c, CInt(columns))
        }
    }

    /// The number of panels of columns into which a product with an unpacked right factor can be
    /// divided; 1 in builds with OpenBLAS.
    package static func panelCount(columns: Int) -> Int {
        guard usesOwnKernels else { return 1 }
        return (columns + ProductTile.columnCount - 1) / ProductTile.columnCount
    }

    private struct Shape {
        let rows, columns, inner: Int
        let summation: Summation
    }

    private static func check(
        _ a: Int, _ b: Int, _ c: Int, _ rows: Int, _ columns: Int, _ inner: Int
    ) {
        precondition(
            a == rows * inner && b == inner * columns && c == rows * columns,
            "product of \(rows)x\(inner) and \(inner)x\(columns) with \(a), \(b) and \(c) values")
    }

    /// Computes a product with our own tiles. Whole panels are read in place; the last, narrow
    /// panel is first copied and padded with zeros.
    private static func multiplyByTiles(
        _ a: Left, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, shape: Shape,
        panels: Range<Int>, accumulate: Bool
    ) {
        let width = ProductTile.columnCount
        let whole = shape.columns / width * width
        let wholeEnd = min(panels.upperBound * width, whole)
        for first in stride(from: panels.lowerBound * width, to: wholeEnd, by: width) {
            tiles(
                a, terms: 0..<shape.inner, panel: b + first, panelStride: shape.columns,
                firstColumn: first, shape: shape, into: c, accumulate: accumulate)
        }
        let rest = shape.columns - whole
        guard rest > 0 && panels.contains(whole / width) else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: shape.inner * width) { panel in
            guard let start = panel.baseAddress else { return }
            start.initialize(repeating: 0, count: panel.count)
            for k in 0..<shape.inner {
                for column in 0..<rest {
                    start[k &* width &+ column] =
                        b[k &* shape.columns &+ whole &+ column]
                }
            }
            tiles(
                a, terms: 0..<shape.inner, panel: start, panelStride: width, firstColumn: whole,
                shape: shape, into: c, accumulate: accumulate)
        }
    }

    /// Computes one panel of columns: tiles of 12 rows, then 8, 4 and single rows. Sums of chains
    /// use tiles of 6, 4 and single rows. Narrow tiles are computed in a buffer and then copied or
    /// added.
    ///
    /// - Parameter terms: The columns of `A` that match the panel's rows.
    private static func tiles(
        _ a: Left, terms: Range<Int>, panel: UnsafePointer<Float>, panelStride: Int,
        firstColumn: Int, shape: Shape, into c: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        let width = min(ProductTile.columnCount, shape.columns - firstColumn)
        let lengths = shape.summation.lengths
        let isNarrow = width < ProductTile.columnCount
        let chain = terms.count > lengths.chain ? lengths.chain : nil
        let depthStride = a.isTransposed ? shape.rows : 1
        var tile = ProductTile(
            a: a.start + terms.lowerBound * depthStride,
            rowStride: a.isTransposed ? 1 : shape.inner, depthStride: depthStride, b: panel,
            panelStride: panelStride, depth: terms.count)
        var target = c + firstColumn
        var row = 0
        withUnsafeTemporaryAllocation(
            of: Float.self,
            capacity: isNarrow ? ProductTile.rowCount * ProductTile.columnCount : 0
        ) { buffer in
            while row < shape.rows {
                let count = rowCount(shape.rows &- row, hasChains: chain != nil)
                tile.forEachPart(of: lengths.run) { run, isFirst in
                    let accumulate = accumulate || !isFirst
                    if isNarrow, let buffer = buffer.baseAddress {
                        compute(
                            run, count, chain, into: buffer, stride: ProductTile.columnCount,
                            accumulate: false)
                        copy(
                            buffer, count, width, to: target, shape.columns, accumulate: accumulate)
                    } else {
                        compute(
                            run, count, chain, into: target, stride: shape.columns,
                            accumulate: accumulate)
                    }
                }
                tile.a += count &* tile.rowStride
                target += count &* shape.columns
                row &+= count
            }
        }
    }

    /// Returns the number of rows of the next tile when `left` rows remain.
    @inline(__always)
    private static func rowCount(_ left: Int, hasChains: Bool) -> Int {
        if hasChains && left >= 6 && left != 8 { return 6 }
        return left >= 12 ? 12 : left >= 8 ? (hasChains ? 4 : 8) : left >= 4 ? 4 : 1
    }

    /// Computes `C = A' B` on addresses, with at most one panel of columns, for kernels that divide
    /// their factors themselves.
    ///
    /// - Parameters:
    ///   - a: Element `(k, row)` at `a + k * aStride + row`.
    ///   - b: Element `(k, column)` at `b + k * bStride + column`; 32 columns are read regardless
    ///     of `columns`.
    ///   - c: Overwritten: `rows` rows of 32 values, of which the first `columns` are valid.
    ///   - chain: The number of terms in a chain; the sums of chains are added in order.
    static func multiplyPanel(
        _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, bStride: Int,
        into c: UnsafeMutablePointer<Float>, rows: Int, columns: Int, inner: Int, chain: Int
    ) {
        let width = ProductTile.columnCount
        guard usesOwnKernels else {
            let library = library
            if inner == 0 { c.update(repeating: 0, count: rows * width) }
            for start in stride(from: 0, to: inner, by: 2 * chain) {
                library.product(
                    OpenBLAS.rowMajor, OpenBLAS.transposed, OpenBLAS.plain, CInt(rows),
                    CInt(columns), CInt(min(2 * chain, inner - start)), 1, a + start * aStride,
                    CInt(aStride), b + start * bStride, CInt(bStride), start > 0 ? 1 : 0, c,
                    CInt(width))
            }
            return
        }
        var row = 0
        while row < rows {
            let count = rowCount(rows &- row, hasChains: true)
            let tile = ProductTile(
                a: a + row, rowStride: 1, depthStride: aStride, b: b, panelStride: bStride,
                depth: inner)
            compute(tile, count, chain, into: c + row &* width, stride: width, accumulate: false)
            row &+= count
        }
    }

    /// Computes a tile in chains of `chain` terms, or in a single chain if that is `nil`.
    @inline(__always)
    private static func compute(
        _ tile: ProductTile, _ rows: Int, _ chain: Int?, into c: UnsafeMutablePointer<Float>,
        stride: Int, accumulate: Bool
    ) {
        if let chain {
            chains(tile, rows, of: chain, into: c, stride: stride, accumulate: accumulate)
        } else {
            oneChain(tile, rows, into: c, stride: stride, accumulate: accumulate)
        }
    }

    private static func oneChain(
        _ tile: ProductTile, _ rows: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        accumulate: Bool
    ) {
        switch rows {
        case 12:
            tile.compute(
                TwelveRows<FloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        case 8:
            tile.compute(
                EightRows<FloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        case 4:
            tile.compute(FourRows<FloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        default:
            tile.compute(OneRow<FloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        }
    }

    private static func chains(
        _ tile: ProductTile, _ rows: Int, of length: Int, into c: UnsafeMutablePointer<Float>,
        stride: Int, accumulate: Bool
    ) {
        switch rows {
        case 6:
            tile.compute(
                SixRows<FloatTerms>.self, chainsOf: length, into: c, stride: stride,
                accumulate: accumulate)
        case 4:
            tile.compute(
                FourRows<FloatTerms>.self, chainsOf: length, into: c, stride: stride,
                accumulate: accumulate)
        default:
            tile.compute(
                OneRow<FloatTerms>.self, chainsOf: length, into: c, stride: stride,
                accumulate: accumulate)
        }
    }

    private static func copy(
        _ tile: UnsafePointer<Float>, _ rows: Int, _ width: Int,
        to target: UnsafeMutablePointer<Float>, _ stride: Int, accumulate: Bool
    ) {
        for row in 0..<rows {
            let source = tile + row &* ProductTile.columnCount
            let target = target + row &* stride
            forEachVector(width) { column, lanes in
                let value = load(source + column, lanes)
                store(
                    accumulate ? load(target + column, lanes) + value : value, target + column,
                    lanes)
            }
        }
    }
}
