internal import Foundation
public import LRNetCollectives
internal import LRNetData
internal import LRNetDiagnostics
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
public import LRNetWatchdog

/// Trains a recipe's network on a data set, on all ranks of a group together.
///
/// The protocol of a step, the same on every rank:
///
/// 1. take the prefetched batch; a rank that cannot goes on with a blank one and says so in 3
/// 2. forward (batch-norm sums are gathered), loss
/// 3. gather losses and flags; a failure or a loss that is not finite ends the run here, for all ranks
/// 4. backward; meanwhile gradients are summed, each rank updates its share of the layers whose sums
///    are there, and the shares are gathered
/// 5. the ranks agree whether all sums were finite; if not, the run ends here
/// 6. rank 0 decides and broadcasts: validate, save, stop, the next learning rate
public final class Trainer {
    /// What the command line says beside the recipe.
    public struct Options: Sendable {
        /// The data set's folder.
        public var data: String
        /// The run's folder.
        public var output: String
        /// Whether to go on with a run.
        public var resume = RunFolder.Resume.auto
        /// Whether to look inside: tables and checks.
        public var debug = false
        /// Whether lines go to `train.log` alone.
        public var isQuiet = false

        /// Creates options.
        public init(data: String, output: String) {
            self.data = data
            self.output = output
        }
    }

    let recipe: Recipe
    let options: Options
    let group: any ProcessGroup
    let context: RankContext
    let data: ShardSet
    let network: Network
    let trainingStep: TrainingStep
    let sequence: BatchSequence
    let evaluator: Evaluator
    let coordinator: Coordinator
    let folder: RunFolder?
    let log: RunLog
    let source: BatchSource
    let environment: RunEnvironment
    let beacon: ProgressBeacon
    let fault: FaultInjection?
    let stopSignal: StopSignal
    let writer = BackgroundWriter()
    /// Keys of the recipe that are not as in the checkpoint which the run goes on from.
    let resumeChanges: [RecipeChange]
    let trace: WeightTrace
    var state: CoordinatorState
    var step: Int
    var lastSave = ContinuousClock.now
    /// What the start has to say, for the log.
    let notes: [String]
    var interval = StageTimes()
    var intervalLoss = 0.0
    var intervalErrors = 0

    /// Steps between log lines.
    static let logEverySteps = 50

    /// Opens everything, and goes on where an earlier run of the folder ended. Every rank calls it.
    ///
    /// - Parameters:
    ///   - stopSignal: The process's; made before the group, whose start takes time.
    ///   - beacon: The watchdog's, if there is one; told where the run is.
    /// - Throws: An error that all ranks agree on: recipe, data, folder or checkpoint.
    public init(
        recipe: Recipe, options: Options, group: any ProcessGroup, stopSignal: StopSignal,
        beacon: ProgressBeacon = ProgressBeacon()
    ) throws {
        self.recipe = recipe
        self.options = options
        self.group = group
        self.beacon = beacon
        self.stopSignal = stopSignal
        stopSignal.tell(beacon)
        fault = try group.agreeing { try FaultInjection.fromEnvironment() }
        let fileFault = try group.agreeing { try FileFault.armFromEnvironment() }
        let context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        self.context = context
        data = try TrainerSetup.openData(options.data, recipe: recipe, group: group)
        let (reader, augmenter) = try group.agreeing { [data] in
            (try ShardReader(recipe, set: data, split: .train), try Augmenter(recipe, for: data))
        }
        sequence = BatchSequence(recipe: recipe, sampleCount: recipe.trainingCount(of: data))
        network = recipe.makeNetwork(classes: data.classes)
        context.reserve(network)
        beacon.enter(.starting)
        trainingStep = TrainingStep(context: context, network: network)
        evaluator = try Evaluator(
            context: context, network: network, data: data, beacon: beacon, stopSignal: stopSignal)
        evaluator.use(reader)
        coordinator = Coordinator(group: group, recipe: recipe, sequence: sequence)
        let folder = try group.agreeing {
            group.isCoordinator
                ? try RunFolder(path: options.output, recipe: recipe, resume: options.resume) : nil
        }
        self.folder = folder
        log = RunLog(folder: folder, isQuiet: options.isQuiet)
        for warning in [fault?.warning, fileFault, folder?.recipeProblem] {
            if let warning { log.warning(warning) }
        }
        trace = WeightTrace(network: network, isActive: folder != nil)
        let (start, notes) = try TrainerSetup.restore(
            network: network, optimizer: trainingStep.optimizer, trace: trace, recipe: recipe,
            data: data, folder: folder, resume: options.resume, group: group, log: log)
        beacon.enter(.starting)
        self.notes = notes
        step = start?.header.step ?? 0
        state = start?.header.coordinator ?? CoordinatorState()
        resumeChanges = start?.changes ?? []
        if start != nil, step < sequence.totalSteps || state.owesValidation == true {
            state.resumedAt.append(step)
        }
        source = BatchSource(
            loader: BatchLoader(
                reader: reader, augmenter: augmenter, workers: recipe.data.workers,
                capacity: context.capacity,
                requests: sequence.requests(from: step, leafRun: context.leafRun)),
            capacity: context.capacity, shape: augmenter.outputShape)
        let environment = try RunEnvironment.gather(
            group: group, threads: recipe.training.threads)
        self.environment = environment
        try group.agreeing { [state] in
            try folder?.begin(
                atStep: start?.header.step, isValidated: state.owesValidation != true)
            try folder?.writeJSON(environment, to: RunEnvironment.name)
            if start == nil { try recordStart() }
        }
    }

