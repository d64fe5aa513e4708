/// A matrix of shape `[inner, columns]` laid out for many products from the left: panels of 32
/// columns, each panel row after row, the last panel filled up with zeros.
///
/// Weights are packed once a step and serve all leaves. Where products are OpenBLAS's, which packs
/// by itself, the matrix is kept as it is.
public final class PackedMatrix: @unchecked Sendable {
    /// The sizes.
    public let inner, columns: Int

    let storage: FloatBuffer

    /// Allocates zeros.
    public init(inner: Int, columns: Int) {
        self.inner = inner
        self.columns = columns
        let panels = Self.panelCount(columns)
        storage = FloatBuffer(
            count: MatrixProduct.isOurs
                ? inner * panels * ProductTile.columnCount : inner * columns)
    }

    /// The number of panels; work is shared by panels.
    public var panelCount: Int { Self.panelCount(columns) }

    private static func panelCount(_ columns: Int) -> Int {
        (columns + ProductTile.columnCount - 1) / ProductTile.columnCount
    }

    /// Overwrites the panels in `range` from a matrix stored `[inner, columns]`.
    public func pack(_ matrix: FloatView, panels range: Range<Int>) {
        precondition(
            matrix.count == inner * columns && range.upperBound <= panelCount,
            "packing \(matrix.count) values as \(inner)x\(columns), panels \(range)")
        forEachPanel(range) { panel, first, width in
            let source = matrix.pointer + first
            for k in 0..<inner {
                for c in 0..<width { panel[k &* stride &+ c] = source[k &* columns &+ c] }
            }
        }
    }

    /// Overwrites the panels in `range` from the transpose, stored `[columns, inner]`.
    public func packTransposed(_ matrix: FloatView, panels range: Range<Int>) {
        precondition(
            matrix.count == inner * columns && range.upperBound <= panelCount,
            "packing \(matrix.count) values as \(columns)x\(inner), panels \(range)")
        // Blocks of 16 x 16: a cache line of the source and one of the target at a time.
        forEachPanel(range) { panel, first, width in
            let source = matrix.pointer + first &* inner
            for start in Swift.stride(from: 0, to: inner, by: laneCount) {
                let end = min(start &+ laneCount, inner)
                for c in 0..<width {
                    for k in start..<end {
                        panel[k &* stride &+ c] = source[c &* inner &+ k]
                    }
                }
            }
        }
    }

    /// Values between the rows of a panel.
    var stride: Int { MatrixProduct.isOurs ? ProductTile.columnCount : columns }

    private func forEachPanel(
        _ range: Range<Int>,
        _ body: (UnsafeMutablePointer<Float>, _ first: Int, _ width: Int) -> Void
    ) {
        let width = ProductTile.columnCount
        for index in range {
            let first = index * width
            let start = MatrixProduct.isOurs ? index * inner * width : first
            body(storage.base + start, first, min(width, columns - first))
        }
    }
}
