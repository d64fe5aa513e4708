internal import LRNetSupport

/// Batch norm with fixed statistics:
///
///     y[c] = gamma[c] * (x[c] - mean[c]) / sqrt(variance[c] + epsilon) + beta[c]
package struct FinishedNormalization: Sendable, Equatable {
    /// The name of the layer, such as `bn1`.
    package let name: String
    /// One value per channel in each array.
    package var mean, variance: [Float]
    package let gamma, beta: [Float]
    package let epsilon: Double

    /// - Precondition: All four arrays have one value per channel.
    package init(
        name: String, mean: [Float], variance: [Float], gamma: [Float], beta: [Float],
        epsilon: Double
    ) {
        precondition(
            [variance.count, gamma.count, beta.count].allSatisfy { $0 == mean.count },
            "\(name): \(mean.count), \(variance.count), \(gamma.count), \(beta.count) values")
        self.name = name
        self.mean = mean
        self.variance = variance
        self.gamma = gamma
        self.beta = beta
        self.epsilon = epsilon
    }
}
