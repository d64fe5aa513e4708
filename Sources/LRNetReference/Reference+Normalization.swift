/// Batch norm of matrices of shape `[rows, channels]`: the twins of ``BatchNormKernels``.
extension Reference {
    /// Returns each channel's mean and its sum of squared distances from it, summed in Double.
    @inlinable
    public static func channelMoments<Real: RealNumber>(
        _ x: [Real], channels: Int
    ) -> (mean: [Real], squares: [Real]) {
        let rows = x.count / channels
        var (means, squares) = ([Real](), [Real]())
        for c in 0..<channels {
            var sum = 0.0
            for row in 0..<rows { sum += Double(x[row * channels + c]) }
            let mean = sum / Double(rows)
            var square = 0.0
            for row in 0..<rows {
                let distance = Double(x[row * channels + c]) - mean
                square += distance * distance
            }
            means.append(Real(mean))
            squares.append(Real(square))
        }
        return (means, squares)
    }

    /// The results of batch norm that its backward pass needs.
    public struct Normalized<Real: RealNumber> {
        /// The mean and the population variance of each channel.
        public var mean, variance: [Real]
        /// `(x - mean) / sqrt(variance + epsilon)`.
        public var normalized: [Real]
        /// `gamma * normalized + beta`, and 0 where that is negative if rectified.
        public var output: [Real]
    }

    /// Computes batch norm from its definition. The kernels use the equivalent scale and shift.
    public static func batchNorm<Real: RealNumber>(
        _ x: [Real], channels: Int, gamma: [Real], beta: [Real], epsilon: Real, rectified: Bool
    ) -> Normalized<Real> {
        let rows = x.count / channels
        let (mean, squares) = channelMoments(x, channels: channels)
        let variance = squares.map { $0 / Real(rows) }
        var result = Normalized(mean: mean, variance: variance, normalized: x, output: x)
        for i in x.indices {
            let c = i % channels
            result.normalized[i] = (x[i] - mean[c]) / (variance[c] + epsilon).squareRoot()
            let y = gamma[c] * result.normalized[i] + beta[c]
            result.output[i] = rectified ? max(y, 0) : y
        }
        return result
    }

    /// Computes the gradients of batch norm from the Jacobian in full:
    ///
    ///     dxhat[i]/dx[k] = inverse * ([i = k] - 1/n - xhat[i] xhat[k] / n)
    ///
    /// This takes `rows` squared steps per channel. `normalizedGradient` computes the same result
    /// from the expanded formula.
    public static func batchNormGradients<Real: RealNumber>(
        _ gradient: [Real], forward: Normalized<Real>, channels: Int, gamma: [Real], epsilon: Real,
        rectified: Bool
    ) -> (input: [Real], gamma: [Real], beta: [Real]) {
        let rows = gradient.count / channels
        var input = gradient
        var (gammaGradient, betaGradient): ([Real], [Real]) = ([], [])
        for c in 0..<channels {
            let inverse = 1 / (forward.variance[c] + epsilon).squareRoot()
            let indices = (0..<rows).map { $0 * channels + c }
            let g = indices.map { rectified && forward.output[$0] <= 0 ? 0 : gradient[$0] }
            let xhat = indices.map { forward.normalized[$0] }
            gammaGradient.append(zip(g, xhat).reduce(0) { $0 + $1.0 * $1.1 })
            betaGradient.append(g.reduce(0, +))
            for k in 0..<rows {
                var sum: Real = 0
                for i in 0..<rows {
                    let same: Real = i == k ? 1 : 0
                    let slope = same - (1 + xhat[i] * xhat[k]) / Real(rows)
                    sum += g[i] * gamma[c] * inverse * slope
                }
                input[indices[k]] = sum
            }
        }
        return (input, gammaGradient, betaGradient)
    }
}
