/// The weights of a product as integers. Discrete weights with one scale are kept; other weights
/// are rounded.
struct IntegerWeights {
    /// `[outputs][row][column][input]`
    private(set) var values: [Int8]
    /// `[outputs]`: the real value of an integer weight of 1.
    let steps: [Double]
    /// `[outputs]`: the largest magnitude of a sum.
    let largestSums: [Double]

    private let fanIn: Int

    /// A largest magnitude of rounded weights with which pairs of uint8 x int8 products fit in 16
    /// bits on every CPU.
    static let pairedLargest = 64.0

    /// Converts the weights of a product.
    ///
    /// - Parameters:
    ///   - inputReach: The largest magnitude of an input.
    ///   - inputSign: A closure that returns the factor, -1 or +1, for the weights of an input.
    ///   - largest: The largest magnitude of rounded weights.
    init(
        _ product: DeployedProduct, inputReach: Int32, largest: Double = pairedLargest,
        inputSign: (_ index: Int) -> Int8
    ) {
        let (fanIn, outputs) = (product.fanIn, product.outputs)
        let rounded: (values: [Int8], steps: [Double]) =
            switch product.weights.values {
            case .signs(let values), .trits(let values):
                Self.rounded(
                    values, product.weights.negativeFactor, fanIn: fanIn, largest: largest)
                    ?? (values, Array(repeating: 1, count: outputs))
            case .reals(let values): Self.rounded(values, fanIn: fanIn, largest: largest)
            }
        let values = rounded.values.enumerated().map { $1 * inputSign($0 % fanIn) }
        self.fanIn = fanIn
        self.values = values
        steps = rounded.steps
        largestSums = (0..<outputs).map { output in
            let row = values[output * fanIn..<(output + 1) * fanIn]
            return row.reduce(0.0) { $0 + abs(Double($1)) } * Double(inputReach)
        }
    }

    /// Sets the weights of an output to 0.
    mutating func clear(output: Int) {
        for index in output * fanIn..<(output + 1) * fanIn { values[index] = 0 }
    }

    /// Rounds weights whose negative values have one factor per output; returns `nil` if there are
    /// no factors.
    private static func rounded(
        _ values: [Int8], _ factors: [Float], fanIn: Int, largest: Double
    ) -> ([Int8], [Double])? {
        guard !factors.isEmpty else { return nil }
        let tops = factors.map { max(1, Double($0)) }
        let rounded = values.enumerated().map { index, value -> Int8 in
            let output = index / fanIn
            let code = largest / tops[output]
            return switch value {
            case 1: Int8(code.rounded())
            case -1: -Int8((code * Double(factors[output])).rounded())
            default: 0
            }
        }
        return (rounded, tops.map { $0 / largest })
    }

    private static func rounded(
        _ values: [Float], fanIn: Int, largest: Double
    ) -> ([Int8], [Double]) {
        let tops = stride(from: 0, to: values.count, by: fanIn).map { first in
            values[first..<first + fanIn].reduce(0.0) { max($0, abs(Double($1))) }
        }
        let rounded = values.enumerated().map { index, value -> Int8 in
            let top = tops[index / fanIn]
            return top > 0 ? Int8((Double(value) / top * largest).rounded()) : 0
        }
        return (rounded, tops.map { $0 / largest })
    }
}
