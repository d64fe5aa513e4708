internal import LRNetSupport

/// The learning rates of a step, by the role of a parameter.
package struct UpdateRates: Sendable, Equatable {
    /// The learning rate of real parameters: weights, latent weights, scales, biases and batch
    /// norm.
    package var real: Double

    /// The learning rate of logits.
    package var logits: Double

    /// The factor that multiplies logits after the update: 1, or more while they are annealed.
    package var logitGrowth: Double

    /// Creates rates. By default, all learning rates are the same and logits are not annealed.
    package init(real: Double, logits: Double? = nil, logitGrowth: Double = 1) {
        self.real = real
        self.logits = logits ?? real
        self.logitGrowth = logitGrowth
    }
}

extension Recipe {
    /// Returns the rates of a step. They depend only on the recipe and the size of the data, so a
    /// resumed run recomputes them instead of storing them.
    ///
    /// - Parameter step: Counted from 0.
    package func rates(step: Int, in sequence: BatchSequence) -> UpdateRates {
        let scale = schedule.scale(step: step, in: sequence)
        return UpdateRates(
            real: optimizer.learningRate * scale,
            logits: (optimizer.logitRate ?? optimizer.learningRate) * scale,
            logitGrowth: schedule.logitGrowth(step: step, of: sequence.plannedSteps))
    }
}

extension Recipe.Schedule {
    /// Returns the factor of the learning rates in a step: the warm-up's factor times the shape's.
    ///
    /// With W warm-up steps and N steps in all epochs, the factors of step t, counted from 0, are
    ///
    ///     min(1, (t + 1) / W)                            warm-up
    ///     product of the drops up to t's epoch          step
    ///     cos^2(pi / 2 (t - W) / (N - W))                cosine, after the warm-up
    ///
    /// - Source: Loshchilov, Hutter, ICLR 2017, equation 5 without restarts, for the cosine.
    package func scale(step: Int, in sequence: BatchSequence) -> Double {
        let warmup = step < warmupSteps ? Double(step + 1) / Double(warmupSteps) : 1
        switch shape {
        case .step: return warmup * scale(epoch: sequence.epoch(of: step))
        case .cosine:
            let rest = max(sequence.plannedSteps - warmupSteps, 1)
            return warmup * RaisedCosine.value(Double(max(step - warmupSteps, 0)) / Double(rest))
        }
    }

    /// Returns the factor of the learning rate in an epoch, for the shape `step`.
    package func scale(epoch: Int) -> Double {
        let drops = dropAtEpochs.reduce(1) { $1 <= epoch ? $0 * factor : $0 }
        // Repeated multiplication, so that the bits do not depend on a library's `pow`.
        return epochFactor == 1
            ? drops
            : (0..<epoch).reduce(drops) { rate, _ in
                rate * epochFactor
            }
    }

    /// Returns the factor of logits after a step: the ratio of two consecutive values of a line
    /// that rises from 1 to ``annealing`` over the last part of all epochs.
    ///
    /// - Parameter step: Counted from 0.
    package func logitGrowth(step: Int, of count: Int) -> Double {
        guard annealing != 1 else { return 1 }
        let part = max(Int((Double(count) * annealingPart).rounded()), 1)
        func line(after steps: Int) -> Double {
            1 + (annealing - 1) * Double(max(steps - (count - part), 0)) / Double(part)
        }
        return line(after: step + 1) / line(after: step)
    }
}
