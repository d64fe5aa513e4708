/// The storage cost of a network file's weights, over all layers with weights.
package struct WeightBudget: Sendable, Equatable {
    /// The average number of bits per weight after packing (`lrnet-dist export --format packed`): 1
    /// for a binary weight, 1.6 for a ternary one, 32 for a real one; `nil` for a file without
    /// weights.
    package let bitsPerWeight: Double?

    /// The share of zeros among the integer weights, in percent; `nil` for a file without integers.
    package let zeroPercent: Double?

    /// Computes the costs of a file.
    ///
    /// - Parameter levels: The number of values of the method's integer weights.
    package init(_ file: SafeTensors, levels: Int?) {
        let integerBits = (levels ?? 2) > 2 ? 1.6 : 1
        var (weights, bits, integers, zeros) = (0.0, 0.0, 0.0, 0.0)
        for name in file.names where name.hasSuffix(".weight") {
            guard let tensor = file.tensors[name] else { continue }
            let count = Double(tensor.values.count)
            weights += count
            bits += count * (tensor.type == .int8 ? integerBits : 32)
            guard tensor.type == .int8 else { continue }
            integers += count
            zeros += Double(tensor.values.count { $0 == 0 })
        }
        bitsPerWeight = weights > 0 ? bits / weights : nil
        zeroPercent = integers > 0 ? 100 * zeros / integers : nil
    }
}
