internal import LRNetSupport

/// An Adam step for a range of parameters.
package enum AdamKernel {
    /// The constants of a step.
    package struct Step: Sendable {
        /// The learning rate alpha, already scaled for the tensor.
        package var learningRate: Float
        /// Decay of the first moment.
        package var beta1: Float
        /// Decay of the second moment.
        package var beta2: Float
        /// Added to the root of the second moment.
        package var epsilon: Float
        /// `1 / (1 - beta1^t)` and `1 / (1 - beta2^t)` at step t (counted from 1).
        package var correction1, correction2: Float
        /// Coupled L2: `decay * parameter` is added to the gradient.
        package var decay: Float

        package init(
            learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, correction1: Float,
            correction2: Float, decay: Float
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.correction1 = correction1
            self.correction2 = correction2
            self.decay = decay
        }
    }

    /// Updates parameters and moments in place.
    ///
    ///     g = gradient + decay * w
    ///     m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
    ///     w = w - learningRate * (m correction1) / (sqrt(v correction2) + epsilon)
    ///
    /// Naive twin: `Reference.Adam`.
    ///
    /// - Precondition: The counts agree.
    /// - Source: Kingma, Ba, ICLR 2015, Algorithm 1.
    package static func update(
        parameter: FloatView, gradient: FloatView, firstMoment: FloatView,
        secondMoment: FloatView, step: Step
    ) {
        let count = parameter.count
        precondition(
            gradient.count == count && firstMoment.count == count && secondMoment.count == count,
            "\(count), \(gradient.count), \(firstMoment.count), \(secondMoment.count) values")
        let (w, g) = (parameter.pointer, gradient.pointer)
        let (m, v) = (firstMoment.pointer, secondMoment.pointer)
        let beta1 = Vector(repeating: step.beta1)
        let beta2 = Vector(repeating: step.beta2)
        let rest1 = Vector(repeating: 1 - step.beta1)
        let rest2 = Vector(repeating: 1 - step.beta2)
        let rate = Vector(repeating: step.learningRate * step.correction1)
        let correction2 = Vector(repeating: step.correction2)
        let epsilon = Vector(repeating: step.epsilon)
        let decay = Vector(repeating: step.decay)
        forEachVector(count) { i, lanes in
            let old = load(w + i, lanes)
            let slope = multiplyAdd(decay, old, load(g + i, lanes))
            let first = multiplyAdd(beta1, load(m + i, lanes), rest1 * slope)
            let second = multiplyAdd(beta2, load(v + i, lanes), rest2 * slope * slope)
            let divisor = squareRoot(second * correction2) + epsilon
            store(first, m + i, lanes)
            store(second, v + i, lanes)
            store(old - rate * first / divisor, w + i, lanes)
        }
    }
}
