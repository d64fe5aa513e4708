/// Where a tile of a product finds its factors.
///
/// Element `(i, k)` of the left factor lies at `a + i * rowStride + k * depthStride`; the 32 values
/// of row `k` of the right factor begin at `b + k * panelStride`.
struct ProductTile {
    var a: UnsafePointer<Float>
    var rowStride: Int
    var depthStride: Int
    var b: UnsafePointer<Float>
    var panelStride: Int
    /// The number of terms of each sum.
    var depth: Int

    /// Rows of the largest tile: 12 x 2 sums, two values of B and one of A fill 27 of AVX-512's 32
    /// registers, and 24 independent sums hide the latency of two multiply-adds a cycle.
    static let rowCount = 12

    /// Columns of every tile.
    static let columnCount = 32

    /// Calls `body` with the tile of every `length` terms in turn, the last one perhaps of fewer.
    @inline(__always)
    func forEachPart(of length: Int, _ body: (_ part: ProductTile, _ isFirst: Bool) -> Void) {
        var part = self
        var left = depth
        while left > 0 {
            part.depth = min(length, left)
            body(part, left == depth)
            left &-= part.depth
            part.a += part.depth &* depthStride
            part.b += part.depth &* panelStride
        }
    }

    /// Computes 12 rows of 32 columns.
    ///
    /// Every element is one chain of fused multiply-adds over `k` in order, so its bits depend on
    /// nothing but its own row and column.
    @inline(__always)
    func twelveRows(into c: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool) {
        var (top, middle, bottom) = (FourRows(), FourRows(), FourRows())
        var (left, right) = (a, b)
        let four = 4 &* rowStride
        for _ in 0..<depth {
            let (b0, b1) = (load(right), load(right + laneCount))
            let (second, third) = (left + four, left + 2 &* four)
            top.add(left, rowStride, b0, b1)
            middle.add(second, rowStride, b0, b1)
            bottom.add(third, rowStride, b0, b1)
            left += depthStride
            right += panelStride
        }
        top.store(c, stride, accumulate)
        middle.store(c + 4 &* stride, stride, accumulate)
        bottom.store(c + 8 &* stride, stride, accumulate)
    }

    /// Computes 8 rows of 32 columns.
    @inline(__always)
    func eightRows(into c: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool) {
        var (top, bottom) = (FourRows(), FourRows())
        var (left, right) = (a, b)
        let four = 4 &* rowStride
        for _ in 0..<depth {
            let (b0, b1) = (load(right), load(right + laneCount))
            top.add(left, rowStride, b0, b1)
            bottom.add(left + four, rowStride, b0, b1)
            left += depthStride
            right += panelStride
        }
        top.store(c, stride, accumulate)
        bottom.store(c + 4 &* stride, stride, accumulate)
    }

    /// Computes 4 rows of 32 columns.
    @inline(__always)
    func fourRows(into c: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool) {
        var rows = FourRows()
        var (left, right) = (a, b)
        for _ in 0..<depth {
            rows.add(left, rowStride, load(right), load(right + laneCount))
            left += depthStride
            right += panelStride
        }
        rows.store(c, stride, accumulate)
    }

    /// Computes one row of 32 columns.
    @inline(__always)
    func oneRow(into c: UnsafeMutablePointer<Float>, accumulate: Bool) {
        var row = Row()
        var (left, right) = (a, b)
        for _ in 0..<depth {
            row.add(left.pointee, load(right), load(right + laneCount))
            left += depthStride
            right += panelStride
        }
        row.store(c, accumulate)
    }
}

/// The sums of one row of a tile.
private struct Row {
    var left = Vector(repeating: 0)
    var right = Vector(repeating: 0)

    @inline(__always)
    mutating func add(_ a: Float, _ b0: Vector, _ b1: Vector) {
        let factor = Vector(repeating: a)
        left = multiplyAdd(factor, b0, left)
        right = multiplyAdd(factor, b1, right)
    }

    @inline(__always)
    func store(_ c: UnsafeMutablePointer<Float>, _ accumulate: Bool) {
        if accumulate {
            LRNetKernels.store(load(c) + left, c)
            LRNetKernels.store(load(c + laneCount) + right, c + laneCount)
        } else {
            LRNetKernels.store(left, c)
            LRNetKernels.store(right, c + laneCount)
        }
    }
}

/// The sums of four rows of a tile; named fields, because only those stay in registers.
private struct FourRows {
    var row0 = Row()
    var row1 = Row()
    var row2 = Row()
    var row3 = Row()

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, _ b0: Vector, _ b1: Vector) {
        row0.add(a[0], b0, b1)
        row1.add(a[stride], b0, b1)
        row2.add(a[2 &* stride], b0, b1)
        row3.add(a[3 &* stride], b0, b1)
    }

    @inline(__always)
    func store(_ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool) {
        row0.store(c, accumulate)
        row1.store(c + stride, accumulate)
        row2.store(c + 2 &* stride, accumulate)
        row3.store(c + 3 &* stride, accumulate)
    }
}
