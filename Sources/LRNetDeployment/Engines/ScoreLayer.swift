/// The last layer of a fixed-point network, which computes the scores in Double.
///
///     score[c] = scale[c] * sum over k of weights[c, k] * (q[k] - zeroPoint) + bias[c]
///
/// The terms of a class are added in the order of `k`, as in every exported file, so the scores are
/// equal bit for bit. Products of a Float32 and an integer below 2^29 are exact in Double.
struct ScoreLayer: Sendable {
    private let output: FixedOutput
    /// `[inputs][blocks of 8 classes]`
    private let weights: [SIMD8<Double>]
    private let blockCount: Int

    private static let width = 8

    init(_ output: FixedOutput) {
        self.output = output
        blockCount = (output.classes + Self.width - 1) / Self.width
        var weights = [SIMD8<Double>](
            repeating: SIMD8(repeating: 0), count: output.inputs * blockCount)
        for label in 0..<output.classes {
            for input in 0..<output.inputs {
                weights[input * blockCount + label / Self.width][label % Self.width] = Double(
                    output.weights[label * output.inputs + input])
            }
        }
        self.weights = weights
    }

    /// Returns the scores for activations or their sums over pixels.
    func scores(_ features: [Int32]) -> [Float] {
        var sums = [SIMD8<Double>](repeating: SIMD8(repeating: 0), count: blockCount)
        for (input, feature) in features.enumerated() {
            let value = Double(feature - output.zeroPoint)
            for block in 0..<blockCount {
                sums[block] += weights[input * blockCount + block] * value
            }
        }
        return (0..<output.classes).map { label in
            let sum = sums[label / Self.width][label % Self.width]
            return Float(Double(output.scale[label]) * sum + Double(output.bias[label]))
        }
    }
}
