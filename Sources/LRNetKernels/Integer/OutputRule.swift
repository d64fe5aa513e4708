internal import CVectorMath

/// The conversion of the integer sums of a layer to bytes:
///
///     q = clip(roundHalfEven((acc + bias) * factor / 2^16) + offset, 0, ceiling)
///
/// It is computed in Float32 and is exact, provided that `acc + bias` is below 2^24 and that
/// `factor` has at most 24 significant bits: a product that is not clipped then has fewer than 24
/// bits, and rounding a larger one cannot bring it below the clip.
package struct OutputRule: Sendable {
    /// `[outputs]`, filled up with zeros to whole vectors.
    private let bias: [Int32]
    private let factor: [Float]
    private let low, high: Float
    let offset: Int32

    /// - Parameters:
    ///   - bias: `[outputs]`
    ///   - factor: `[outputs]`
    package init(bias: [Int32], factor: [Int32], offset: Int32, ceiling: Int32) {
        precondition(bias.count == factor.count, "\(bias.count) biases, \(factor.count) factors")
        let width = IntegerPanels.panelWidth
        let rest = (bias.count + width - 1) / width * width - bias.count
        self.bias = bias + Array(repeating: 0, count: rest)
        self.factor = factor.map { Float($0) / 65_536 } + Array(repeating: 0, count: rest)
        low = Float(-offset)
        high = Float(ceiling - offset)
        self.offset = offset
    }

    /// Returns the rule whose bias has `change[output]` added.
    func adding(_ change: [Int32]) -> OutputRule {
        var bias = bias
        for (output, value) in change.enumerated() { bias[output] += value }
        return OutputRule(bias: bias, factor: factor, low: low, high: high, offset: offset)
    }

    private init(bias: [Int32], factor: [Float], low: Float, high: Float, offset: Int32) {
        (self.bias, self.factor) = (bias, factor)
        (self.low, self.high, self.offset) = (low, high, offset)
    }

    /// The numbers of some outputs without references to arrays, for inner loops.
    struct Columns {
        let bias: UnsafePointer<Int32>
        let factor: UnsafePointer<Float>
        let low, high: Float
        let offset: Int32
        /// The number of outputs.
        let count: Int

        /// Stores the results of 16 sums.
        @inline(__always)
        func store(_ sums: Integers, column: Int, _ target: UnsafeMutablePointer<UInt8>) {
            let first = column &* IntegerPanels.laneCount
            let left = count &- first
            guard left > 0 else { return }
            let biased =
                sums &+ UnsafeRawPointer(bias + first).loadUnaligned(as: Integers.self)
            lrnet_store_rounded(
                biased, load(factor + first), low, high, offset, target + first,
                min(left, IntegerPanels.laneCount))
        }
    }

    /// Calls `body` with the numbers of some outputs.
    ///
    /// - Precondition: The range starts at a panel.
    func withColumns(_ outputs: Range<Int>, _ body: (Columns) -> Void) {
        precondition(outputs.lowerBound % IntegerPanels.panelWidth == 0, "\(outputs)")
        bias.withUnsafeBufferPointer { bias in
            factor.withUnsafeBufferPointer { factor in
                guard let bias = bias.baseAddress, let factor = factor.baseAddress else { return }
                body(
                    Columns(
                        bias: bias + outputs.lowerBound, factor: factor + outputs.lowerBound,
                        low: low, high: high, offset: offset, count: outputs.count))
            }
        }
    }
}
