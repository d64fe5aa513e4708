/// The two fast convolutions on tiles of 6 x 6 values: the window's size and the transforms that
/// depend on it.
///
/// With the points 0, 1, -1, 2, -2 and infinity, an output tile of m x m values is
///
///     Y = A' [ (G g G') * (B' d B) ] A        m = 4 for windows of 3, m = 2 for windows of 5
///
/// where * multiplies point by point. `B'` is the same for both:
///
///     4  0 -5  0 1 0        G: row of point p is c(p) [1, p, p^2, ...]
///     0 -4 -4  1 1 0           c = 1/4, -1/6, -1/6, 1/24, 1/24; infinity: [0, ..., 0, 1]
///     0  4 -4 -1 1 0
///     0 -2 -1  2 1 0        A': row i is [p^i] over the points (0^0 = 1), the last row
///     0  2 -1 -2 1 0           ending in 1 for infinity
///     0  4  0 -5 0 1
///
/// Every function transforms one line of vectors; lines of a tile are transformed one after the
/// other, then the lines across.
///
/// - Source: Lavin, Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016.
public enum WinogradFilter: Sendable {
    /// F(4x4, 3x3).
    case window3
    /// F(2x2, 5x5).
    case window5

    /// Rows and columns of a transformed tile.
    static let tileSize = 6

    /// The number of points of a tile.
    public static let pointCount = 36

    /// Values between the planes of two points that hold `count` values each: one cache line more,
    /// lest a tile's 36 values fall into the same set of the cache.
    static func planeStride(_ count: Int) -> Int { count + laneCount }

    /// Rows and columns of the window.
    public var window: Int { self == .window3 ? 3 : 5 }

    /// Rows and columns of a tile of outputs.
    public var outputSize: Int { self == .window3 ? 4 : 2 }

    /// The filter for a window's size, if there is one.
    public init?(window: Int) {
        switch window {
        case 3: self = .window3
        case 5: self = .window5
        default: return nil
        }
    }

    /// Six values.
    typealias Line = (Vector, Vector, Vector, Vector, Vector, Vector)

    /// `B' d`.
    @inline(__always)
    static func input(_ d: Line) -> Line {
        let four = Vector(repeating: 4)
        let minusFive = Vector(repeating: -5)
        let two = Vector(repeating: 2)
        let evenA = multiplyAdd(-four, d.2, d.4)
        let oddA = multiplyAdd(-four, d.1, d.3)
        let evenB = d.4 - d.2
        let oddB = two * (d.3 - d.1)
        return (
            multiplyAdd(four, d.0, multiplyAdd(minusFive, d.2, d.4)),
            evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB,
            multiplyAdd(four, d.1, multiplyAdd(minusFive, d.3, d.5))
        )
    }

    /// `A' m`: the first ``outputSize`` of four values.
    @inline(__always)
    func output(_ m: Line) -> (Vector, Vector, Vector, Vector) {
        let sum1 = m.1 + m.2
        let difference1 = m.1 - m.2
        let sum2 = m.3 + m.4
        let difference2 = m.3 - m.4
        let two = Vector(repeating: 2)
        let first = m.0 + sum1 + sum2
        let second = multiplyAdd(two, difference2, difference1)
        if self == .window5 { return (first, second + m.5, first, first) }
        return (
            first, second, multiplyAdd(Vector(repeating: 4), sum2, sum1),
            multiplyAdd(Vector(repeating: 8), difference2, difference1) + m.5
        )
    }

    /// `A y`: the transpose of ``output(_:)``; of `y` the first ``outputSize`` values count.
    @inline(__always)
    func outputTranspose(_ y: (Vector, Vector, Vector, Vector)) -> Line {
        let two = Vector(repeating: 2)
        if self == .window5 {
            return (
                y.0, y.0 + y.1, y.0 - y.1, multiplyAdd(two, y.1, y.0),
                multiplyAdd(-two, y.1, y.0), y.1
            )
        }
        let even1 = y.0 + y.2
        let odd1 = y.1 + y.3
        let even2 = multiplyAdd(Vector(repeating: 4), y.2, y.0)
        let odd2 = two * multiplyAdd(Vector(repeating: 4), y.3, y.1)
        return (y.0, even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, y.3)
    }

    /// `G g`: of `g` the first ``window`` values count.
    @inline(__always)
    func filter(_ g: (Vector, Vector, Vector, Vector, Vector)) -> Line {
        let quarter = Vector(repeating: 0.25)
        let sixth = Vector(repeating: -1.0 / 6)
        let part = Vector(repeating: 1.0 / 24)
        let two = Vector(repeating: 2)
        let four = Vector(repeating: 4)
        if self == .window3 {
            let even1 = g.0 + g.2
            let even2 = multiplyAdd(four, g.2, g.0)
            let odd2 = two * g.1
            return (
                quarter * g.0, sixth * (even1 + g.1), sixth * (even1 - g.1),
                part * (even2 + odd2), part * (even2 - odd2), g.2
            )
        }
        let even1 = g.0 + g.2 + g.4
        let odd1 = g.1 + g.3
        let even2 = multiplyAdd(Vector(repeating: 16), g.4, multiplyAdd(four, g.2, g.0))
        let odd2 = two * multiplyAdd(four, g.3, g.1)
        return (
            quarter * g.0, sixth * (even1 + odd1), sixth * (even1 - odd1),
            part * (even2 + odd2), part * (even2 - odd2), g.4
        )
    }

    /// `G' u`: the transpose of ``filter(_:)``; the first ``window`` of five values count.
    @inline(__always)
    func filterTranspose(_ u: Line) -> (Vector, Vector, Vector, Vector, Vector) {
        let sixth = Vector(repeating: -1.0 / 6)
        let part = Vector(repeating: 1.0 / 24)
        let two = Vector(repeating: 2)
        let four = Vector(repeating: 4)
        let sum1 = sixth * (u.1 + u.2)
        let difference1 = sixth * (u.1 - u.2)
        let sum2 = part * (u.3 + u.4)
        let difference2 = part * (u.3 - u.4)
        let first = multiplyAdd(Vector(repeating: 0.25), u.0, sum1 + sum2)
        let second = multiplyAdd(two, difference2, difference1)
        let third = multiplyAdd(four, sum2, sum1)
        if self == .window3 { return (first, second, third + u.5, first, first) }
        return (
            first, second, third, multiplyAdd(Vector(repeating: 8), difference2, difference1),
            multiplyAdd(Vector(repeating: 16), sum2, sum1) + u.5
        )
    }
}
