/// A Winograd convolution on tiles of 6 x 6 values: the size of its window and its transforms.
///
/// For an input tile `d`, a window `g` of w x w values and an output tile `Y` of m x m values, the
/// output and the gradient of the window are
///
///     Y  = E(m)' C [ (E(w) g E(w)') * (B' d B) ] C E(m)       w = 2, 3, 4, 5 and m = 7 - w
///     dg = E(w)' C [ (B' d B) * (E(m) dY E(m)') ] C E(w)
///
/// Here * multiplies point by point. The points are 0, r, -r, 2r, -2r and infinity, with
/// `r = 1 / sqrt(2)`. `E(n)` evaluates a polynomial of n coefficients at the points. `B'` and `C`
/// are the same in both formulas:
///
///     1  0  -5/2   0   1 0        E(n): row of point p is [1, p, ..., p^(n - 1)],
///     0 -2r  -2    r   1 0              of infinity [0, ..., 0, 1]
///     0  2r  -2   -r   1 0
///     0 -r  -1/2  2r   1 0        C: diagonal 1, -2/3, -2/3, 1/6, 1/6, 1
///     0  r  -1/2 -2r   1 0
///     0  1   0   -5/2  0 1
///
/// The points are chosen for small rounding errors. For random data the errors grow, in each
/// direction, with a sum over the points: the squared entry of the last matrix times the squared
/// norms of the rows of the other two matrices. The worst of these sums is smallest for points near
/// 0, 0.69, -0.69, 1.45 and -1.45. For windows of 3, the points used here come within two percent
/// of that minimum, and their matrices have simple entries. The worst sum of the points 0, 1, -1, 2
/// and -2 is four times as large.
///
/// Every function transforms one line of vectors. The lines of a tile are transformed one after the
/// other, then the lines across them.
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

    /// The side length of a transformed tile.
    static let tileSize = 6

    /// The number of points of a tile.
    package static let pointCount = 36

    /// Returns the distance, in values, between the planes of two points with `count` values each.
    /// It includes one additional cache line, so that the 36 values of a tile do not fall into the
    /// same cache set.
    static func planeStride(_ count: Int) -> Int { count + laneCount }

    /// The side length of the window.
    package var window: Int {
        switch self {
        case .window2: 2
        case .window3: 3
        case .window4: 4
        case .window5: 5
        }
    }

    /// The side length of an output tile.
    package var outputSize: Int { Self.tileSize + 1 - window }

    /// Creates the filter for a window size, or `nil` if there is none.
    package init?(window: Int) {
        switch window {
        case 2: self = .window2
        case 3: self = .window3
        case 4: self = .window4
        case 5: self = .window5
        default: return nil
        }
    }

    /// Returns true if a line of a tile that misses its last outputs needs the product at a point.
    ///
    /// If k outputs are missing, k inputs do not affect the remaining outputs. These inputs can be
    /// chosen so that `B' d` is 0 at k points (``completed(_:missing:)``). The remaining points are
    /// the four or two that come in pairs, or one pair and 0. Of all choices, these have the
    /// smallest rounding errors.
    static func needs(_ point: Int, missing: Int) -> Bool {
        switch missing {
        case 0: true
        case 1: point < 5
        case 2: 1...4 ~= point
        case 3: point == 0 || point == 3 || point == 4
        default: point == 1 || point == 2
        }
    }

    /// Returns the number of points that a row or column of `outputs` outputs needs in all its
    /// tiles.
    package func neededPointCount(outputs: Int) -> Int {
        let (tiles, rest) = outputs.quotientAndRemainder(dividingBy: outputSize)
        return tiles * Self.tileSize + (rest == 0 ? 0 : rest + window - 1)
    }

    /// The six values of a row or column of a tile.
    typealias Line = (Vector, Vector, Vector, Vector, Vector, Vector)

    /// The coefficients of a polynomial; only the first `count` are used.
    typealias Coefficients = (Vector, Vector, Vector, Vector, Vector)

    /// The point r = 1 / sqrt(2).
    @inline(__always)
    private static var root: Vector { Vector(repeating: 0.707_106_781_186_548) }

    /// Half a line: the values at 0, r and -r, or at 2r, -2r and infinity. The lines of a whole
    /// tile do not fit in the registers; half lines do.
    typealias HalfLine = (Vector, Vector, Vector)

    /// The half of a line: `near` for 0, r and -r; `far` for 2r, -2r and infinity.
    enum Half {
        case near, far
    }

    /// Returns a line whose last values are replaced so that `B' d` is 0 at the points that
    /// ``needs(_:missing:)`` leaves out. Infinity is an exception; its value is then unused.
    @inline(__always)
    static func completed(_ d: Line, missing: Int) -> Line {
        switch missing {
        case 0, 1: d
        case 2: (d.0, d.1, d.2, d.3, multiplyAdd(Vector(repeating: 2.5), d.2, -d.0), d.5)
        case 3: (d.0, d.1, d.2, d.1 + d.1, d.2 + d.2, d.5)
        default: (d.0, d.1, 0.5 * d.0, 0.5 * d.1, 0.25 * d.0, d.5)
        }
    }

    /// Computes `B' d`.
    @inline(__always)
    static func input(_ d: Line) -> Line { joined(input(d, .near), input(d, .far)) }

    /// Computes half of `B' d`.
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

    /// Computes `E(count) c`, the values of a polynomial at the points.
    @inline(__always)
    static func evaluate(_ c: Coefficients, count: Int) -> Line {
        joined(evaluate(c, count: count, .near), evaluate(c, count: count, .far))
    }

    /// Computes half of `E(count) c`.
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

    /// Returns the values at p and -p from the even and the odd part. These are plain additions,
    /// which run on other execution units than multiply-adds.
    @inline(__always)
    private static func pair(even: Vector, odd: Vector) -> (Vector, Vector) {
        (even + odd, even - odd)
    }

    @inline(__always)
    private static func joined(_ near: HalfLine, _ far: HalfLine) -> Line {
        (near.0, near.1, near.2, far.0, far.1, far.2)
    }

    /// Computes `E(count)' C u`.
    @inline(__always)
    static func interpolate(_ u: Line, count: Int) -> Coefficients {
        let (even0, odd0) = (u.1 + u.2, u.1 - u.2)
        let (even1, odd1) = (u.3 + u.4, u.3 - u.4)
        let third = Vector(repeating: 1.0 / 3)
        let rootThird = Vector(repeating: 0.235_702_260_395_516)
        // Coefficient k is (2r)^k / 6 times the difference: second pair minus 2^(2 - k) times the
        // first.
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
