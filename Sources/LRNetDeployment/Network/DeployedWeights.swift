/// The weights of a product in the order `[outputs][row][column][input]`, so that the weights of an
/// output are contiguous.
package struct DeployedWeights: Sendable, Equatable {
    package enum Values: Sendable, Equatable {
        /// Weights of -1 or +1.
        case signs([Int8])
        /// Weights of -1, 0 or +1.
        case trits([Int8])
        case reals([Float])

        package var count: Int {
            switch self {
            case .signs(let values), .trits(let values): values.count
            case .reals(let values): values.count
            }
        }

        /// The values as real numbers, without ``DeployedWeights/negativeFactor``.
        package var reals: [Float] {
            switch self {
            case .signs(let values), .trits(let values): values.map { Float($0) }
            case .reals(let values): values
            }
        }
    }

    package internal(set) var values: Values

    /// The magnitude of a weight of -1: 1, except for methods with two scales (TTQ).
    ///
    /// There is one value per output because outputs whose sign was changed have the reciprocal.
    /// The array is empty if every value is 1.
    package internal(set) var negativeFactor: [Float]

    /// Returns all weights as real numbers, with ``negativeFactor`` applied.
    package func expanded(outputs: Int) -> [Float] {
        var result = values.reals
        guard !negativeFactor.isEmpty else { return result }
        let fanIn = result.count / outputs
        for index in result.indices where result[index] < 0 {
            result[index] *= negativeFactor[index / fanIn]
        }
        return result
    }

    package var isDiscrete: Bool {
        if case .reals = values { false } else { true }
    }

    /// The share of zeros in percent, or `nil` for real weights.
    package var zeroPercent: Double? {
        switch values {
        case .reals: nil
        case .signs(let values), .trits(let values):
            100 * Double(values.count { $0 == 0 }) / Double(max(values.count, 1))
        }
    }

    /// Multiplies all weights of an output by -1, 0 or 1. Weights that are signs cannot become 0
    /// and stay unchanged.
    mutating func multiply(output: Int, outputs: Int, by sign: Int8) {
        func changed(_ values: [Int8]) -> [Int8] {
            let fanIn = values.count / outputs
            var result = values
            for index in output * fanIn..<(output + 1) * fanIn { result[index] *= sign }
            return result
        }
        switch values {
        // Signs have no 0. The scale of 0 has the same effect.
        case .signs(let old): if sign != 0 { values = .signs(changed(old)) }
        case .trits(let old): values = .trits(changed(old))
        case .reals(var reals):
            let fanIn = reals.count / outputs
            for index in output * fanIn..<(output + 1) * fanIn { reals[index] *= Float(sign) }
            values = .reals(reals)
        }
    }
}
