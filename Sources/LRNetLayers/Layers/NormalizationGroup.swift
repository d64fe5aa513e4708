internal import LRNetKernels

/// The statistics of one group of a batch norm, in the form that the kernels require.
struct NormalizationGroup {
    /// The number of values per channel.
    let count: Double

    let statistics: BatchNormKernels.Statistics

    /// The group's means of `g` and `g * xhat`; see
    /// ``BatchNormKernels/backward(_:input:statistics:rectified:meanGradient:meanProduct:)``.
    let meanGradient, meanProduct: FloatView

    /// Gamma, beta and epsilon.
    struct Affine {
        let gamma, beta: [Float]
        let epsilon: Double
    }

    /// Creates a group whose values are in the first `6 channels` values of `memory`.
    ///
    /// - Parameters:
    ///   - mean: Returns the mean of a channel.
    ///   - variance: Returns the population variance of a channel.
    init(
        count: Double, memory: FloatBuffer, affine: Affine, mean: (_ channel: Int) -> Double,
        variance: (_ channel: Int) -> Double
    ) {
        let channels = affine.gamma.count
        func part(_ position: Int) -> FloatView {
            memory[position * channels..<(position + 1) * channels]
        }
        self.count = count
        statistics = BatchNormKernels.Statistics(
            mean: part(0), inverseDeviation: part(1), scale: part(2), shift: part(3))
        meanGradient = part(4)
        meanProduct = part(5)
        for c in 0..<channels {
            let mean = mean(c)
            let inverse = 1 / (variance(c) + affine.epsilon).squareRoot()
            let scale = Double(affine.gamma[c]) * inverse
            statistics.mean[c] = Float(mean)
            statistics.inverseDeviation[c] = Float(inverse)
            statistics.scale[c] = Float(scale)
            statistics.shift[c] = Float(Double(affine.beta[c]) - mean * scale)
        }
    }

    /// Divides the sums of a backward pass, of which `sums[row]` is the first, by the count.
    func setGradients(_ sums: DoubleBuffer, row: Int) {
        let channels = meanGradient.count
        for c in 0..<channels {
            meanGradient[c] = Float(sums[row + c] / count)
            meanProduct[c] = Float(sums[row + channels + c] / count)
        }
    }
}
