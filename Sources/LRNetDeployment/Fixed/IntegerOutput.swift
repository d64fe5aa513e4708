internal import LRNetSupport

/// The last layer in integers.
///
///     score[c] = sum over k of weights[c, k] * q[k] + bias[c]
///
/// All classes share one ``unit``, so their integer scores can be compared. The largest weight of
/// the layer becomes 64. The bias contains the zero point of the inputs.
package struct IntegerOutput: Sendable, Equatable {
    /// `[classes][inputs]`: -64 ... 64.
    package let weights: [Int8]
    /// `[classes]`
    package let bias: [Int32]
    /// The real value of a score of 1.
    package let unit: Double
    /// The weights as codes of -1, 0 and +1 with magnitudes for each class; `nil` if the network's
    /// weights are real.
    let rows: DiscreteRows?

    /// The largest magnitude of a weight. Pairs of uint8 x int8 products then fit in 16 bits.
    private static let largest = 64.0

    /// Rounds a layer.
    ///
    /// - Parameters:
    ///   - weights: `[classes][inputs]`, in units of the score for one step of an input.
    ///   - zeroPoint: The zero point of the inputs.
    ///   - largestInput: The largest input.
    ///   - isDiscrete: True if the network's weights are discrete.
    /// - Throws: `Failure` (78) if scores could exceed int32.
    init(
        _ name: String, weights: [Double], bias: [Float], zeroPoint: Int32, largestInput: Int,
        isDiscrete: Bool
    ) throws {
        let top = weights.reduce(0) { max($0, abs($1)) }
        let unit = (top > 0 ? top : 1) / Self.largest
        let rounded = weights.map { Int8(($0 / unit).rounded()) }
        let classes = bias.count
        let inputs = weights.count / classes
        self.weights = rounded
        self.unit = unit
        self.bias = try (0..<classes).map { label in
            let row = rounded[label * inputs..<(label + 1) * inputs].map { Int($0) }
            let real = (Double(bias[label]) / unit).rounded()
            let offset = real - Double(zeroPoint) * Double(row.reduce(0, +))
            let reach = abs(offset) + Double(row.reduce(0) { $0 + abs($1) }) * Double(largestInput)
            guard reach < 2_147_483_648 else {
                throw FailureSite("fixed", name).badRecipe(
                    "scores of class \(label) could exceed 2^31 in integers; use --last-layer "
                        + "float")
            }
            return Int32(offset)
        }
        rows = isDiscrete ? DiscreteRows(rounded, outputs: classes) : nil
    }

    /// Returns the scores for inputs, or for their sums over pixels.
    func scores(_ values: [Int32]) -> [Int32] {
        bias.indices.map { label in
            values.indices.reduce(bias[label]) {
                $0 + Int32(weights[label * values.count + $1]) * values[$1]
            }
        }
    }

    /// Returns the real values of scores.
    package func reals(_ scores: [Int32]) -> [Float] { scores.map { Float(Double($0) * unit) } }
}
