internal import Foundation
internal import LRNetKernels

/// The naive twins of the kernels: textbook loops in Float32, one value at a time.
///
/// The fast kernels are compared with them before they are timed, and their times are the table's
/// last column. Tests compare with other references, in Double. The compiler may still turn a
/// simple loop of these into vectors.
enum NaiveKernels {
    typealias Values = UnsafeMutablePointer<Float>

    /// Where an element of a left factor lies.
    enum Side {
        case plain
        case transposed
    }

    /// `C = A B`, every element one sum.
    static func product(
        _ a: Values, _ side: Side, _ b: Values, into c: Values, rows: Int, columns: Int, inner: Int
    ) {
        for i in 0..<rows {
            for j in 0..<columns {
                var sum: Float = 0
                for k in 0..<inner {
                    sum += a[side == .plain ? i * inner + k : k * rows + i] * b[k * columns + j]
                }
                c[i * columns + j] = sum
            }
        }
    }

    /// A matrix, or the transpose of one, in panels of 32 columns; see ``PackedMatrix``.
    static func pack(
        _ matrix: Values, _ side: Side, inner: Int, columns: Int, into packed: Values
    ) {
        for k in 0..<inner {
            for j in 0..<columns {
                let value = matrix[side == .plain ? k * columns + j : j * inner + k]
                packed[packedIndex(k, j, inner: inner, columns: columns)] = value
            }
        }
    }

    /// Where a packed matrix has an element; where products are OpenBLAS's it is not packed.
    static func packedIndex(_ row: Int, _ column: Int, inner: Int, columns: Int) -> Int {
        guard MatrixProduct.isOurs else { return row * columns + column }
        return column / 32 * inner * 32 + row * 32 + column % 32
    }

    // MARK: Noise and weights

    /// The numbers of ``GaussianNoise``.
    static func noise(_ count: Int, key: NoiseKey, into output: Values) {
        let seed = SIMD2(UInt32(truncatingIfNeeded: key.seed), UInt32(key.seed >> 32))
        let purpose = UInt32(key.purpose.rawValue) << 16 | UInt32(key.layer)
        for group in stride(from: 0, to: count, by: 64) {
            for lane in 0..<16 {
                let block = UInt32(group / 4 + lane)
                let words = Philox.block(
                    counter: SIMD4(block, key.index, key.step, purpose), key: seed)
                for pair in 0..<2 {
                    let radius = (-2 * log((Float(words[2 * pair]) + 0.5) * 0x1p-32)).squareRoot()
                    let angle = 2 * Float.pi * (Float(words[2 * pair + 1]) * 0x1p-32)
                    let first = group + 32 * pair + lane
                    if first < count { output[first] = radius * cos(angle) }
                    if first + 16 < count { output[first + 16] = radius * sin(angle) }
                }
            }
        }
    }

    /// `z = m + sqrt(v + floor) e` over the means, `e / (2 sqrt(v + floor))` over the variances.
    static func sample(_ mean: Values, _ variance: Values, noise: Values, count: Int, floor: Float)
    {
        for i in 0..<count {
            let deviation = (max(variance[i], 0) + floor).squareRoot()
            mean[i] += deviation * noise[i]
            variance[i] = noise[i] / (2 * deviation)
        }
    }

    /// Mean and variance of ternary weights.
    static func moments(
        _ zeroLogit: Values, _ signLogit: Values, count: Int, mean: Values, variance: Values
    ) {
        for i in 0..<count {
            let (zero, plus) = (logistic(zeroLogit[i]), logistic(signLogit[i]))
            mean[i] = (1 - zero) * (2 * plus - 1)
            variance[i] = (1 - zero) - mean[i] * mean[i]
        }
    }

    /// Gradients of ternary logits.
    static func pullBack(
        _ logits: (zero: Values, sign: Values), _ moments: (mean: Values, variance: Values),
        count: Int, into gradients: (zero: Values, sign: Values)
    ) {
        for i in 0..<count {
            let (zero, plus) = (logistic(logits.zero[i]), logistic(logits.sign[i]))
            let mean = (1 - zero) * (2 * plus - 1)
            let slope = (1 - zero) * plus * (1 - plus)
            gradients.zero[i] =
                moments.mean[i] * (-zero * mean)
                + moments.variance[i] * (-zero * (1 - zero) + 2 * zero * mean * mean)
            gradients.sign[i] =
                moments.mean[i] * 2 * slope - moments.variance[i] * 4 * mean * slope
        }
    }

    private static func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

    /// One step of Adam.
    static func adam(
        _ parameter: Values, _ gradient: Values, _ first: Values, _ second: Values, count: Int,
        step: AdamKernel.Step
    ) {
        for i in 0..<count {
            let slope = gradient[i] + step.decay * parameter[i]
            first[i] = step.beta1 * first[i] + (1 - step.beta1) * slope
            second[i] = step.beta2 * second[i] + (1 - step.beta2) * slope * slope
            let divisor = (second[i] * step.correction2).squareRoot() + step.epsilon
            parameter[i] -= step.learningRate * (first[i] * step.correction1) / divisor
        }
    }

    /// `target += source`.
    static func add(_ source: Values, to target: Values, count: Int) {
        for i in 0..<count { target[i] += source[i] }
    }

    /// `target *= factor`.
    static func multiply(_ target: Values, by factor: Values, count: Int) {
        for i in 0..<count { target[i] *= factor[i] }
    }

    /// The softmax less 1 at the label: the gradient of the cross-entropy.
    static func crossEntropy(_ logits: Values, classes: Int, label: Int, gradient: Values) {
        var top = logits[0]
        for c in 1..<classes { top = max(top, logits[c]) }
        var sum: Float = 0
        for c in 0..<classes { sum += exp(logits[c] - top) }
        for c in 0..<classes {
            gradient[c] = exp(logits[c] - top) / sum - (c == label ? 1 : 0)
        }
    }
}
