/// The fast convolutions on tiles of 6 x 6 values: the window's size and the transforms that
/// depend on it.
///
/// With the points 0, r, -r, 2r, -2r and infinity, r = 1 / sqrt(2), an output tile of m x m values
/// and the gradient of a window of w x w values are
///
///     Y  = E(m)' C [ (E(w) g E(w)') * (B' d B) ] C E(m)       w = 2, 3, 4, 5 and m = 7 - w
///     dg = E(w)' C [ (B' d B) * (E(m) dY E(m)') ] C E(w)
///
/// where * multiplies point by point, `E(n)` evaluates a polynomial of n coefficients at the points,
/// and `B'` and `C` are the same for both:
///
///     1  0  -5/2   0   1 0        E(n): row of point p is [1, p, ..., p^(n - 1)],
///     0 -2r  -2    r   1 0              of infinity [0, ..., 0, 1]
///     0  2r  -2   -r   1 0
///     0 -r  -1/2  2r   1 0        C: diagonal 1, -2/3, -2/3, 1/6, 1/6, 1
///     0  r  -1/2 -2r   1 0
///     0  1   0   -5/2  0 1
///
/// Rounding errors of random data grow, in each direction, as the sum over points of the squared
/// entry of the last matrix times the squared norms of the other two matrices' rows. Over all points
/// the worst sum is least near 0, 0.69, -0.69, 1.45 and -1.45; these points come within two percent
/// of that for windows of 3, with a quarter of the sum of 0, 1, -1, 2, -2, and have simple entries.
///
/// Every function transforms one line of vectors; lines of a tile are transformed one after the
/// other, then the lines across.
///
/// - Source: Lavin, Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016.
package enum WinogradFilter: Sendable {
    /// F(5x5, 2x2).
    case window2
    /// F(4x4, 3x3).
    case window3
    /// F(3x3, 4x4).
    case window4
    /// F(2x2, 5x5).
    case window5

    /// Rows and columns of a transformed tile.
    static let tileSize = 6

    /// The number of points of a tile.
    package static let pointCount = 36

    /// Values between the planes of two points that hold `count` values each: one cache line more,
    /// lest a tile's 36 values fall into the same set of the cache.
    static func planeStride(_ count: Int) -> Int { count + laneCount }

    /// Rows and columns of the window.
    package var window: Int {
        switch self {
        case .window2: 2
        case .window3: 3
        case .window4: 4
        case .window5: 5
        }
    }

    /// Rows and columns of a tile of outputs.
    package var outputSize: Int { Self.tileSize + 1 - window }

    /// The filter for a window's size, if there is one.
    package init?(window: Int) {
        switch window {
        case 2: self = .window2
        case 3: self = .window3
        case 4: self = .window4
        case 5: self = .window5
        default: return nil
        }
    }

    /// Whether a line of a tile that misses its last outputs needs the product at a point.
    ///
    /// As many inputs as outputs are missing matter to none of the outputs that are left. They can be
    /// chosen so that `B' d` is 0 at as many points (``completed(_:missing:)``). The points that are
    /// left are the four or two that come in pairs, or a pair and 0: of all choices those with
    /// the smallest rounding errors.
    static func needs(_ point: Int, missing: Int) -> Bool {
        switch missing {
        case 0: true
        case 1: point < 5
        case 2: 1...4 ~= point
        case 3: point == 0 || point == 3 || point == 4
        default: point == 1 || point == 2
        }
    }

    /// The points that a row or column of `outputs` outputs needs in all its tiles.
    package func neededPointCount(outputs: Int) -> Int {
        let (tiles, rest) = outputs.quotientAndRemainder(dividingBy: outputSize)
        return tiles * Self.tileSize + (rest == 0 ? 0 : rest + window - 1)
    }

    /// Six values.
    typealias Line = (Vector, Vector, Vector, Vector, Vector, Vector)

    /// The coefficients of a polynomial: as many as its count says, the rest does not matter.
    typealias Coefficients = (Vector, Vector, Vector, Vector, Vector)

    /// r, the first point.
    @inline(__always)
    private static var root: Vector { Vector(repeating: 0.707_106_781_186_548) }

    /// Half a line: the values at 0, r and -r, or at 2r, -2r and infinity. Lines of a whole tile do not
    /// fit the registers, halves do.
    typealias HalfLine = (Vector, Vector, Vector)

    /// Which half of a line.
    enum Half {
        case near, far
    }

    /// A line whose last values are chosen so that `B' d` is 0 at the points that
    /// ``needs(_:missing:)`` leaves out; infinity, of which nobody asks then, excepted.
    @inline(__always)
    static func completed(_ d: Line, missing: Int) -> Line {
        switch missing {
        case 0, 1: d
        case 2: (d.0, d.1, d.2, d.3, multiplyAdd(Vector(repeating: 2.5), d.2, -d.0), d.5)
        case 3: (d.0, d.1, d.2, d.1 + d.1, d.2 + d.2, d.5)
        default: (d.0, d.1, 0.5 * d.0, 0.5 * d.1, 0.25 * d.0, d.5)
        }
    }

    /// `B' d`.
    @inline(__always)
    static func input(_ d: Line) -> Line { joined(input(d, .near), input(d, .far)) }

    /// Half of `B' d`.
    @inline(__always)
    static func input(_ d: Line, _ half: Half) -> HalfLine {
        let middle = Vector(repeating: -2.5)
        switch half {
        case .near:
            let pair = pair(
                even: multiplyAdd(Vector(repeating: -2), d.2, d.4),
                odd: multiplyAdd(root, d.3, (-2 * root) * d.1))
            return (multiplyAdd(middle, d.2, d.0 + d.4), pair.0, pair.1)
        case .far:
            let pair = pair(
                even: multiplyAdd(Vector(repeating: -0.5), d.2, d.4),
                odd: multiplyAdd(2 * root, d.3, -root * d.1))
            return (pair.0, pair.1, multiplyAdd(middle, d.3, d.1 + d.5))
        }
    }

    /// `E(count) c`: the values of a polynomial at the points.
    @inline(__always)
    static func evaluate(_ c: Coefficients, count: Int) -> Line {
        joined(evaluate(c, count: count, .near), evaluate(c, count: count, .far))
    }

    /// Half of `E(count) c`.
    @inline(__always)
    static func evaluate(_ c: Coefficients, count: Int, _ half: Half) -> HalfLine {
        let square = Vector(repeating: half == .near ? 0.5 : 2)
        let p = half == .near ? root : 2 * root
        var (even, odd, last) = (c.0, p * c.1, c.1)
        if count == 3 || count == 4 {
            even = multiplyAdd(square, c.2, c.0)
            last = c.2
        }
        if count > 3 {
            odd = multiplyAdd(p * square, c.3, odd)
            last = c.3
        }
        if count > 4 {
            even = multiplyAdd(square, multiplyAdd(square, c.4, c.2), c.0)
            last = c.4
        }
        let pair = pair(even: even, odd: odd)
        return half == .near ? (c.0, pair.0, pair.1) : (pair.0, pair.1, last)
    }

    /// The values at p and -p from the even and the odd part: additions, which have units of their own
    /// beside those of multiply-adds.
    @inline(__always)
    private static func pair(even: Vector, odd: Vector) -> (Vector, Vector) {
        (even + odd, even - odd)
    }

    @inline(__always)
    private static func joined(_ near: HalfLine, _ far: HalfLine) -> Line {
        (near.0, near.1, near.2, far.0, far.1, far.2)
    }

    /// `E(count)' C u`.
    @inline(__always)
    static func interpolate(_ u: Line, count: Int) -> Coefficients {
        let (even0, odd0) = (u.1 + u.2, u.1 - u.2)
        let (even1, odd1) = (u.3 + u.4, u.3 - u.4)
        let third = Vector(repeating: 1.0 / 3)
        let rootThird = Vector(repeating: 0.235_702_260_395_516)
        // Coefficient k is (2r)^k / 6 times the second pair, less 2^(2 - k) times the first.
        let first = multiplyAdd(
            Vector(repeating: 1.0 / 6), multiplyAdd(Vector(repeating: -4), even0, even1), u.0)
        let second = multiplyAdd(Vector(repeating: -2), odd0, odd1)
        if count == 2 {
            return (first, multiplyAdd(rootThird, second, u.5), first, first, first)
        }
        if count == 3 {
            return (
                first, rootThird * second, multiplyAdd(third, even1 - even0, u.5), first, first
            )
        }
        let fourth = multiplyAdd(Vector(repeating: -0.5), odd0, odd1)
        let twoRootThirds = rootThird + rootThird
        if count == 4 {
            return (
                first, rootThird * second, third * (even1 - even0),
                multiplyAdd(twoRootThirds, fourth, u.5), first
            )
        }
        let fifth = multiplyAdd(Vector(repeating: -0.25), even0, even1)
        return (
            first, rootThird * second, third * (even1 - even0), twoRootThirds * fourth,
            multiplyAdd(third + third, fifth, u.5)
        )
    }
}
