internal import CVectorMath
internal import LRNetSupport

/// Products of matrices in bfloat16 with sums in Float32, computed on the calling thread.
///
///     C[i, j] = sum over k of A[i, k] B[k, j]
///
/// The build decides between three forms:
///
/// - ``Provider/tiles``: the matrix tiles of AMX. Of each block of 32 terms, those with even and those
///   with odd numbers are summed in order from 0. Then `even + odd` is added to the element.
/// - ``Provider/pairs``: `vdpbf16ps` of AVX-512. The terms are added in order, but of each two
///   neighbors the second is first.
/// - ``Provider/portable``: the same bits as ``Provider/pairs``, without those instructions.
///
/// In all forms, a product is exact, each addition rounds once to the nearest Float32, ties to even,
/// and denormal results become 0. The order depends on `k` alone, so an element's bits do not depend on
/// how the rows or columns of a product are divided among calls.
///
/// Naive twin: `Reference.bfloatProduct`.
///
/// - Source: Intel, *Software Developer's Manual*, instructions VDPBF16PS and TDPBF16PS.
package enum BFloatProduct {
    /// The instructions that compute products.
    package enum Provider: String, Sendable {
        case tiles = "amx-bf16"
        case pairs = "avx512-bf16"
        case portable
    }

    /// The form that this build uses.
    package static var provider: Provider {
        if lrnet_has_tiles() != 0 { return .tiles }
        return lrnet_has_bfloat_dot() != 0 ? .pairs : .portable
    }

    @inline(__always)
    static var usesTiles: Bool { lrnet_has_tiles() != 0 }

    /// True if the operating system lets this process use tiles. The first use requests them, for all
    /// threads; without that request, the first instruction for tiles would end the process.
    private static let mayUseTiles = lrnet_request_tiles() == 0

    /// Traps if the operating system refuses tiles. Called once per panel.
    static func requireTiles() {
        precondition(mayUseTiles, "the operating system refuses matrix tiles")
    }

    /// Checks that products can be computed, so that a program can say so before it starts.
    ///
    /// - Throws: `Failure` if the build requires tiles that the operating system refuses.
    package static func checkSupport() throws {
        guard usesTiles && !mayUseTiles else { return }
        throw Failure(
            call: "arch_prctl", subject: "AMX",
            message: "the operating system does not let this program use the matrix tiles that it "
                + "was built for; set training.precision to float32",
            exitStatus: .badRecipe)
    }

    /// Computes `C = A B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: `[rows, b.inner]` in rows of words; with panels, `rows` may end within a panel.
    ///   - terms: The terms that are not all 0, in order; `nil` for all. Other terms of their blocks
    ///     are multiplied like other values.
    ///   - columns: The columns of `B` that are not all 0, in order; `nil` for all. The elements of
    ///     panels without such columns become 0.
    ///   - panels: The panels of columns to compute; `nil` for all.
    ///   - c: Shape `[rows, stride]`.
    static func multiply(
        _ a: BFloatPanel.Left, _ b: PairedMatrix.Panels, terms: [Range<Int>]? = nil,
        columns: [Range<Int>]? = nil, panels: Range<Int>? = nil,
        into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, accumulate: Bool = false
    ) {
        guard rows > 0 else { return }
        let width = BFloatPairs.panelWidth
        let words = BFloatPairs.wordCount(b.inner)
        for panel in panels ?? 0..<b.count {
            let first = panel * width
            let count = min(width, b.columns - first)
            let isZero = columns.map { $0.allSatisfy { !$0.overlaps(first..<first + count) } }
            if isZero ?? (words == 0) {
                if accumulate { continue }
                for row in 0..<rows {
                    (c + (row * stride + first)).update(repeating: 0, count: count)
                }
                continue
            }
            var isFirst = !accumulate
            func multiply(_ blocks: Range<Int>) {
                BFloatPanel.multiply(
                    a, b.start + panel * words * width, blocks: blocks, into: c + first,
                    stride: stride, rows: rows, columns: count, accumulate: !isFirst)
                isFirst = false
            }
            if let terms {
                forEachBlockRange(of: terms, multiply)
            } else {
                // Allocating an array for each panel would take a few percent of a step's time.
                forEachBlockRange(of: CollectionOfOne(0..<b.inner), multiply)
            }
        }
    }

    /// Computes some rows of at most one panel of columns of `A' B`, for kernels that divide their
    /// factors themselves.
    ///
    /// - Parameters:
    ///   - a: The left factor in panels of 16 rows, after ``BFloatPairs/arrangeLeft(_:)``.
    ///   - b: The right factor in panels of 32 columns.
    ///   - rows: The rows to compute, from the first row of a panel.
    ///   - columns: The columns to compute, from the first column of a panel.
    ///   - terms: The terms that are not all 0.
    ///   - count: The number of terms of the factors.
    ///   - c: Overwritten: rows of 32 values, of which the first `columns.count` are valid.
    static func multiplyPanel(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Range<Int>,
        columns: Range<Int>, terms: Range<Int>, of count: Int, into c: UnsafeMutablePointer<Float>
    ) {
        let words = BFloatPairs.wordCount(count)
        let width = BFloatPairs.panelWidth
        guard !terms.isEmpty else {
            return c.update(repeating: 0, count: rows.count * width)
        }
        forEachBlockRange(of: CollectionOfOne(terms)) { blocks in
            BFloatPanel.multiply(
                BFloatPanel.Left(start: a + rows.lowerBound * words, form: .panels(words: words)),
                b + columns.lowerBound * words, blocks: blocks, into: c, stride: width,
                rows: rows.count, columns: columns.count, accumulate: false)
        }
    }

    // MARK: Whole products

    /// Computes `C = A B`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`.
    ///   - squared: If true, the squares of `a` are multiplied.
    ///   - b: Shape `[inner, columns]`.
    ///   - c: Overwritten; shape `[rows, columns]`.
    ///   - scratch: At least ``scratchCount(rows:inner:)`` values.
    package static func multiply(
        _ a: FloatView, squared: Bool, _ b: PairedMatrix, into c: FloatView, rows: Int,
        scratch: FloatView
    ) {
        precondition(
            a.count == rows * b.inner && c.count == rows * b.columns
                && scratch.count >= scratchCount(rows: rows, inner: b.inner),
            "product of \(rows)x\(b.inner) and \(b.inner)x\(b.columns) with \(a.count), \(c.count) and \(scratch.count) values"
        )
        BFloatPairs.roundRows(
            a.pointer, squared: squared, rows: rows, terms: b.inner, into: scratch.pointer)
        let words = BFloatPairs.wordCount(b.inner)
        multiply(
            BFloatPanel.Left(start: scratch.pointer, form: .rows(words: words)), b.panels,
            into: c.pointer,
            stride: b.columns, rows: rows)
    }

    /// Returns the number of values of scratch for a product.
    package static func scratchCount(rows: Int, inner: Int) -> Int {
        rows * BFloatPairs.wordCount(inner)
    }

    /// Computes `C = A' B`, or adds the product to `C`.
    ///
    /// - Parameters:
    ///   - a: Stored `[inner, rows]`.
    ///   - squared: If true, the squares of `a` are multiplied.
    ///   - b: Shape `[inner, columns]`.
    ///   - c: Shape `[rows, columns]`.
    ///   - panels: The panels of 32 columns to compute; `nil` for all.
    ///   - accumulate: If true, adds to `c` instead of overwriting it.
    ///   - scratch: At least ``scratchCount(transposed:columns:inner:)`` values.
    package static func multiplyTransposed(
        _ a: FloatView, squared: Bool, _ b: FloatView, into c: FloatView, rows: Int, columns: Int,
        panels: Range<Int>? = nil, inner: Int, accumulate: Bool = false, scratch: FloatView
    ) {
        precondition(
            a.count == inner * rows && b.count == inner * columns && c.count == rows * columns
                && scratch.count >= scratchCount(transposed: rows, columns: columns, inner: inner),
            "product of \(rows)x\(inner) and \(inner)x\(columns) with \(a.count), \(b.count), \(c.count) and \(scratch.count) values"
        )
        let leftCount = scratchCount(transposed: rows, inner: inner)
        let end = leftCount + PairedMatrix.count(inner: inner, columns: columns)
        let right = PairedMatrix(inner: inner, columns: columns, in: scratch[leftCount..<end])
        let panels = panels ?? 0..<right.panelCount
        right.pack(b, panels: panels)
        multiplyTransposed(
            a, squared: squared, right, into: c, rows: rows, panels: panels,
            accumulate: accumulate, scratch: scratch[0..<leftCount])
    }

    /// Computes `C = A' B`, or adds the product to `C`, with a packed `B`.
    ///
    /// - Parameters:
    ///   - a: Stored `[b.inner, rows]`.
    ///   - squared: If true, the squares of `a` are multiplied.
    ///   - c: Shape `[rows, b.columns]`.
    ///   - panels: The panels of 32 columns to compute; `nil` for all.
    ///   - accumulate: If true, adds to `c` instead of overwriting it.
    ///   - scratch: At least ``scratchCount(transposed:inner:)`` values.
    package static func multiplyTransposed(
        _ a: FloatView, squared: Bool, _ b: PairedMatrix, into c: FloatView, rows: Int,
        panels: Range<Int>? = nil, accumulate: Bool = false, scratch: FloatView
    ) {
        let count = scratchCount(transposed: rows, inner: b.inner)
        precondition(
            a.count == b.inner * rows && c.count == rows * b.columns && scratch.count >= count,
            "product of \(rows)x\(b.inner) and \(b.inner)x\(b.columns) with \(a.count), \(c.count) and \(scratch.count) values"
        )
        let (left, height) = (scratch[0..<count], BFloatPairs.leftPanelWidth)
        BFloatPairs.roundColumns(
            a.pointer, squared: squared, terms: b.inner, columns: rows, width: height,
            panels: 0..<(rows + height - 1) / height, into: left.pointer)
        BFloatPairs.arrangeLeft(left)
        multiply(
            BFloatPanel.Left(
                start: left.pointer, form: .panels(words: BFloatPairs.wordCount(b.inner))),
            b.panels, panels: panels, into: c.pointer, stride: b.columns, rows: rows,
            accumulate: accumulate)
    }

    /// Returns the number of values of scratch for a product with a transposed left factor.
    package static func scratchCount(transposed rows: Int, columns: Int, inner: Int) -> Int {
        scratchCount(transposed: rows, inner: inner)
            + PairedMatrix.count(inner: inner, columns: columns)
    }

    /// Returns the number of values of scratch for a product with a transposed left factor and a
    /// packed right factor.
    package static func scratchCount(transposed rows: Int, inner: Int) -> Int {
        BFloatPairs.panelsCount(terms: inner, columns: rows, width: BFloatPairs.leftPanelWidth)
    }

    // MARK: Panels

    /// Calls `body` for each run of blocks that contain some of the terms.
    private static func forEachBlockRange(
        of terms: some Collection<Range<Int>>, _ body: (Range<Int>) -> Void
    ) {
        let length = BFloatPairs.blockTermCount
        var end = 0
        for range in terms where !range.isEmpty {
            let first = max(range.lowerBound / length, end)
            let last = (range.upperBound + length - 1) / length
            if first < last { body(first..<last) }
            end = max(end, last)
        }
    }
}
