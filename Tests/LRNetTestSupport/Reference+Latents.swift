import Foundation

extension Reference {
    /// The standard normal distribution function.
    package static func normalDistribution(_ x: Double) -> Double {
        0.5 * erfc(-x * 0.5.squareRoot())
    }

    /// The standard normal density.
    package static func normalDensity(_ x: Double) -> Double {
        exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    }

    /// Mean magnitude of each column's weights, and the weights as scaled signs.
    package static func filterSigns(
        _ w: [Double], outputs: Int
    ) -> (scales: [Double], weights: [Double]) {
        let rows = w.count / outputs
        let scales = (0..<outputs).map { o in
            (0..<rows).reduce(0) { $0 + abs(w[$1 * outputs + o]) } / Double(rows)
        }
        return (
            scales, w.enumerated().map { $1 >= 0 ? scales[$0 % outputs] : -scales[$0 % outputs] }
        )
    }
}
