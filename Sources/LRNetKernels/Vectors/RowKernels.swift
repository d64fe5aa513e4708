/// Adds the row that starts at index `source` of `rows` to the row that starts at index
/// `destination`.
package typealias RowAddition = (_ rows: DoubleBuffer, _ destination: Int, _ source: Int) -> Void

/// Additions of rows of Float64 statistics.
package enum RowKernels {
    /// Computes `rows[destination + i] += rows[source + i]` for `i` in `0 ..< count`.
    package static func add(
        _ rows: DoubleBuffer, _ destination: Int, _ source: Int, count: Int
    ) {
        check(rows, destination, source, count)
        let (a, b) = (rows.base + destination, rows.base + source)
        for i in 0..<count { a[i] += b[i] }
    }

    /// Merges the moments of two sets of values, channel by channel. A row contains the mean of
    /// each channel, then the sum of squared distances from it, then the number of values.
    ///
    ///     n = n_a + n_b        d = mean_b - mean_a
    ///     mean = mean_a + d n_b / n
    ///     squares = squares_a + squares_b + d^2 n_a n_b / n
    ///
    /// - Source: Chan, Golub, LeVeque, 1979.
    package static func mergeMoments(
        _ rows: DoubleBuffer, _ destination: Int, _ source: Int, channels: Int
    ) {
        check(rows, destination, source, 2 * channels + 1)
        let (a, b) = (rows.base + destination, rows.base + source)
        let count = a[2 * channels] + b[2 * channels]
        let share = b[2 * channels] / count
        let weight = a[2 * channels] * share
        for c in 0..<channels {
            let distance = b[c] - a[c]
            a[c] += distance * share
            a[channels &+ c] =
                a[channels &+ c] + b[channels &+ c] + distance * distance * weight
        }
        a[2 * channels] = count
    }

    /// Copies `count` values to another place of the same buffer or of another one. The two places
    /// may overlap.
    package static func copy(
        _ source: DoubleBuffer, at start: Int, to target: DoubleBuffer, at offset: Int, count: Int
    ) {
        precondition(
            start >= 0 && offset >= 0 && start + count <= source.count
                && offset + count <= target.count,
            "\(count) values from \(start) of \(source.count) to \(offset) of \(target.count)")
        (target.base + offset).update(from: source.base + start, count: count)
    }

    private static func check(
        _ rows: DoubleBuffer, _ destination: Int, _ source: Int, _ count: Int
    ) {
        precondition(
            min(destination, source) >= 0 && max(destination, source) + count <= rows.count
                && abs(destination - source) >= count,
            "rows of \(count) values at \(destination) and \(source) of \(rows.count)")
    }
}
