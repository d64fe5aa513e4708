internal import LRNetSupport

/// A right factor of shape `[inner, columns]` in the layout that products read.
///
/// The layout consists of panels of 32 columns, one after the other. A panel stores its `inner`
/// rows of 32 values one after the other; the last panel is padded with zeros. In builds with
/// OpenBLAS, which packs its factors itself, the matrix is stored unchanged.
///
/// Other code may use the same memory in turn, so the matrix must be packed before each series of
/// products.
///
/// Naive twin: `Reference.pack`.
public struct PackedMatrix: Sendable {
    /// The number of rows and of columns.
    package let inner, columns: Int

    let storage: FloatView

    /// The sizes and the address of a packed matrix, without a reference to its memory. All threads
    /// share that memory; if inner loops counted references to it, the threads would wait for one
    /// another.
    struct Panels {
        let inner, columns: Int
        let start: UnsafePointer<Float>

        /// The number of panels.
        var count: Int { (columns + ProductTile.columnCount - 1) / ProductTile.columnCount }
    }

    /// The matrix's sizes and address; valid while its memory exists.
    var panels: Panels {
        Panels(inner: inner, columns: columns, start: UnsafePointer(storage.pointer))
    }

    /// Uses `storage` as the memory of the matrix.
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

    /// Allocates the memory of the matrix.
    package init(inner: Int, columns: Int) {
        let count = Self.count(inner: inner, columns: columns)
        self.init(inner: inner, columns: columns, in: FloatBuffer(count: count).all)
    }

    /// Returns the number of values in a packed matrix.
    public static func count(inner: Int, columns: Int) -> Int {
        inner * paddedColumnCount(columns)
    }

    /// The number of panels. Threads divide the packing by panels.
    package var panelCount: Int { panels.count }

    /// Returns the number of columns, including the padding of the last panel.
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

    /// Overwrites the panels in `range` from the transpose of the matrix, stored
    /// `[columns, inner]`.
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

    /// The distance between the rows of a panel, in values.
    private var stride: Int { Self.rowStride(columns) }

    /// Returns the distance between the rows of a panel, in values.
    static func rowStride(_ columns: Int) -> Int {
        MatrixProduct.usesOwnKernels ? ProductTile.columnCount : columns
    }

    /// Returns the index of a column's element in the first row of its panel.
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
