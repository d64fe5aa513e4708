internal import Foundation
internal import LRNetCollectives
package import LRNetData
internal import LRNetDiagnostics
package import LRNetLayers
internal import LRNetSupport

/// The recorder of a run: log lines for people, and metrics for figures.
///
/// Every rank has a recorder and calls it at the same steps, but only rank 0 writes. An error on
/// rank 0 is thrown on all ranks.
package final class RunRecorder {
    package let log: RunLog
    package let trace: WeightTrace
    private let folder: RunFolder?
    private let network: Network
    private let group: any ProcessGroup
    private let recipe: Recipe
    private let sequence: BatchSequence
    private var interval = Interval()

    /// The steps since the last log line.
    private struct Interval {
        var times = StageTimes()
        var loss = 0.0
        var errorCount = 0
    }

    /// - Parameter folder: `nil` on ranks that do not write.
    package init(
        folder: RunFolder?, isQuiet: Bool, network: Network, context: RankContext,
        sequence: BatchSequence
    ) {
        self.folder = folder
        self.network = network
        self.sequence = sequence
        (group, recipe) = (context.group, context.recipe)
        log = RunLog(folder: folder, isQuiet: isQuiet)
        trace = WeightTrace(network: network, isActive: folder != nil)
    }

    // MARK: Start

    /// Opens the log and the metrics, cut back to the step at which the run starts, and writes the
    /// lines that describe the run. Every rank calls it.
    package func begin(
        at state: RunState, _ start: RunStart, data: ShardSet, context: RankContext
    ) throws {
        let environment = try RunEnvironment.gather(
            group: group, threads: recipe.training.threads)
        try group.agreeing {
            let warning = try folder?.begin(
                atStep: start.header?.step,
                isValidated: state.coordinator.owesValidation != true)
            if let warning { log.warning(warning) }
            if let environment { try folder?.writeJSON(environment, to: RunEnvironment.name) }
            if start.header == nil { try recordFreshStart(data) }
        }
        try line(title(data))
        let findings = environment.map(PlacementCheck.findings) ?? []
        for finding in findings where finding.verdict != .good {
            log.warning("\(finding.topic): \(finding.detail); \(finding.remedy)")
        }
        for line in DataAdvice(recipe: recipe, set: data, leafCount: context.leafRun.count).lines {
            log.warning(line)
        }
        for line in AverageAdvice(recipe: recipe, network: network, steps: sequence.totalSteps)
            .lines
        {
            log.warning(line)
        }
        try group.agreeing { for row in start.notes { try log.row(row) } }
        if let origin = start.origin { try line(origin) }
        if recipe.validation.everyEpochs == 0 {
            try line("no validation, so no network is chosen and no \(NetworkFile.name) written")
        }
        guard state.coordinator.resumedAt.last == state.step else { return }
        let changes = start.changes.map(\.description).joined(separator: ", ")
        try line("resuming from step \(state.step)\(changes.isEmpty ? "" : " with \(changes)")")
    }

    private func recordFreshStart(_ data: ShardSet) throws {
        guard let folder else { return }
        try folder.record(
            RunMetrics.Run(
                stepsPerEpoch: sequence.stepsPerEpoch, totalSteps: sequence.totalSteps,
                trainingImages: sequence.sampleCount, data: data.directory,
                dataFingerprint: data.fingerprint))
        if let weights = trace.record(step: 0) { try folder.record(weights) }
        try writeDistributions(step: 0, to: folder)
    }

    private func title(_ data: ShardSet) -> String {
        let weights = network.weightedLayers.dropLast().map(\.shape.count).reduce(0, +)
        let threads = PlacementCheck.counted(recipe.training.threads, "thread")
        return "\(recipe.title): \(TextTable.grouped(weights)) weights, "
            + "\(PlacementCheck.counted(group.size, "rank")) of \(threads), "
            + "\(data.directory): \(TextTable.grouped(sequence.sampleCount)) images, "
            + "\(sequence.totalSteps) steps of \(recipe.training.globalBatch), "
            + "\(sequence.stepsPerEpoch) per epoch"
    }

    /// Locates the run's folder, in case it was renamed, before a file is written there by name.
    /// Every rank calls it.
    func locateFolder() throws {
        try group.agreeing {
            if let line = try folder?.locate() { log.warning(line) }
        }
    }

    // MARK: Lines

    /// Writes a log line. Every rank calls it, so that a full disk ends all ranks.
    package func line(_ text: String) throws {
        try group.agreeing { try log.line(text) }
    }

    /// Writes a metrics line and a log line. Every rank calls it.
    private func record(_ metrics: some Encodable, line: String) throws {
        try group.agreeing {
            try folder?.record(metrics)
            try log.line(line)
        }
    }

    /// Writes a JSON file to the run's folder. Every rank calls it.
    func write(_ value: some Encodable, to name: String) throws {
        try group.agreeing { try folder?.writeJSON(value, to: name) }
    }

    // MARK: Steps

    /// Adds a step to the interval, and writes the interval's line when it is complete. Every rank
    /// calls it.
    ///
    /// The record of the weights is due at the same steps even if the run is stopped and resumed.
    package func stepIsDone(
        _ state: RunState, _ status: StepStatus, _ times: StageTimes, _ rates: UpdateRates
    ) throws {
        interval.times.add(times)
        interval.loss += status.loss
        interval.errorCount += status.errorCount
        log.update(done: state.step, note: String(format: "loss %.4f", status.loss))
        let (step, end) = (state.step, sequence.totalSteps)
        let every = RunMetrics.everySteps
        if Self.isDue(step, every: min(every, sequence.stepsPerEpoch), end: end) {
            try writeInterval(state, rates)
            interval = Interval()
        }
        guard Self.isDue(step, every: every, end: end) else { return }
        try group.agreeing {
            guard let folder, let weights = trace.record(step: state.step) else { return }
            try folder.record(weights)
        }
    }

    /// Returns true if a record is due: every `every` steps and at the last step, but not less than
    /// `every / 10` steps before the last one.
    package static func isDue(_ step: Int, every: Int, end: Int) -> Bool {
        let left = end - step
        return left == 0 || step % every == 0 && left >= every / 10
    }

    private func writeInterval(_ state: RunState, _ rates: UpdateRates) throws {
        let times = interval.times
        let metrics = RunMetrics.Training(
            step: state.step, epoch: sequence.epoch(of: state.step - 1) + 1,
            loss: interval.loss / Double(times.stepCount),
            errorPercent: 100 * Double(interval.errorCount) / Double(times.imageCount),
            learningRate: rates.real,
            logitRate: rates.logits == rates.real ? nil : rates.logits,
            imagesPerSecond: times.imagesPerSecond,
            dataSeconds: times.data.seconds, dataPercent: times.percent(times.data),
            computeSeconds: times.compute.seconds,
            communicationSeconds: times.communication.seconds,
            forwardSeconds: times.forward.seconds, backwardSeconds: times.backward.seconds,
            reductionSeconds: times.reduction.seconds, updateSeconds: times.update.seconds)
        let left =
            state.coordinator.imageCount > 0
            ? times.total.seconds / Double(times.stepCount)
                * Double(sequence.totalSteps - state.step) : 0
        let stages = String(
            format: "data %.1f%% compute %.0f%% comm %.0f%%", times.percent(times.data),
            times.percent(times.compute), times.percent(times.communication))
        let lr =
            rates.logits == rates.real
            ? String(format: "%g", rates.real)
            : String(format: "%g, logits %g", rates.real, rates.logits)
        let epoch = "\(metrics.epoch)/\(recipe.training.epochs)"
        try record(
            metrics,
            line: "step \(state.step)/\(sequence.totalSteps)  epoch \(epoch)"
                + String(
                    format: "  loss %.4f  error %.2f%%  lr %@  %.0f images/s  ", metrics.loss,
                    metrics.errorPercent, lr, metrics.imagesPerSecond)
                + "\(stages)  left \(Self.clock(left))")
    }

    // MARK: Validations

    /// Records a validation and the distributions at its step. Every rank calls it.
    ///
    /// - Parameter hash: The hash of the run's state.
    package func validationIsDone(
        _ report: ValidationReport, isLeader: Bool, stateHash hash: String, seconds: Double
    ) throws {
        if let best = report.best {
            try record(
                metrics(of: report, best, stateHash: hash, seconds: seconds),
                line: line(of: report, best, isLeader: isLeader, stateHash: hash, seconds: seconds))
        }
        try group.agreeing {
            if let folder { try writeDistributions(step: report.step, to: folder) }
        }
    }

    private func metrics(
        of report: ValidationReport, _ best: DrawResult, stateHash: String, seconds: Double
    ) -> RunMetrics.Validation {
        RunMetrics.Validation(
            step: report.step, epoch: sequence.epoch(of: report.step - 1) + 1,
            draws: report.drawn.map(\.errorPercent), best: best.errorPercent,
            likeliest: report.likeliest?.errorPercent, mean: report.meanError,
            deviation: report.errorDeviation,
            stateSHA256: stateHash, seconds: seconds, classErrors: best.classErrors,
            classCounts: best.classCounts)
    }

    private func line(
        of report: ValidationReport, _ best: DrawResult, isLeader: Bool, stateHash: String,
        seconds: Double
    ) -> String {
        let lead = isLeader ? ", the best so far" : ""
        let statistics =
            recipe.validation.reestimateBatches > 0
            ? "batch norm over \(recipe.validation.reestimateBatches) batches" : "moving averages"
        let end = String(
            format: "%@ (%@, %.1f s, state %@)", lead, statistics, seconds,
            String(stateHash.prefix(8)))
        guard report.draws.count > 1 else {
            return String(
                format: "validation at step %d: error %.2f%%%@", report.step, best.errorPercent,
                end)
        }
        let likeliest =
            report.likeliest.map { String(format: ", likeliest %.2f%%", $0.errorPercent) } ?? ""
        return String(
            format: "validation at step %d: best of %@ %.2f%%, mean %.2f%%, "
                + "deviation %.2f%@%@", report.step,
            PlacementCheck.counted(report.drawn.count, "draw"),
            report.drawn.map(\.errorPercent).min() ?? 0, report.meanError, report.errorDeviation,
            likeliest, end)
    }

    private func writeDistributions(step: Int, to folder: RunFolder) throws {
        let layers = network.weightedLayers.compactMap(DistributionSummary.histograms)
        guard !layers.isEmpty else { return }
        try folder.record(RunMetrics.Distributions(step: step, layers: layers))
    }

    /// Returns a duration in the form `1:02:03` or `2:31`.
    package static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest)
            : String(format: "%d:%02d", minutes, rest)
    }
}
