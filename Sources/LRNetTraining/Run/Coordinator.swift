internal import LRNetCollectives
internal import LRNetSupport

/// Decides, on rank 0, what happens behind each step.
///
/// Every rank has one and calls it at every step; only rank 0's opinion counts, and reaches the
/// others as a broadcast ``Decision``.
struct Coordinator {
    let group: any ProcessGroup
    let recipe: Recipe
    let sequence: BatchSequence

    /// The rates of a step.
    func rates(step: Int) -> UpdateRates { recipe.rates(step: step, in: sequence) }

    /// Decides what follows when `step` steps have been trained. Every rank calls it.
    ///
    /// - Parameters:
    ///   - status: The last step's, in which any rank may have asked to stop.
    ///   - sinceSave: Time since the last checkpoint.
    func decide(
        after step: Int, status: StepStatus, sinceSave: Duration
    ) throws -> Decision {
        var decision = Decision(rates: rates(step: step))
        if group.isCoordinator {
            let isLast = step == sequence.totalSteps
            decision.stops = isLast || status.stopWanted
            decision.validates = isValidationDue(step, isLast: isLast)
            decision.savesCheckpoint =
                decision.stops || step % recipe.checkpoint.everySteps == 0
                || recipe.checkpoint.everyMinutes.map { sinceSave.seconds >= 60 * $0 } ?? false
        }
        return Decision(bytes: try group.broadcast(decision.bytes, root: 0))
    }

    private func isValidationDue(_ step: Int, isLast: Bool) -> Bool {
        let every = recipe.validation.everyEpochs * sequence.stepsPerEpoch
        return every > 0 && (isLast || step % every == 0)
    }
}
