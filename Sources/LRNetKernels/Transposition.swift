/// Transposes matrices.
enum Transposition {
    /// Overwrites `target`, shape `[columns, rows]`, with the transpose of `source`, shape
    /// `[rows, columns]`, in blocks of 16 x 16: a cache line of either at a time.
    ///
    /// - Precondition: The counts agree; the two do not overlap.
    static func transpose(_ source: FloatView, rows: Int, columns: Int, into target: FloatView) {
        precondition(
            source.count == rows * columns && target.count == source.count,
            "\(source.count) and \(target.count) values as \(rows)x\(columns)")
        let (from, to) = (UnsafePointer(source.pointer), target.pointer)
        for firstRow in stride(from: 0, to: rows, by: laneCount) {
            let lastRow = min(firstRow &+ laneCount, rows)
            for firstColumn in stride(from: 0, to: columns, by: laneCount) {
                let lastColumn = min(firstColumn &+ laneCount, columns)
                var column = firstColumn
                while column < lastColumn {
                    var row = firstRow
                    while row < lastRow {
                        to[column &* rows &+ row] = from[row &* columns &+ column]
                        row &+= 1
                    }
                    column &+= 1
                }
            }
        }
    }
}
