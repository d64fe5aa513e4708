/// A tile of a product: 32 columns of a few rows, whose sums stay in registers until all terms are
/// added.
///
///     C[i, j] = sum over k of A[i, k] B[k, j]          0 <= k < depth
///
/// Element `(i, k)` of the left factor is at `a + i * rowStride + k * depthStride`, which covers
/// plain and transposed storage. The 32 values of row `k` of the right factor start at
/// `b + k * panelStride`.
struct ProductTile {
    var a: UnsafePointer<Float>
    var rowStride: Int
    var depthStride: Int
    var b: UnsafePointer<Float>
    var panelStride: Int
    /// The number of terms of each sum.
    var depth: Int

    /// The number of rows of the largest tile. Its 12 x 2 sums, two vectors of B and one of A fill
    /// 27 of the 32 AVX-512 registers. Its 24 independent sums hide the latency of multiply-adds at
    /// two per cycle. Sums of chains need twice as many registers, so six rows are their maximum.
    static let rowCount = 12

    /// The number of columns of every tile.
    static let columnCount = 32

    /// Calls `body` for consecutive parts of `length` terms; the last part may have fewer.
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

    /// Computes `Rows.count` rows of 32 columns. Every element is one chain of fused multiply-adds
    /// over `k` in order, so its bits depend on nothing but its own row and column.
    @inline(__always)
    func compute<Rows: TileRows>(
        _: Rows.Type, into c: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool
    ) {
        var (left, right) = (a, b)
        chain(Rows.self, of: depth, from: &left, &right).store(c, stride, accumulate)
    }

    /// Computes `Rows.count` rows of 32 columns. Every element is a sum of chains, added in order.
    ///
    /// The sums of the finished chains stay in registers next to the sums of the current chain. If
    /// they went through memory, a chain of 16 terms would cost a quarter more, because storing a
    /// vector takes two cycles.
    ///
    /// - Parameter length: The number of terms in a chain.
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

/// The sums of some rows of a tile. They are named fields because only those stay in registers.
protocol TileRows {
    /// The number of rows.
    static var count: Int { get }

    /// Creates sums of 0.
    init()

    /// Adds the products of one term to row `i`: `a[i * stride]` times 32 values.
    mutating func add(_ a: UnsafePointer<Float>, _ stride: Int, _ b0: Vector, _ b1: Vector)

    /// Adds the sums of another chain.
    mutating func add(_ other: Self)

    /// Stores the sums to rows of 32 values, or adds them to the present values.
    func store(_ c: UnsafeMutablePointer<Float>, _ stride: Int, _ accumulate: Bool)
}

/// The sums of one row.
struct OneRow<Terms: TermProducts>: TileRows {
    static var count: Int { 1 }

    var left = Vector(repeating: 0)
    var right = Vector(repeating: 0)

    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, _: Int, _ b0: Vector, _ b1: Vector) {
        let factor = Vector(repeating: a.pointee)
        left = Terms.add(factor, b0, to: left)
        right = Terms.add(factor, b1, to: right)
    }

    @inline(__always)
    mutating func add(_ other: Self) {
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

/// The sums of two tiles, one below the other.
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

typealias TwoRows<Terms: TermProducts> = Stacked<OneRow<Terms>, OneRow<Terms>>
typealias FourRows<Terms: TermProducts> = Stacked<TwoRows<Terms>, TwoRows<Terms>>
typealias SixRows<Terms: TermProducts> = Stacked<FourRows<Terms>, TwoRows<Terms>>
typealias EightRows<Terms: TermProducts> = Stacked<FourRows<Terms>, FourRows<Terms>>
typealias TwelveRows<Terms: TermProducts> = Stacked<EightRows<Terms>, FourRows<Terms>>
