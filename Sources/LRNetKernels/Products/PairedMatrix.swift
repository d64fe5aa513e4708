internal import LRNetSupport

/// A right factor in bfloat16, of shape `[inner, columns]`, in panels of 32 columns
/// (``BFloatPairs``).
///
/// Other code may use the same memory in turn, so the matrix must be packed before each series of
/// products.
package struct PairedMatrix: Sendable {
    /// The number of terms and of columns.
    package let inner, columns: Int

    let storage: FloatView

    /// The sizes and the address of a matrix, without a reference to its memory
    /// (``PackedMatrix/Panels``).
    struct Panels {
        let inner, columns: Int
        let start: UnsafePointer<Float>

        var count: Int { (columns + BFloatPairs.panelWidth - 1) / BFloatPairs.panelWidth }
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
            "\(storage.count) values of memory for a paired matrix of \(inner)x\(columns)")
        self.inner = inner
        self.columns = columns
        self.storage = storage
    }

    /// Allocates the memory of the matrix.
    package init(inner: Int, columns: Int) {
        let count = Self.count(inner: inner, columns: columns)
        self.init(inner: inner, columns: columns, in: FloatBuffer(count: count).all)
    }

    /// Returns the number of values in the memory of a matrix.
    package static func count(inner: Int, columns: Int) -> Int {
        BFloatPairs.panelsCount(terms: inner, columns: columns, width: BFloatPairs.panelWidth)
    }

    /// The number of panels. Threads divide the packing by panels.
    package var panelCount: Int { panels.count }

    /// Overwrites the panels in `range` from a matrix stored `[inner, columns]`.
    package func pack(_ matrix: FloatView, panels range: Range<Int>) {
        check(matrix, range)
        BFloatPairs.roundColumns(
            matrix.pointer, squared: false, terms: inner, columns: columns,
            width: BFloatPairs.panelWidth, panels: range, into: storage.pointer)
    }

    /// Overwrites the panels in `range` from the transpose of the matrix, stored
    /// `[columns, inner]`.
    package func packTransposed(_ matrix: FloatView, panels range: Range<Int>) {
        check(matrix, range)
        BFloatPairs.roundTransposed(
            matrix.pointer, terms: inner, columns: columns, panels: range, into: storage.pointer)
    }

    private func check(_ matrix: FloatView, _ range: Range<Int>) {
        precondition(
            matrix.count == inner * columns && range.upperBound <= panelCount,
            "packing \(matrix.count) values as \(inner)x\(columns), panels \(range)")
    }
}
