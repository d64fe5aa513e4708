internal import LRNetKernels

/// The transforms of weights, with the matrices of ``WinogradFilter`` written out.
extension NaiveKernels {
    /// Row `p` of `E(window)`: the powers of a point, or the last coefficient for infinity.
    private static func evaluation(_ point: Int, window: Int) -> [Float] {
        let root = Float(0.5).squareRoot()
        if point == 5 { return (0..<window).map { $0 == window - 1 ? 1 : 0 } }
        let value = [0, root, -root, 2 * root, -2 * root][point]
        var powers: [Float] = [1]
        for _ in 1..<window { powers.append((powers.last ?? 0) * value) }
        return powers
    }

    /// `E g E'` for all pairs of channels, as 36 packed matrices with a cache line between them.
    ///
    /// - Parameters:
    ///   - weights: Stored `[window, window, inner, columns]`, or for a turned window
    ///     `[window, window, columns, inner]`.
    static func winogradWeights(
        _ weights: Values, window: Int, inner: Int, columns: Int, isTurned: Bool,
        into points: Values
    ) {
        let rows = (0..<6).map { evaluation($0, window: window) }
        let taps = window * window
        for k in 0..<inner {
            for j in 0..<columns {
                let index = packedIndex(k, j, inner: inner, columns: columns)
                for point in 0..<36 {
                    let (vertical, horizontal) = (rows[point / 6], rows[point % 6])
                    var sum: Float = 0
                    for tap in 0..<taps {
                        let weight =
                            isTurned
                            ? weights[((taps - 1 - tap) * columns + j) * inner + k]
                            : weights[(tap * inner + k) * columns + j]
                        sum += vertical[tap / window] * weight * horizontal[tap % window]
                    }
                    points[point * (inner * columns + 16) + index] = sum
                }
            }
        }
    }
}
