internal import LRNetKernels
internal import LRNetSupport

/// The weights of a layer in the form that C code uses.
struct CWeights {
    enum Values {
        /// Weights of -1, 0 and +1, which cost one addition each.
        case discrete([Int8])
        /// Codes of -1, 0 and +1, and for each output the magnitudes of both signs.
        case pairs([Int8], plus: [UInt8], minus: [UInt8])
        /// Weights that are multiplied.
        case reals([Int8])
    }

    let values: Values
    /// `[outputs]`: true if all weights of an output are 0.
    let zeroRows: [Bool]
    /// True if bits can store the codes. Rows of zeros are then stored as rows of +1, and the rule
    /// of their output ignores the sum.
    let fitBits: Bool

    init(_ layer: FixedLayer) {
        let fanIn = layer.geometry.patchCount
        zeroRows = (0..<layer.outputs).map { output in
            layer.weights[output * fanIn..<(output + 1) * fanIn].allSatisfy { $0 == 0 }
        }
        if layer.weights.allSatisfy({ (-1...1).contains($0) }) {
            values = .discrete(layer.weights)
        } else if let rows = DiscreteRows(layer.weights, outputs: layer.outputs) {
            // Where the weights are 0, so are the codes: `DiscreteRows` may have changed them.
            values = .pairs(
                layer.weights.map { $0.signum() }, plus: rows.plus.map { UInt8($0) },
                minus: rows.minus.map { UInt8($0) })
        } else {
            values = .reals(layer.weights)
        }
        let zeroRows = zeroRows
        let ignoresSums = layer.requantization.levels != .sign
        if case .reals = values {
            fitBits = true
        } else {
            fitBits = layer.weights.enumerated().allSatisfy {
                $1 != 0 || ignoresSums && zeroRows[$0 / fanIn]
            }
        }
    }

    /// Returns the codes that are stored.
    ///
    /// - Throws: `Failure` (78) for weights of 0 with bits.
    func codes(_ packing: CPacking, name: String) throws -> [Int8] {
        let codes: [Int8]
        switch values {
        case .discrete(let values), .pairs(let values, _, _): codes = values
        case .reals: preconditionFailure("\(name) has real weights")
        }
        guard packing == .bits else { return codes }
        guard fitBits else { throw Self.refusal(name) }
        return codes.map { $0 == 0 ? 1 : $0 }
    }

    static func refusal(_ name: String) -> Failure {
        FailureSite("c", name).badRecipe(
            "bits cannot store zeros; choose --packing trits or int2")
    }
}
