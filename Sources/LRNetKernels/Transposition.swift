internal import CVectorMath

/// Transposes matrices.
enum Transposition {
    /// Overwrites `target`, shape `[columns, rows]`, with the transpose of `source`, shape
    /// `[rows, columns]`.
    ///
    /// - Precondition: The counts agree; the two do not overlap.
    static func transpose(_ source: FloatView, rows: Int, columns: Int, into target: FloatView) {
        precondition(
            source.count == rows * columns && target.count == source.count,
            "\(source.count) and \(target.count) values as \(rows)x\(columns)")
        transpose(
            source.pointer, stride: columns, rows: rows, columns: columns, into: target.pointer,
            stride: rows)
    }

    /// The same for parts of larger matrices, whose rows begin `stride` values apart: in blocks of
    /// 16 x 16, a cache line of either matrix at a time.
    static func transpose(
        _ source: UnsafePointer<Float>, stride sourceStride: Int, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Float>, stride targetStride: Int
    ) {
        for row in stride(from: 0, to: rows, by: laneCount) {
            for column in stride(from: 0, to: columns, by: laneCount) {
                let from = source + (row &* sourceStride &+ column)
                let to = target + (column &* targetStride &+ row)
                if row &+ laneCount <= rows && column &+ laneCount <= columns {
                    lrnet_transpose16(from, sourceStride, to, targetStride)
                    continue
                }
                for i in 0..<min(rows &- row, laneCount) {
                    for j in 0..<min(columns &- column, laneCount) {
                        to[j &* targetStride &+ i] = from[i &* sourceStride &+ j]
                    }
                }
            }
        }
    }
}