    /// Trains to the end, or until somebody asks to stop. Every rank calls it.
    ///
    /// - Returns: The result, or `nil` if the run was stopped early with a checkpoint.
    public func run() throws -> RunResult? {
        // Whatever ends the run, the checkpoint that is being written is finished.
        defer { try? writer.wait() }
        try logHeader()
        if options.debug { try inspect() }
        log.startBar(total: sequence.totalSteps, done: step)
        if try isStoppedBeforeTraining() { return nil }
        var learningRate = coordinator.learningRate(step: step)
        while step < sequence.totalSteps {
            let decision = try trainOneStep(learningRate: learningRate)
            learningRate = decision.learningRate
            let validation = decision.validates ? try validate() : nil
            let isLeader = validation == .newLeader
            let stops = decision.stops && step < sequence.totalSteps || validation == .givenUp
            if decision.savesCheckpoint || isLeader || stops {
                try saveCheckpoint(isBest: isLeader)
            }
            if stops {
                try stop()
                return nil
            }
        }
        try finishSaving()
        log.finishBar()
        return try finish()
    }

    /// Makes the validation that an earlier part of the run has given up, and hears whether a signal
    /// came while the run started. Every rank calls it.
    ///
    /// - Returns: Whether the run is to end here, with a checkpoint.
    private func isStoppedBeforeTraining() throws -> Bool {
        let wishes = try group.allGather([stopSignal.isWanted ? 1 : 0])
        if wishes.contains([1]) {
            // Where the run goes on from is there already.
            if state.resumedAt.last != step { try saveCheckpoint(isBest: false) }
            try stop()
            return true
        }
        guard state.owesValidation == true else { return false }
        switch try validate() {
        case .givenUp:
            try stop()
            return true
        case .newLeader: try saveCheckpoint(isBest: true)
        case .done: break
        }
        return false
    }

    private func stop() throws {
        try finishSaving()
        log.finishBar()
        try agreedLine(
            "stopped at step \(step) with a checkpoint; run the same command again to go on")
    }

    private func trainOneStep(learningRate: Double) throws -> Decision {
        var times = StageTimes()
        times.beacon = beacon
        beacon.enter(.loading, step: step + 1)
        source.resetWaiting()
        context.statistics.resetWaiting()
        let start = ContinuousClock.now
        let globalCount = sequence.globalCount(of: step)
        let batch = source.next(count: context.layout(globalCount: globalCount).sampleCount)
        try fault?.strike(
            rank: group.rank, step: step + 1, isResumed: !state.resumedAt.isEmpty, batch: batch,
            on: trainingStep)
        let outcome = try trainingStep.run(
            step: step, batch: batch, globalCount: globalCount, learningRate: learningRate,
            stopWanted: stopSignal.isWanted, hasFailure: source.failure != nil, times: &times)
        if outcome.status.hasFailure { try group.agree(source.failure) }
        if let place = outcome.nonFinitePlace {
            throw try nonFiniteFailure(place, batch: batch, globalCount: globalCount)
        }
        source.recycle(batch)
        step += 1
        let decision = try times.measure(\.communication) {
            try coordinator.decide(
                after: step, status: outcome.status, sinceSave: ContinuousClock.now - lastSave)
        }
        times.total = ContinuousClock.now - start
        times.data = source.waiting
        times.communication += context.statistics.waiting
        times.stepCount = 1
        times.imageCount = globalCount
        try account(outcome.status, times, learningRate: learningRate)
        try recordWeights()
        return decision
    }

    /// How a validation ended.
    private enum Validation {
        case newLeader, done
        /// Somebody asked to stop.
        case givenUp
    }

    private func validate() throws -> Validation {
        let start = ContinuousClock.now
        state.owesValidation = nil
        guard
            let report = try evaluator.run(
                step: step, split: .validation, draws: recipe.validation.draws,
                reestimateBatches: recipe.validation.reestimateBatches)
        else {
            state.owesValidation = true
            return .givenUp
        }
        let isLeader = state.consider(report)
        if isLeader, let leader = state.leader { try writeWinner(leader) }
        try logValidation(
            report, state: try agreedState(),
            seconds: (ContinuousClock.now - start).seconds)
        try recordDistributions()
        return isLeader ? .newLeader : .done
    }
}
