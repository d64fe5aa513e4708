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
    /// registers, and 24 independent sums hide the latency of two multiply-adds a cycle. Sums of
    /// chains take twice the registers, so six rows are the most there.
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

    /// Computes `Rows.count` rows of 32 columns, every element in one chain of fused multiply-adds over
    /// `k` in order: its bits depend on nothing but its own row and column.
    @inline(__always)
    func compute<Rows: TileRows>(
        _: Rows.Type, into c: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool
    ) {
        var (left, right) = (a, b)
        chain(Rows.self, of: depth, from: &left, &right).store(c, stride, accumulate)
    }

    /// Computes `Rows.count` rows of 32 columns, every element as a sum of chains, in order.
    ///
    /// The sums so far stay in registers beside those of the chain: a chain of 16 terms that went
    /// through memory would cost a quarter more, because two cycles store one vector.
    ///
    /// - Parameter length: The terms of a chain.
    @inline(__always)
    func compute<Rows: TileRows>(
        _: Rows.Type, chainsOf length: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        accumulate: Bool
    ) {
        var sums = Rows()
        var (left, right) = (a, b)
        var remaining = depth
        while remaining > 0 {
            let count = min(length, remaining)
            sums.add(chain(Rows.self, of: count, from: &left, &right))
            remaining &-= count
        }
        sums.store(c, stride, accumulate)
    }

    @inline(__always)
    private func chain<Rows: TileRows>(
        _: Rows.Type, of count: Int, from left: inout UnsafePointer<Float>,
        _ right: inout UnsafePointer<Float>
    ) -> Rows {
        var rows = Rows()
        for _ in 0..<count {
            rows.add(left, rowStride, load(right), load(right + laneCount))
            left += depthStride
            right += panelStride
        }
        return rows
    }
}

/// The sums of some rows of a tile; named fields, because only those stay in registers.
protocol TileRows {
    /// The number of rows.
    static var count: Int { get }

    /// Zeros.
    init()

    /// Adds the products of one term: `a[i * stride]` times 32 values, to row `i`.
    mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, _ b0: Vector, _ b1: Vector)

    /// Adds other sums.
    mutating func add(_ other: Self)

    /// Stores the sums to rows of 32 values, or adds them to what is there.
    func store(_ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool)
}

/// The sums of one row.
struct OneRow: TileRows {
    static let count = 1

    var left = Vector(repeating: 0)
    var right = Vector(repeating: 0)

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _: Int, _ b0: Vector, _ b1: Vector) {
        let factor = Vector(repeating: a.pointee)
        left = multiplyAdd(factor, b0, left)
        right = multiplyAdd(factor, b1, right)
    }

    @inline(__always)
    mutating func add(_ other: OneRow) {
        left += other.left
        right += other.right
    }

    @inline(__always)
    func store(_ c: UnsafeMutablePointer<Float>, _: Int, _ accumulate: Bool) {
        if accumulate {
            LRNetKernels.store(load(c) + left, c)
            LRNetKernels.store(load(c + laneCount) + right, c + laneCount)
        } else {
            LRNetKernels.store(left, c)
            LRNetKernels.store(right, c + laneCount)
        }
    }
}

/// Two tiles, one below the other.
struct Stacked<Top: TileRows, Bottom: TileRows>: TileRows {
    static var count: Int { Top.count + Bottom.count }

    var top = Top()
    var bottom = Bottom()

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, _ b0: Vector, _ b1: Vector) {
        top.add(a, stride, b0, b1)
        bottom.add(a + Top.count &* stride, stride, b0, b1)
    }

    @inline(__always)
    mutating func add(_ other: Stacked) {
        top.add(other.top)
        bottom.add(other.bottom)
    }

    @inline(__always)
    func store(_ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool) {
        top.store(c, stride, accumulate)
        bottom.store(c + Top.count &* stride, stride, accumulate)
    }
}

typealias TwoRows = Stacked<OneRow, OneRow>
typealias FourRows = Stacked<TwoRows, TwoRows>
typealias SixRows = Stacked<FourRows, TwoRows>
typealias EightRows = Stacked<FourRows, FourRows>
typealias TwelveRows = Stacked<EightRows, FourRows>
