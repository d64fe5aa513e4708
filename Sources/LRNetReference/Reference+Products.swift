public import LRNetKernels

/// Matrix products and the layouts of their right factors.
extension Reference {
    /// The storage order of a matrix.
    public enum Storage {
        case plain
        case transposed
    }

    /// Returns the product `C[i, j] = sum over k of A[i, k] * B[k, j]`: the twin of
    /// `MatrixProduct`.
    ///
    /// - Parameters:
    ///   - a: Shape `[rows, inner]`; stored `[inner, rows]` if transposed.
    ///   - b: Shape `[inner, columns]`.
    ///   - left: The storage order of `a`.
    @inlinable
    public static func product<Real: RealNumber>(
        _ a: [Real], _ b: [Real], rows: Int, columns: Int, inner: Int, left: Storage = .plain
    ) -> [Real] {
        precondition(a.count == rows * inner && b.count == inner * columns)
        let (a, b) = (a.span, b.span)
        let (rowStep, innerStep) = left == .plain ? (inner, 1) : (1, rows)
        var c = [Real](repeating: 0, count: rows * columns)
        for i in 0..<rows {
            for j in 0..<columns {
                var sum: Real = 0
                for k in 0..<inner {
                    sum +=
                        a[unchecked: i * rowStep + k * innerStep] * b[unchecked: k * columns + j]
                }
                c[i * columns + j] = sum
            }
        }
        return c
    }

    /// Returns the transpose of a matrix of shape `[rows, columns]`.
    public static func transpose<T>(_ a: [T], rows: Int, columns: Int) -> [T] {
        (0..<columns).flatMap { j in (0..<rows).map { i in a[i * columns + j] } }
    }

    /// Copies a matrix of shape `[inner, columns]`, stored `[columns, inner]` if transposed, into
    /// panels of 32 columns: the twin of `PackedMatrix`.
    @inlinable
    public static func pack<Real: RealNumber>(
        _ matrix: [Real], _ storage: Storage, inner: Int, columns: Int, into packed: inout [Real]
    ) {
        precondition(
            matrix.count == inner * columns
                && packed.count == PackedMatrix.count(inner: inner, columns: columns))
        let matrix = matrix.span
        var packed = packed.mutableSpan
        let isPacked = MatrixProduct.usesOwnKernels
        for k in 0..<inner {
            for j in 0..<columns {
                let place = storage == .plain ? k * columns + j : j * inner + k
                let target = index(k, j, inner: inner, columns: columns, isPacked: isPacked)
                packed[unchecked: target] = matrix[unchecked: place]
            }
        }
    }

    /// Returns the index of a matrix element. The matrix is not packed if OpenBLAS computes the
    /// products.
    @inlinable
    public static func index(
        _ row: Int, _ column: Int, inner: Int, columns: Int, isPacked: Bool
    ) -> Int {
        guard isPacked else { return row * columns + column }
        return column / 32 * inner * 32 + row * 32 + column % 32
    }

    /// Computes `E g E'` for all pairs of channels, as 36 packed matrices with a cache line between
    /// them. This is the twin of `WinogradWeights`, with the matrices of `WinogradFilter`
    /// written out.
    ///
    /// - Parameters:
    ///   - weights: Stored `[window, window, inner, columns]`, or for a turned window
    ///     `[window, window, columns, inner]`.
    ///   - points: The matrices are overwritten; the gaps between them are not.
    @inlinable
    public static func winogradWeights<Real: RealNumber>(
        _ weights: [Real], window: Int, inner: Int, columns: Int, isTurned: Bool,
        into points: inout [Real]
    ) {
        let taps = window * window
        precondition(
            weights.count == taps * inner * columns
                && points.count >= 36 * (inner * columns + 16) - 16)
        let evaluations: [Real] = (0..<6).flatMap { evaluation($0, window: window) }
        let (e, weights) = (evaluations.span, weights.span)
        var points = points.mutableSpan
        let isPacked = MatrixProduct.usesOwnKernels
        for k in 0..<inner {
            for j in 0..<columns {
                let place = index(k, j, inner: inner, columns: columns, isPacked: isPacked)
                for point in 0..<36 {
                    let (vertical, horizontal) = (point / 6 * window, point % 6 * window)
                    var sum: Real = 0
                    for tap in 0..<taps {
                        let weight =
                            isTurned
                            ? weights[unchecked: ((taps - 1 - tap) * columns + j) * inner + k]
                            : weights[unchecked: (tap * inner + k) * columns + j]
                        let (row, column) = (tap / window, tap % window)
                        sum +=
                            e[unchecked: vertical + row] * weight
                            * e[unchecked: horizontal + column]
                    }
                    points[unchecked: point * (inner * columns + 16) + place] = sum
                }
            }
        }
    }

    /// Returns row `point` of `E(window)`: the powers of a point, or the last coefficient for
    /// infinity.
    @inlinable
    public static func evaluation<Real: RealNumber>(_ point: Int, window: Int) -> [Real] {
        if point == 5 { return (0..<window).map { $0 == window - 1 ? 1 : 0 } }
        let root = (0.5 as Real).squareRoot()
        let value = [0, root, -root, 2 * root, -2 * root][point]
        var powers: [Real] = [1]
        for _ in 1..<window { powers.append((powers.last ?? 0) * value) }
        return powers
    }
}
