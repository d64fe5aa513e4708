/// The weights of a product as exporters see them, in the order `[outputs][row][column][input]`: what an output
/// needs is contiguous.
package struct DeployedWeights: Sendable, Equatable {
    package enum Values: Sendable, Equatable {
        /// -1 or +1.
        case signs([Int8])
        /// -1, 0 or +1.
        case trits([Int8])
        case reals([Float])

        package var count: Int {
            switch self {
            case .signs(let values), .trits(let values): values.count
            case .reals(let values): values.count
            }
        }

        /// As real numbers.
        package var reals: [Float] {
            switch self {
            case .signs(let values), .trits(let values): values.map { Float($0) }
            case .reals(let values): values
            }
        }
    }

    package internal(set) var values: Values

    /// What each weight of -1 counts: 1, but for methods with two scales (TTQ).
    ///
    /// One value an output, since outputs whose sign was changed have the reciprocal; empty for 1 everywhere.
    package internal(set) var negativeFactor: [Float]

    /// All weights as real numbers, with ``negativeFactor``.
    package func expanded(outputs: Int) -> [Float] {
        var result = values.reals
        guard !negativeFactor.isEmpty else { return result }
        let fanIn = result.count / outputs
        for index in result.indices where result[index] < 0 {
            result[index] *= negativeFactor[index / fanIn]
        }
        return result
    }

    /// The weights are discrete.
    package var isDiscrete: Bool {
        if case .reals = values { false } else { true }
    }

    /// The share of zeros in percent; `nil` for real weights.
    package var zeroPercent: Double? {
        switch values {
        case .reals: nil
        case .signs(let values), .trits(let values):
            100 * Double(values.count { $0 == 0 }) / Double(max(values.count, 1))
        }
    }

    /// Changes the sign of all weights of an output, or sets them to 0 if they can be.
    mutating func multiply(output: Int, outputs: Int, by sign: Int8) {
        func changed(_ values: [Int8]) -> [Int8] {
            let fanIn = values.count / outputs
            var result = values
            for index in output * fanIn..<(output + 1) * fanIn { result[index] *= sign }
            return result
        }
        switch values {
        // Signs have no 0; a scale of 0 does the same.
        case .signs(let old): if sign != 0 { values = .signs(changed(old)) }
        case .trits(let old): values = .trits(changed(old))
        case .reals(var reals):
            let fanIn = reals.count / outputs
            for index in output * fanIn..<(output + 1) * fanIn { reals[index] *= Float(sign) }
            values = .reals(reals)
        }
    }
}
