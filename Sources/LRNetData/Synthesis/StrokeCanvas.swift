/// A gray image for drawing anti-aliased strokes.
///
/// It uses only additions, multiplications, divisions and square roots, which IEEE 754 defines
/// exactly. An image is therefore the same on every machine.
struct StrokeCanvas {
    let side: Int

    /// Brightness from 0 to 1, `[side, side]`.
    private(set) var values: [Double]

    init(side: Int) {
        self.side = side
        values = [Double](repeating: 0, count: side * side)
    }

    /// Draws a straight segment. Where segments overlap, the brighter one wins.
    ///
    ///     coverage = clamp((width / 2 - distance) / softness + 1/2, 0, 1)
    ///
    /// - Parameters:
    ///   - start: The start in pixels; the center of the first pixel is (0, 0).
    ///   - end: The end in pixels.
    ///   - width: The pen's width at the start and at the end, in pixels.
    ///   - softness: The width of the fading edge, in pixels.
    ///   - brightness: The value at the center of the stroke.
    mutating func draw(
        from start: SIMD2<Double>, to end: SIMD2<Double>, width: (Double, Double),
        softness: Double, brightness: Double
    ) {
        let reach = max(width.0, width.1) / 2 + softness / 2
        let low = SIMD2(min(start.x, end.x), min(start.y, end.y)) - reach
        let high = SIMD2(max(start.x, end.x), max(start.y, end.y)) + reach
        let columns = pixels(from: low.x, to: high.x)
        let rows = pixels(from: low.y, to: high.y)
        let direction = end - start
        let lengthSquared = (direction * direction).sum()
        for row in rows {
            for column in columns {
                let offset = SIMD2(Double(column), Double(row)) - start
                let along =
                    lengthSquared > 0
                    ? min(max((offset * direction).sum() / lengthSquared, 0), 1) : 0
                let away = offset - direction * along
                let distance = (away * away).sum().squareRoot()
                let half = (width.0 + (width.1 - width.0) * along) / 2
                let coverage = min(max((half - distance) / softness + 0.5, 0), 1)
                let position = row * side + column
                values[position] = max(values[position], coverage * brightness)
            }
        }
    }

    private func pixels(from low: Double, to high: Double) -> Range<Int> {
        let first = max(0, Int(min(max(low, -1e6), 1e6).rounded(.up)))
        let last = min(side - 1, Int(min(max(high, -1e6), 1e6).rounded(.down)))
        return first..<max(first, last + 1)
    }

    /// Returns points on a smooth curve through `points` (Catmull-Rom, `steps` segments per gap).
    ///
    ///     p(t) = (2 p1 + (p2 - p0) t + (2 p0 - 5 p1 + 4 p2 - p3) t^2
    ///             + (3 p1 - p0 - 3 p2 + p3) t^3) / 2
    static func curve(through points: [SIMD2<Double>], steps: Int) -> [SIMD2<Double>] {
        guard points.count > 2, let last = points.last else { return points }
        var curve: [SIMD2<Double>] = []
        for gap in 0..<points.count - 1 {
            let p0 = points[max(gap - 1, 0)]
            let p1 = points[gap]
            let p2 = points[gap + 1]
            let p3 = points[min(gap + 2, points.count - 1)]
            let linear = p2 - p0
            let square = 2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3
            let cube = 3.0 * p1 - p0 - 3.0 * p2 + p3
            for step in 0..<steps {
                let t = Double(step) / Double(steps)
                let bend = (cube * t + square) * t + linear
                curve.append((bend * t + 2.0 * p1) * 0.5)
            }
        }
        return curve + [last]
    }
}
