/// The weights of a product as integers: as they are where they are discrete, else rounded.
struct IntegerWeights {
    /// `[outputs][row][column][input]`
    private(set) var values: [Int8]
    /// `[outputs]`: the real value of 1.
    let steps: [Double]
    /// `[outputs]`: the largest magnitude of a sum.
    let largestSums: [Double]

    private let fanIn: Int

    /// Magnitude of rounded weights: pairs of uint8 x int8 products then fit 16 bits on every CPU.
    private static let largest = 64.0

    /// Rounds weights.
    ///
    /// - Parameters:
    ///   - inputReach: The largest magnitude of an input.
    ///   - inputSign: What multiplies the weights of an input, -1 or 1.
    init(_ product: DeployedProduct, inputReach: Int32, inputSign: (_ index: Int) -> Int8) {
        let (fanIn, outputs) = (product.fanIn, product.outputs)
        let rounded: (values: [Int8], steps: [Double]) =
            switch product.weights.values {
            case .signs(let values), .trits(let values):
                Self.rounded(values, product.weights.negativeFactor, fanIn: fanIn)
                    ?? (values, Array(repeating: 1, count: outputs))
            case .reals(let values): Self.rounded(values, fanIn: fanIn)
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

    /// Makes an output independent of its input.
    mutating func clear(output: Int) {
        for index in output * fanIn..<(output + 1) * fanIn { values[index] = 0 }
    }

    /// Weights whose negative ones count by a factor an output; `nil` without factors.
    private static func rounded(
        _ values: [Int8], _ factors: [Float], fanIn: Int
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

    private static func rounded(_ values: [Float], fanIn: Int) -> ([Int8], [Double]) {
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
