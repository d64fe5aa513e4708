/// The largest permitted error of a Float32 result against its Double reference:
/// `|actual - expected| <= absolute + relative * |expected|`.
package struct Tolerance: Sendable {
    /// A number in units of the result.
    package var absolute: Double
    /// A fraction of the reference.
    package var relative: Double

    package init(absolute: Double = 0, relative: Double = 0) {
        self.absolute = absolute
        self.relative = relative
    }

    /// Half a unit in the last place of Float32, as a fraction.
    package static let unitRoundoff = 0x1p-24

    /// One rounding of a result that is otherwise exact and is not subnormal.
    package static let oneRounding = Tolerance(relative: unitRoundoff)

    /// A few successive roundings: a formula of up to eight operations without cancellation.
    package static let fewRoundings = Tolerance(absolute: 1e-37, relative: 8 * unitRoundoff)

    /// The logistic function: the exponential is accurate to 2e-7, and two roundings follow.
    package static let logistic = Tolerance(absolute: 1e-37, relative: 3e-7)

    /// Products of up to four logistic functions. Sums of them may cancel, so the absolute part has
    /// the same size, for values of at most 1.
    package static let moments = Tolerance(absolute: 1e-6, relative: 1e-6)

    /// Returns the tolerance of a sum, in any order, of `count` products with total `magnitude`.
    ///
    /// The bound of Higham, *Accuracy and Stability of Numerical Algorithms*, equation 3.4.
    package static func sum(count: Int, magnitude: Double) -> Tolerance {
        Tolerance(absolute: Double(count + 2) * unitRoundoff * magnitude)
    }
}

/// Returns the largest distance of `actual` from `expected` in units of the tolerance; 1 passes.
///
/// The distance is infinite if an error is not finite or the counts differ.
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

/// Returns the largest difference between `actual` and `expected`.
package func largestError<T: BinaryFloatingPoint>(_ actual: [T], _ expected: [Double]) -> Double {
    distance(actual, expected, Tolerance(absolute: 1))
}

/// Returns `|actual - expected| / |expected|` with the Euclidean norm over all values.
///
/// Used for gradients, in which individual values may be small differences of large sums.
package func normError<T: BinaryFloatingPoint>(_ actual: [T], _ expected: [Double]) -> Double {
    if actual.count != expected.count { return .infinity }
    let error = zip(actual, expected).reduce(0.0) {
        $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1)
    }
    let size = expected.reduce(0.0) { $0 + $1 * $1 }
    if error == 0 { return 0 }
    return error.isFinite && size > 0 ? (error / size).squareRoot() : .infinity
}

/// Returns the central difference `(f(x + h) - f(x - h)) / 2h`.
package func centralDifference(
    at x: Double, step h: Double, _ f: (Double) throws -> Double
) rethrows -> Double {
    (try f(x + h) - f(x - h)) / (2 * h)
}
