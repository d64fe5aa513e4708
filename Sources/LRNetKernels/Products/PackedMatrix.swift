internal import LRNetSupport

/// A matrix of shape `[inner, columns]` laid out for many products from the left: panels of 32
/// columns, each panel row after row, the last panel filled up with zeros.
///
/// It lies in memory that others may use in turns, so it must be packed before each run of products.
/// Where products are OpenBLAS's, which packs by itself, the matrix is kept as it is.
///
/// Naive twin: `Reference.pack`.
public struct PackedMatrix: Sendable {
    /// The sizes.
    package let inner, columns: Int

    let storage: FloatView

    /// Where the matrix lies. Holds nothing: inner loops pass it on without counting references to
    /// memory that all threads share, for which they would wait for one another.
    struct Panels {
        let inner, columns: Int
        let start: UnsafePointer<Float>

        /// The number of panels.
        var count: Int { (columns + ProductTile.columnCount - 1) / ProductTile.columnCount }
    }

    /// Where the matrix lies, as long as its memory lives.
    var panels: Panels {
        Panels(inner: inner, columns: columns, start: UnsafePointer(storage.pointer))
    }

    /// Lays a matrix into memory.
    ///
    /// - Parameter storage: ``count(inner:columns:)`` values.
    package init(inner: Int, columns: Int, in storage: FloatView) {
        precondition(
            storage.count == Self.count(inner: inner, columns: columns),
            "\(storage.count) values of memory for a packed matrix of \(inner)x\(columns)")
        self.inner = inner
        self.columns = columns
        self.storage = storage
    }

    /// Allocates memory of its own.
    package init(inner: Int, columns: Int) {
        let count = Self.count(inner: inner, columns: columns)
        self.init(inner: inner, columns: columns, in: FloatBuffer(count: count).all)
    }

    /// The values that a packed matrix takes.
    public static func count(inner: Int, columns: Int) -> Int {
        inner * paddedColumnCount(columns)
    }

    /// The number of panels; work is shared by panels.
    package var panelCount: Int { panels.count }

    /// Columns with those that fill up the last panel.
    static func paddedColumnCount(_ columns: Int) -> Int {
        guard MatrixProduct.usesOwnKernels else { return columns }
        let width = ProductTile.columnCount
        return (columns + width - 1) / width * width
    }

    /// Overwrites the panels in `range` from a matrix stored `[inner, columns]`.
    package func pack(_ matrix: FloatView, panels range: Range<Int>) {
        precondition(
            matrix.count == inner * columns && range.upperBound <= panelCount,
            "packing \(matrix.count) values as \(inner)x\(columns), panels \(range)")
        forEachPanel(range) { panel, first, width in
            let source = UnsafePointer(matrix.pointer + first)
            let padded = Self.paddedColumnCount(width)
            for k in 0..<inner {
                let (from, to) = (source + k &* columns, panel + k &* stride)
                var c = 0
                while c < padded {
                    let lanes = max(min(width &- c, laneCount), 0)
                    store(load(from + c, lanes), to + c, min(padded &- c, laneCount))
                    c &+= laneCount
                }
            }
        }
    }

    /// Overwrites the panels in `range` from the transpose, stored `[columns, inner]`.
    package func packTransposed(_ matrix: FloatView, panels range: Range<Int>) {
        precondition(
            matrix.count == inner * columns && range.upperBound <= panelCount,
            "packing \(matrix.count) values as \(columns)x\(inner), panels \(range)")
        forEachPanel(range) { panel, first, width in
            Transposition.transpose(
                matrix.pointer + first &* inner, stride: inner, rows: width, columns: inner,
                into: panel, stride: stride)
            let padded = Self.paddedColumnCount(width)
            guard width < padded else { return }
            for k in 0..<inner {
                for c in width..<padded { panel[k &* stride &+ c] = 0 }
            }
        }
    }

    /// Values between the rows of a panel.
    private var stride: Int { Self.rowStride(columns) }

    /// Values between the rows of a panel.
    static func rowStride(_ columns: Int) -> Int {
        MatrixProduct.usesOwnKernels ? ProductTile.columnCount : columns
    }

    /// Where the first row of the panel with a column has that column.
    static func offset(ofColumn column: Int, inner: Int) -> Int {
        guard MatrixProduct.usesOwnKernels else { return column }
        let width = ProductTile.columnCount
        return column / width &* inner &* width &+ column % width
    }

    private func forEachPanel(
        _ range: Range<Int>,
        _ body: (UnsafeMutablePointer<Float>, _ first: Int, _ width: Int) -> Void
    ) {
        let width = ProductTile.columnCount
        for index in range {
            let first = index * width
            let start = Self.offset(ofColumn: first, inner: inner)
            body(storage.pointer + start, first, min(width, columns - first))
        }
    }
}
