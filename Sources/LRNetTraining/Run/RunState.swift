internal import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport

/// The state of a run that changes from step to step, besides the network and its optimizer.
package struct RunState {
    /// Steps trained.
    package var step = 0

    package var coordinator = CoordinatorState()

    package init(step: Int = 0, coordinator: CoordinatorState = CoordinatorState()) {
        self.step = step
        self.coordinator = coordinator
        // Checkpoints of earlier versions have only the training time.
        secondsBefore = coordinator.runSeconds ?? coordinator.trainingSeconds
    }

    private let start = ContinuousClock.now

    /// The duration of the run before it was last resumed, in seconds.
    private let secondsBefore: Double

    /// The duration of the run so far, in seconds, without the times between its parts.
    var seconds: Double { secondsBefore + (ContinuousClock.now - start).seconds }

    /// True if the run was resumed from a checkpoint.
    var isResumed: Bool { !coordinator.resumedAt.isEmpty }

    /// Adds a trained step.
    package mutating func add(_ status: StepStatus, _ times: StageTimes) {
        coordinator.trainingLoss = status.loss
        coordinator.trainingSeconds += times.total.seconds
        coordinator.imageCount += times.imageCount
    }

    /// Returns the result of a finished run.
    ///
    /// - Parameter test: The winner's result on the test split.
    package func result(
        test: DrawResult?, parametersSHA256: String, stateSHA256: String, context: RankContext
    ) -> RunResult {
        let leader = coordinator.leader
        return RunResult(
            steps: step, resumedFromStep: coordinator.resumedAt.last ?? 0,
            trainingLoss: coordinator.trainingLoss,
            validationError: leader?.result.errorPercent, testError: test?.errorPercent,
            testClassErrors: test?.classErrors, testCount: test?.sampleCount,
            validationTopFiveError: leader?.result.topFiveErrorPercent,
            testTopFiveError: test?.topFiveErrorPercent,
            draws: leader?.report.drawn.map(\.errorPercent) ?? [],
            winnerStep: leader?.step, winnerDraw: leader?.result.draw,
            winnerIsLikeliest: leader?.result.isLikeliest,
            parametersSHA256: parametersSHA256, stateSHA256: stateSHA256,
            imagesPerSecond: coordinator.trainingSeconds > 0
                ? Double(coordinator.imageCount) / coordinator.trainingSeconds : 0,
            ranks: context.group.size, threads: context.recipe.training.threads, seconds: seconds,
            weights: context.recipe.weights.model.rawValue)
    }
}
