internal import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport

/// How far a run is: all that changes from step to step besides the network and its optimizer.
package struct RunState {
    /// Steps trained.
    package var step = 0

    package var coordinator = CoordinatorState()

    package init(step: Int = 0, coordinator: CoordinatorState = CoordinatorState()) {
        self.step = step
        self.coordinator = coordinator
        // Checkpoints of earlier versions have the training time alone.
        secondsBefore = coordinator.runSeconds ?? coordinator.trainingSeconds
    }

    private let start = ContinuousClock.now

    /// Seconds of the run's earlier parts.
    private let secondsBefore: Double

    /// Seconds that the run has taken, over all of its parts.
    var seconds: Double { secondsBefore + (ContinuousClock.now - start).seconds }

    /// The run continues from a checkpoint.
    var isResumed: Bool { !coordinator.resumedAt.isEmpty }

    /// Counts a trained step.
    package mutating func add(_ status: StepStatus, _ times: StageTimes) {
        coordinator.trainingLoss = status.loss
        coordinator.trainingSeconds += times.total.seconds
        coordinator.imageCount += times.imageCount
    }

    /// The result of a run that has reached its end.
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
