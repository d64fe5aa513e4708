internal import Foundation
internal import LRNetCollectives
internal import LRNetData
internal import LRNetDiagnostics
internal import LRNetLayers
internal import LRNetSupport

extension Trainer {
    func logHeader() throws {
        let ranks = group.size == 1 ? "1 rank" : "\(group.size) ranks"
        let threads =
            recipe.training.threads == 1 ? "1 thread" : "\(recipe.training.threads) threads"
        let weights = network.weightedLayers.dropLast().map(\.shape.count).reduce(0, +)
        try agreedLine(
            "\(recipe.title): "
                + "\(TextTable.grouped(weights)) weights, \(ranks) of \(threads), "
                + "\(data.directory): \(TextTable.grouped(sequence.sampleCount)) images, "
                + "\(sequence.totalSteps) steps of \(recipe.training.globalBatch), "
                + "\(sequence.stepsPerEpoch) an epoch")
        for finding in PlacementCheck.findings(environment) where finding.verdict != .good {
            log.warning("\(finding.topic): \(finding.detail); \(finding.remedy)")
        }
        for line in DataAdvice(recipe: recipe, set: data, leafCount: context.leafRun.count).lines {
            log.warning(line)
        }
        for line in notes { try agreedLine(line) }
        guard state.resumedAt.last == step else { return }
        let changes = resumeChanges.map(\.description).joined(separator: ", ")
        try agreedLine("going on from step \(step)\(changes.isEmpty ? "" : " with \(changes)")")
    }

    /// Writes a line of the log. Every rank calls it, so that a full disk is everyone's trouble.
    func agreedLine(_ text: String) throws {
        try group.agreeing { try log.line(text) }
    }

    /// Writes a line of the metrics and one of the log. Every rank calls it.
    private func record(_ metrics: some Encodable, line: String) throws {
        try group.agreeing {
            try folder?.record(metrics)
            try log.line(line)
        }
    }

    /// Adds a step to the interval, and writes the interval's line when it is complete.
    func account(_ status: StepStatus, _ times: StageTimes, learningRate: Double) throws {
        state.trainingLoss = status.loss
        state.trainingSeconds += times.total.seconds
        state.imageCount += times.imageCount
        interval.add(times)
        intervalLoss += status.loss
        intervalErrors += status.errorCount
        log.update(done: step, note: String(format: "loss %.4f", status.loss))
        let isEpochEnd = step % sequence.stepsPerEpoch == 0
        guard
            step % Self.logEverySteps == 0 || isEpochEnd || step == sequence.totalSteps
        else { return }
        try logInterval(learningRate: learningRate)
        interval = StageTimes()
        intervalLoss = 0
        intervalErrors = 0
    }

    private func logInterval(learningRate: Double) throws {
        let metrics = RunMetrics.Training(
            step: step, epoch: sequence.epoch(of: step - 1) + 1,
            loss: intervalLoss / Double(interval.stepCount),
            errorPercent: 100 * Double(intervalErrors) / Double(interval.imageCount),
            learningRate: learningRate, imagesPerSecond: interval.imagesPerSecond,
            dataSeconds: interval.data.seconds, dataPercent: interval.percent(interval.data),
            computeSeconds: interval.compute.seconds,
            communicationSeconds: interval.communication.seconds,
            forwardSeconds: interval.forward.seconds, backwardSeconds: interval.backward.seconds,
            reductionSeconds: interval.reduction.seconds, updateSeconds: interval.update.seconds)
        let left =
            state.imageCount > 0
            ? interval.total.seconds / Double(interval.stepCount)
                * Double(sequence.totalSteps - step) : 0
        let stages = String(
            format: "data %.1f%% compute %.0f%% comm %.0f%%", interval.percent(interval.data),
            interval.percent(interval.compute), interval.percent(interval.communication))
        try record(
            metrics,
            line:
                "step \(step)/\(sequence.totalSteps)  epoch \(metrics.epoch)/\(recipe.training.epochs)"
                + String(
                    format: "  loss %.4f  error %.2f%%  lr %g  %.0f images/s  ", metrics.loss,
                    metrics.errorPercent, learningRate, metrics.imagesPerSecond)
                + "\(stages)  left \(Self.clock(left))")
    }

    func logValidation(_ report: ValidationReport, state hash: String, seconds: Double) throws {
        guard let best = report.best else { return }
        let metrics = RunMetrics.Validation(
            step: report.step, epoch: sequence.epoch(of: report.step - 1) + 1,
            draws: report.draws.map(\.errorPercent), best: best.errorPercent,
            mean: report.meanError, deviation: report.errorDeviation,
            stateSHA256: hash, seconds: seconds, classErrors: best.classErrors,
            classCounts: best.classCounts)
        let lead = state.leader?.step == report.step ? ", the best so far" : ""
        let count = report.draws.count
        let statistics =
            recipe.validation.reestimateBatches > 0
            ? "batch norm over \(recipe.validation.reestimateBatches) batches" : "moving averages"
        try record(
            metrics,
            line: count == 1
                ? String(
                    format: "validation at step %d: error %.2f%%%@ (%@, %.1f s, state %@)",
                    report.step,
                    best.errorPercent, lead, statistics, seconds, String(hash.prefix(8)))
                : String(
                    format: "validation at step %d: best of %d draws %.2f%%, mean %.2f%%, "
                        + "deviation %.2f%@ (%@, %.1f s, state %@)", report.step, count,
                    best.errorPercent, report.meanError, report.errorDeviation, lead, statistics,
                    seconds, String(hash.prefix(8))))
    }

    /// `1:02:03`, `2:31`
    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest)
            : String(format: "%d:%02d", minutes, rest)
    }
}
