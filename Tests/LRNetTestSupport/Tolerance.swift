/// How far a Float32 result may lie from its Double reference:
/// `|actual - expected| <= absolute + relative * |expected|`.
package struct Tolerance: Sendable {
    /// In units of the result.
    package var absolute: Double
    /// As a share of the reference.
    package var relative: Double

    /// Creates a tolerance.
    package init(absolute: Double = 0, relative: Double = 0) {
        self.absolute = absolute
        self.relative = relative
    }

    /// Half a unit in the last place of Float32, as a share.
    package static let unitRoundoff = 0x1p-24

    /// One rounding of a result that is otherwise exact, at normal sizes.
    package static let oneRounding = Tolerance(relative: unitRoundoff)

    /// A handful of roundings in a row: a formula of up to eight operations without cancellation.
    package static let fewRoundings = Tolerance(absolute: 1e-37, relative: 8 * unitRoundoff)

    /// The logistic function: the exponential is good to 2e-7, then come two roundings.
    package static let logistic = Tolerance(absolute: 1e-37, relative: 3e-7)

    /// Products of up to four logistic functions; sums of them may cancel, hence an absolute part of
    /// the same size for values that are at most 1.
    package static let moments = Tolerance(absolute: 1e-6, relative: 1e-6)

    /// A sum of `count` products whose magnitudes add up to `magnitude`, in any order of addition.
    ///
    /// The bound of Higham, *Accuracy and Stability of Numerical Algorithms*, equation 3.4.
    package static func sum(count: Int, magnitude: Double) -> Tolerance {
        Tolerance(absolute: Double(count + 2) * unitRoundoff * magnitude)
    }
}

/// The largest distance of `actual` from `expected`, in units of the tolerance: up to 1 passes.
///
/// Values that are not finite, and counts that differ, are infinitely far.
package func distance<T: BinaryFloatingPoint>(
    _ actual: [T], _ expected: [Double], _ tolerance: Tolerance
) -> Double {
    if actual.count != expected.count { return .infinity }
    return zip(actual, expected).reduce(0) { worst, pair in
        let error = abs(Double(pair.0) - pair.1)
        let allowed = tolerance.absolute + tolerance.relative * abs(pair.1)
        if !error.isFinite { return .infinity }
        return max(worst, error == 0 ? 0 : error / allowed)
    }
}

/// The largest difference between `actual` and `expected`.
package func largestError<T: BinaryFloatingPoint>(_ actual: [T], _ expected: [Double]) -> Double {
    distance(actual, expected, Tolerance(absolute: 1))
}

/// `|actual - expected| / |expected|` with the Euclidean norm over all values.
///
/// For gradients, whose single values may be small differences of large sums.
package func normError<T: BinaryFloatingPoint>(_ actual: [T], _ expected: [Double]) -> Double {
    if actual.count != expected.count { return .infinity }
    let error = zip(actual, expected).reduce(0.0) {
        $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
    }
    let size = expected.reduce(0.0) { $0 + $1 * $1 }
    if error == 0 { return 0 }
    return error.isFinite && size > 0 ? (error / size).squareRoot() : .infinity
}

/// The central difference `(f(x + h) - f(x - h)) / 2h`.
package func centralDifference(
    at x: Double, step h: Double, _ f: (Double) throws -> Double
) rethrows -> Double {
    (try f(x + h) - f(x - h)) / (2 * h)
}
