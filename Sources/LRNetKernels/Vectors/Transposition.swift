internal import CVectorMath

enum Transposition {
    /// Overwrites `target`, shape `[columns, rows]`, with the transpose of `source`, shape
    /// `[rows, columns]`. Both may be parts of larger matrices, whose rows start `stride` values
    /// apart.
    ///
    /// The transpose proceeds in blocks of 16 x 16, one cache line of either matrix at a time.
    ///
    /// - Precondition: The two do not overlap.
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
