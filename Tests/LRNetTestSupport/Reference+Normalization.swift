import Foundation

extension Reference {
    /// What batch norm leaves behind for its backward pass.
    package struct Normalized {
        /// The mean and the population variance of each channel.
        package var mean, variance: [Double]
        /// `(x - mean) / sqrt(variance + epsilon)`.
        package var normalized: [Double]
        /// `gamma * normalized + beta`, and 0 where that is negative if rectified.
        package var output: [Double]
    }

    /// Batch norm of a matrix of shape `[rows, channels]`.
    package static func batchNorm(
        _ x: [Double], channels: Int, gamma: [Double], beta: [Double], epsilon: Double,
        rectified: Bool
    ) -> Normalized {
        let rows = x.count / channels
        var result = Normalized(
            mean: [], variance: [], normalized: x, output: x)
        for c in 0..<channels {
            let column = (0..<rows).map { x[$0 * channels + c] }
            let mean = column.reduce(0, +) / Double(rows)
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            result.mean.append(mean)
            result.variance.append(variance)
            for row in 0..<rows {
                let i = row * channels + c
                result.normalized[i] = (x[i] - mean) / (variance + epsilon).squareRoot()
                let y = gamma[c] * result.normalized[i] + beta[c]
                result.output[i] = rectified ? max(y, 0) : y
            }
        }
        return result
    }

    /// The gradients of batch norm, from the Jacobian written out:
    ///
    ///     dxhat[i]/dx[k] = inverse * ([i = k] - 1/n - xhat[i] xhat[k] / n)
    package static func batchNormGradients(
        _ gradient: [Double], forward: Normalized, channels: Int, gamma: [Double],
        epsilon: Double, rectified: Bool
    ) -> (input: [Double], gamma: [Double], beta: [Double]) {
        let rows = gradient.count / channels
        var input = gradient
        var (gammaGradient, betaGradient): ([Double], [Double]) = ([], [])
        for c in 0..<channels {
            let inverse = 1 / (forward.variance[c] + epsilon).squareRoot()
            let indices = (0..<rows).map { $0 * channels + c }
            let g = indices.map { rectified && forward.output[$0] <= 0 ? 0 : gradient[$0] }
            let xhat = indices.map { forward.normalized[$0] }
            gammaGradient.append(zip(g, xhat).reduce(0) { $0 + $1.0 * $1.1 })
            betaGradient.append(g.reduce(0, +))
            for k in 0..<rows {
                var sum = 0.0
                for i in 0..<rows {
                    let same = i == k ? 1.0 : 0
                    let slope = same - (1 + xhat[i] * xhat[k]) / Double(rows)
                    sum += g[i] * gamma[c] * inverse * slope
                }
                input[indices[k]] = sum
            }
        }
        return (input, gammaGradient, betaGradient)
    }

    /// The logarithm of the softmax of one sample's logits.
    package static func logSoftmax(_ logits: [Double]) -> [Double] {
        let top = logits.max() ?? 0
        let total = log(logits.reduce(0) { $0 + exp($1 - top) })
        return logits.map { $0 - top - total }
    }

    /// The constants of Adam.
    package struct Adam {
        /// alpha, beta1, beta2, epsilon, and the lambda of coupled L2.
        package var rate, beta1, beta2, epsilon, decay: Double

        /// Creates the constants.
        package init(
            rate: Double, beta1: Double, beta2: Double, epsilon: Double, decay: Double
        ) {
            self.rate = rate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.decay = decay
        }

        /// One value's step `time`, counted from 1; Algorithm 1 of Kingma and Ba.
        package func update(
            _ w: inout Double, _ m: inout Double, _ v: inout Double, gradient: Double, time: Int
        ) {
            let g = gradient + decay * w
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            let first = m / (1 - pow(beta1, Double(time)))
            let second = v / (1 - pow(beta2, Double(time)))
            w -= rate * first / (second.squareRoot() + epsilon)
        }
    }
}
