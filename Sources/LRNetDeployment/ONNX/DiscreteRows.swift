/// Integer weights split into codes of -1, 0 and +1 and the values of these codes for each output.
struct DiscreteRows: Equatable {
    private(set) var codes: [Int8]
    /// `[outputs]`: the value of a code of +1, and the magnitude of the value of -1.
    private(set) var plus, minus: [Int32]

    /// Splits weights.
    ///
    /// If all other outputs consist of signs, an output of zeros has codes of +1 with a value of 0,
    /// so that bits can store all codes.
    ///
    /// - Returns: `nil` if an output has more than one positive or more than one negative value.
    init?(_ weights: [Int8], outputs: Int) {
        let fanIn = weights.count / outputs
        let rows = (0..<outputs).map { weights[$0 * fanIn..<($0 + 1) * fanIn] }
        let areSigns = rows.allSatisfy { row in
            !row.contains(0) || row.allSatisfy { $0 == 0 }
        }
        codes = weights.map { $0.signum() }
        (plus, minus) = ([], [])
        for row in rows {
            let positive = row.first { $0 > 0 }
            let negative = row.first { $0 < 0 }
            guard row.allSatisfy({ $0 == 0 || $0 == positive || $0 == negative }) else {
                return nil
            }
            let isConstant = positive == nil && negative == nil
            if isConstant && areSigns {
                for index in row.indices { codes[index] = 1 }
            }
            let unused: Int32 = isConstant && areSigns ? 0 : 1
            plus.append(positive.map { Int32($0) } ?? unused)
            minus.append(negative.map { -Int32($0) } ?? unused)
        }
    }

    /// True if the codes equal the weights.
    var isPlain: Bool { plus.allSatisfy { $0 == 1 } && minus.allSatisfy { $0 == 1 } }
}
