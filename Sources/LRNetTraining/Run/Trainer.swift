internal import Foundation
package import LRNetCollectives
internal import LRNetData
internal import LRNetDiagnostics
internal import LRNetLayers
internal import LRNetSupport
package import LRNetWatchdog

/// A training run: a recipe's network, trained on a data set by all ranks of a group together.
///
/// Every rank follows the same protocol in each step:
///
/// 1. Take the prefetched batch. A rank whose loader failed takes a blank batch and reports the
///    failure in step 3.
/// 2. Run the forward pass, which combines batch-norm sums, and compute the loss.
/// 3. Combine losses and flags. A failure or a non-finite loss ends the run here, on all ranks.
/// 4. Run the backward pass. Meanwhile the ranks sum gradients. Once a layer's sums have arrived,
///    each rank updates its share of that layer, and the shares are gathered.
/// 5. Agree that all sums were finite; if not, the run ends here.
/// 6. Rank 0 decides and broadcasts: validate, save, stop, the next learning rates.
package final class Trainer {
    /// Options from the command line.
    package struct Options: Sendable {
        /// The data set's folder.
        package var data: String
        /// The run's folder.
        package var output: String
        /// The treatment of a run that the folder already contains.
        package var resume = RunFolder.Resume.auto
        /// Inspects one batch and checks its gradients before training.
        package var debug = false
        /// Writes log lines to `train.log` only.
        package var isQuiet = false
        /// The part of ``output`` below the command's `--output`; empty if they are the same.
        package var subfolder = ""

        package init(data: String, output: String) {
            self.data = data
            self.output = output
        }
    }

    private let context: RankContext
    private let trainingStep: TrainingStep
    private let batches: BatchSource
    private let evaluator: Evaluator
    private let coordinator: Coordinator
    private let recorder: RunRecorder
    private let checkpoints: CheckpointWriter
    private let winner: Winner
    private let signals: RunSignals
    private let folder: RunFolder?
    private let givenOutput: String
    private let subfolder: String
    private var state: RunState

    /// Opens the data and the folder, resumes the folder's run if there is one, and writes the
    /// first log lines. With `debug`, it also inspects one batch. Every rank calls it.
    ///
    /// - Parameters:
    ///   - stopSignal: The process's signal, created before the group because the group is slow to
    ///     start.
    ///   - beacon: Receives the run's progress for the watchdog, if there is one.
    /// - Throws: An error in the recipe, data, folder or checkpoint that all ranks agree on.
    package init(
        recipe: Recipe, options: Options, group: any ProcessGroup, stopSignal: StopSignal,
        beacon: ProgressBeacon = ProgressBeacon()
    ) throws {
        signals = try RunSignals(
            stop: stopSignal, maxMinutes: recipe.training.maxMinutes, beacon: beacon, group: group)
        context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        let data = try TrainingData(path: options.data, recipe: recipe, group: group)
        let network = recipe.makeNetwork(classes: data.set.classes)
        context.reserve(network)
        beacon.enter(.starting)
        trainingStep = TrainingStep(context: context, network: network)
        evaluator = try Evaluator(
            context: context, network: network, data: data.set, beacon: beacon,
            stopSignal: stopSignal)
        evaluator.use(data.reader)
        coordinator = Coordinator(group: group, recipe: recipe, sequence: data.sequence)

        (givenOutput, subfolder) = (options.output, options.subfolder)
        folder = try group.agreeing {
            guard group.isCoordinator else { return nil }
            let folder = try RunFolder(
                path: options.output, recipe: recipe, resume: options.resume,
                stepsPerEpoch: data.sequence.stepsPerEpoch)
            try RunEnd.remove(from: folder.path)
            return folder
        }
        recorder = RunRecorder(
            folder: folder, isQuiet: options.isQuiet, network: network, context: context,
            sequence: data.sequence)
        evaluator.onProgress = { [log = recorder.log] in log.show($0) }
        for warning in signals.warnings + [folder?.recipeProblem].compactMap({ $0 }) {
            recorder.log.warning(warning)
        }
        checkpoints = try CheckpointWriter(
            folder: folder, context: context, dataFingerprint: data.set.fingerprint)
        winner = Winner(
            run: options.output, folder: folder, context: context, data: data,
            log: recorder.log, beacon: beacon)

        let start = try RunStart(
            of: trainingStep, recorder: recorder, run: options.output, folder: folder,
            resume: options.resume, data: data.set, context: context)
        beacon.enter(.starting)
        state = start.state(totalSteps: data.sequence.totalSteps)
        let seed = state.coordinator.stepSeed ?? recipe.training.seed
        trainingStep.seed = seed
        let seeded = try group.agreeing { try data.with(seed: seed) }
        batches = try seeded.batches(from: state.step, context)
        try recorder.begin(at: state, start, data: data.set, context: context)
        if options.debug {
            try GradientInspection(
                trainingStep: trainingStep, data: seeded, context: context, log: recorder.log,
                beacon: beacon
            ).run(step: state.step)
        }
    }

    /// The run's folder, under its new name if it was renamed after the start.
    package var output: String { folder?.path ?? givenOutput }

    /// Trains to the end, or until a stop is requested, and records the end in the run's folder.
    /// Every rank calls it.
    ///
    /// - Returns: The result, or `nil` if the run was stopped early with a checkpoint.
    package func run() throws -> RunResult? {
        do {
            let result = try train()
            try context.group.agreeing { try recordEnd(result == nil ? .stoppedEarly : .success) }
            return result
        } catch {
            // The error that ends the run is more important than that of the record.
            try? recordEnd(Failure.exitStatus(of: error))
            throw error
        }
    }

    private func recordEnd(_ status: ExitStatus) throws {
        guard let folder else { return }
        _ = try folder.locate()
        try folder.writing { [step = state.step] in try RunEnd(status, step: step).write(to: $0) }()
    }

    private func train() throws -> RunResult? {
        // A checkpoint that is being written is completed even if the run throws.
        defer { checkpoints.waitWithoutErrors() }
        let totalSteps = coordinator.sequence.totalSteps
        if state.step >= totalSteps {
            try recorder.line(BatchSequence.endNote(step: state.step, of: totalSteps))
        }
        recorder.log.startBar(total: totalSteps, done: state.step)
        if try isStoppedBeforeTraining() { return nil }
        var rates = coordinator.rates(step: state.step)
        while state.step < totalSteps {
            let decision = try trainOneStep(rates)
            rates = decision.rates
            let validation = decision.validates ? try validate() : nil
            let isLeader = validation == .newLeader
            let stops = decision.stops && state.step < totalSteps || validation == .interrupted
            if decision.savesCheckpoint || isLeader || stops { try save() }
            if stops {
                try stop()
                return nil
            }
        }
        try checkpoints.finish()
        recorder.log.finishBar()
        try reportPause()
        return try finish()
    }

    /// Runs a validation left over from before a restart, and checks for a stop signal received
    /// during startup. Every rank calls it.
    ///
    /// - Returns: True if the run ends here, with a checkpoint.
    private func isStoppedBeforeTraining() throws -> Bool {
        if try signals.isStopWanted(context.group) {
            // A resumed state is already on disk.
            if state.coordinator.resumedAt.last != state.step { try save() }
            try stop()
            return true
        }
        guard state.coordinator.owesValidation == true else { return false }
        switch try validate() {
        case .interrupted:
            try stop()
            return true
        case .newLeader: try save()
        case .done: break
        }
        return false
    }

    private func stop() throws {
        try checkpoints.finish()
        try recorder.locateFolder()
        recorder.log.finishBar()
        try reportPause()
        let minutes = context.recipe.training.maxMinutes.map { " \($0)" } ?? ""
        let cause = signals.stop.isDeadlinePassed ? " (training.maxMinutes\(minutes) reached)" : ""
        try recorder.line(
            "stopped at step \(state.step) with a checkpoint\(cause); "
                + remedy)
    }

    private var remedy: String {
        Self.remedy(
            now: folder?.isMoved == true ? output : nil, given: givenOutput, subfolder: subfolder)
    }

    /// Throws if the folder was renamed during training, so that the command does not continue.
    /// Every rank calls it.
    ///
    /// - Throws: `Failure` (74) with the folder's new name.
    func checkIsInPlace() throws {
        try context.group.agreeing {
            guard folder?.isMoved == true else { return }
            throw RunFolder.site(givenOutput).inputOutput("was renamed during training; \(remedy)")
        }
    }

    /// Returns instructions for resuming a stopped run.
    ///
    /// - Parameters:
    ///   - now: The run's folder if it was renamed.
    ///   - given: The run's folder at the start.
    ///   - subfolder: The part of `given` below the command's `--output`.
    package static func remedy(now: String?, given: String, subfolder: String) -> String {
        let again = "run the same command again"
        guard let now else { return "\(again) to resume" }
        if subfolder.isEmpty { return "\(again) with --output \(now) to resume" }
        if now.hasSuffix("/\(subfolder)") {
            return "\(again) with --output \(now.dropLast(subfolder.count + 1)) to resume"
        }
        return "rename \(now) back to \(given) and \(again) to resume"
    }

    private func save() throws {
        try recorder.locateFolder()
        try checkpoints.save(
            state, of: trainingStep, trace: recorder.trace, beacon: signals.beacon)
    }

    /// Logs the time that training has paused for checkpoints. Every rank calls it.
    private func reportPause() throws {
        let count = checkpoints.saveCount
        if count == 0 { return }
        let seconds = checkpoints.pause.seconds
        try recorder.line(
            PlacementCheck.counted(count, "checkpoint")
                + String(
                    format: ": training paused %.2f s, %.0f ms each", seconds,
                    1000 * seconds / Double(count)))
    }

    private func trainOneStep(_ rates: UpdateRates) throws -> Decision {
        let (group, step) = (context.group, state.step)
        var times = StageTimes()
        times.beacon = signals.beacon
        signals.beacon.enter(.loading, step: step + 1)
        batches.resetWaiting()
        context.statistics.resetWaiting()
        let start = ContinuousClock.now
        let globalCount = coordinator.sequence.globalCount(of: step)
        let batch = batches.next(count: context.layout(globalCount: globalCount).sampleCount)
        try signals.injectFault(state, rank: group.rank, batch: batch, on: trainingStep)
        let outcome = try trainingStep.run(
            step: step, batch: batch, globalCount: globalCount, rates: rates,
            flags: RankFlags(
                stopWanted: signals.stop.isWanted, hasFailure: batches.failure != nil),
            times: &times)
        if outcome.status.hasFailure { try group.agree(batches.failure) }
        if let place = outcome.nonFinitePlace {
            throw try NonFiniteDiagnosis(trainingStep: trainingStep, group: group)
                .failure(place, step: step, batch: batch, globalCount: globalCount)
        }
        batches.recycle(batch)
        state.step += 1
        let decision = try times.measure(\.communication) {
            try coordinator.decide(
                after: state.step, status: outcome.status, sinceSave: checkpoints.sinceSave)
        }
        times.total = ContinuousClock.now - start
        times.data = batches.waiting
        times.communication += context.statistics.waiting
        times.stepCount = 1
        times.imageCount = globalCount
        state.add(outcome.status, times)
        try recorder.stepIsDone(state, outcome.status, times, rates)
        return decision
    }

    /// The outcome of a validation.
    private enum Validation {
        case newLeader, done
        /// A stop was requested before the end of the validation.
        case interrupted
    }

    private func validate() throws -> Validation {
        let start = ContinuousClock.now
        let validation = context.recipe.validation
        state.coordinator.owesValidation = nil
        defer { recorder.log.finishMeasurement() }
        guard
            let result = try evaluator.run(
                step: state.step, split: .validation, draws: validation.draws,
                reestimateBatches: validation.reestimateBatches)
        else {
            state.coordinator.owesValidation = true
            return .interrupted
        }
        let isLeader = state.coordinator.consider(result.report)
        if isLeader, let leader = state.coordinator.leader, let best = result.best {
            try recorder.locateFolder()
            state.coordinator.leader?.fileSHA256 = try winner.write(best, of: leader)
        }
        let hash = try trainingStep.agreedState(step: state.step)
        try recorder.validationIsDone(
            result.report, isLeader: isLeader, stateHash: hash,
            seconds: (ContinuousClock.now - start).seconds)
        return isLeader ? .newLeader : .done
    }

    /// Measures the winner's file and writes the result. Every rank calls it after the last step.
    private func finish() throws -> RunResult {
        signals.beacon.enter(.finishing)
        try recorder.locateFolder()
        let hash = ParameterHash.of(trainingStep.network)
        let stateHash = try trainingStep.agreedState(step: state.step)
        let leader = state.coordinator.leader
        let test = try leader.flatMap {
            try winner.measure($0, like: trainingStep.network, by: evaluator)
        }
        recorder.log.finishMeasurement()
        var result = state.result(
            test: test?.result, parametersSHA256: hash, stateSHA256: stateHash, context: context)
        result.testErrorMask = test?.errors
        result.winnerSHA256 = leader?.fileSHA256
        result.winnerBytes = try leader.flatMap { _ in try winner.byteCount() }
        try recorder.write(result, to: RunResult.name)
        try recorder.log.line("peak memory of rank 0: \(ResidentMemory.peakByteCount >> 20) MiB")
        return result
    }
}
