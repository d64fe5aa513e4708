public import LRNetKernels
public import LRNetLayers

/// Adam over all parameters of a network; the same on every rank.
///
/// Formulas at ``AdamKernel``; L2 decay is coupled: it joins the gradient before the moments, as
/// in the paper's code.
public final class AdamOptimizer {
    /// The two moments of one parameter.
    public struct Moments {
        /// The moving average of the gradient.
        public let first: FloatView
        /// The moving average of its square.
        public let second: FloatView
    }

    /// The parameters, in the order of the network.
    public let parameters: [Parameter]

    /// The moments, one pair a parameter.
    public let moments: [Moments]

    private let constants: Recipe.Optimizer

    /// Values that one thread updates at a time.
    private static let grain = 1 << 15

    /// Creates an optimizer with moments of zero.
    public init(parameters: [Parameter], constants: Recipe.Optimizer) {
        self.parameters = parameters
        self.constants = constants
        moments = parameters.map {
            Moments(
                first: FloatBuffer(count: $0.value.count).all,
                second: FloatBuffer(count: $0.value.count).all)
        }
    }

    /// Updates all parameters from their gradients.
    ///
    /// - Parameters:
    ///   - step: The step, counted from 0.
    ///   - learningRate: The step's learning rate.
    public func update(step: Int, learningRate: Double, pool: ThreadPool) {
        let time = Double(step + 1)
        for (parameter, moments) in zip(parameters, moments) {
            let values = AdamKernel.Step(
                learningRate: Float(learningRate) * parameter.learningRateScale,
                beta1: Float(constants.beta1), beta2: Float(constants.beta2),
                epsilon: Float(constants.epsilon),
                correction1: Float(1 / (1 - power(constants.beta1, time))),
                correction2: Float(1 / (1 - power(constants.beta2, time))),
                decay: parameter.decay)
            pool.forEachRange(parameter.value.count, grain: Self.grain) { range, _ in
                AdamKernel.update(
                    parameter: parameter.value[range], gradient: parameter.gradient[range],
                    firstMoment: moments.first[range], secondMoment: moments.second[range],
                    step: values)
            }
        }
    }

    /// base^exponent by repeated squaring, so that no library's `pow` decides the bits.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, factor, left) = (1.0, base, UInt64(exponent))
        while left > 0 {
            if left & 1 == 1 { result *= factor }
            factor *= factor
            left >>= 1
        }
        return result
    }
}
