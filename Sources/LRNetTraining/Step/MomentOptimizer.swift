package import LRNetKernels
package import LRNetLayers

/// Adam, or gradient descent with momentum. Each rank updates its share of the parameters.
///
/// The formulas are in `AdamKernel` and `MomentumKernel`. L2 decay is coupled: it is added to
/// the gradient before the moments are updated, as in the paper's code.
package final class MomentOptimizer: ParameterOptimizer {
    /// The two moments of the values of one parameter that this rank updates.
    package struct Moments {
        /// The values that this rank updates.
        package let share: Range<Int>
        /// The moving average of the gradient, or the velocity.
        package let first: FloatView
        /// The moving average of the squared gradient; zeros without Adam.
        package let second: FloatView
    }

    /// The parameters, in the order of the network.
    package let parameters: [Parameter]

    /// The moments of each parameter, in the same order.
    package let moments: [Moments]

    private let constants: Recipe.Optimizer
    private let positions: [ObjectIdentifier: Int]
    private var step: AdamKernel.Step
    private var rates = UpdateRates(real: 0)

    /// Creates an optimizer whose moments are zero.
    ///
    /// - Parameter share: Returns the values of a parameter that this rank updates; all by default.
    package init(
        parameters: [Parameter], constants: Recipe.Optimizer,
        share: (Parameter) -> Range<Int> = { 0..<$0.value.count }
    ) {
        self.parameters = parameters
        self.constants = constants
        moments = parameters.map {
            let share = share($0)
            return Moments(
                share: share, first: FloatBuffer(count: share.count).all,
                second: FloatBuffer(count: share.count).all)
        }
        positions = Dictionary(
            uniqueKeysWithValues: parameters.enumerated().map { (ObjectIdentifier($1), $0) })
        step = Self.step(0, constants)
    }

    /// Begins a step.
    ///
    /// - Parameter step: Counted from 0.
    package func begin(step: Int, _ rates: UpdateRates) {
        self.step = Self.step(step, constants)
        self.rates = rates
    }

    /// Updates values of this rank's share of a parameter.
    package func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView) {
        guard let position = positions[ObjectIdentifier(parameter)] else {
            preconditionFailure("\(parameter.name) is not among the optimizer's parameters")
        }
        var step = step
        let rate = parameter.role == .logit ? rates.logits : rates.real
        step.learningRate = Float(rate) * parameter.learningRateScale
        step.decay = parameter.decay
        let moments = moments[position]
        let start = moments.share.lowerBound
        let own = range.lowerBound - start..<range.upperBound - start
        switch constants.name {
        case .adam:
            AdamKernel.update(
                parameter: parameter.value[range], gradient: gradient,
                firstMoment: moments.first[own], secondMoment: moments.second[own], step: step)
        case .sgd:
            MomentumKernel.update(
                parameter: parameter.value[range], gradient: gradient,
                velocity: moments.first[own], learningRate: step.learningRate,
                momentum: Float(constants.momentum), decay: step.decay)
        }
        if parameter.role == .logit, rates.logitGrowth != 1 {
            Elementwise.scale(parameter.value[range], by: Float(rates.logitGrowth))
        }
    }

    private static func step(
        _ step: Int, _ constants: Recipe.Optimizer
    ) -> AdamKernel.Step {
        let time = Double(step + 1)
        return AdamKernel.Step(
            learningRate: 0, beta1: Float(constants.beta1),
            beta2: Float(constants.beta2), epsilon: Float(constants.epsilon),
            correction1: Float(1 / (1 - power(constants.beta1, time))),
            correction2: Float(1 / (1 - power(constants.beta2, time))), decay: 0)
    }

    /// Returns base^exponent by repeated squaring, so that the bits do not depend on a library's
    /// `pow`.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, factor, left) = (1.0, base, UInt64(exponent))
        while left > 0 {
            if left & 1 == 1 { result *= factor }
            factor *= factor
            left >>= 1
        }
        return result
    }
}
