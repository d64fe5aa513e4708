internal import LRNetCollectives
internal import LRNetSupport

/// The coordinator of a run: it decides on rank 0 what happens after each step.
///
/// Every rank has a coordinator and calls it at every step. Rank 0 makes the ``Decision`` and
/// broadcasts it to the other ranks.
struct Coordinator {
    let group: any ProcessGroup
    let recipe: Recipe
    let sequence: BatchSequence

    func rates(step: Int) -> UpdateRates { recipe.rates(step: step, in: sequence) }

    /// Decides what happens after `step` trained steps. Every rank calls it.
    ///
    /// - Parameters:
    ///   - status: The status of the last step, including stop requests of any rank.
    ///   - sinceSave: The time since the last checkpoint.
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
        var bytes = decision.bytes
        try group.broadcast(into: &bytes, root: 0)
        return Decision(bytes: bytes)
    }

    private func isValidationDue(_ step: Int, isLast: Bool) -> Bool {
        let every = recipe.validation.everyEpochs * sequence.stepsPerEpoch
        return every > 0 && (isLast || step % every == 0)
    }
}
