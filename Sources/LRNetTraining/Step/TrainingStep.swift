internal import LRNetCollectives
package import LRNetData
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The training step: a batch in, updated parameters out, on every rank the same.
package final class TrainingStep {
    package let network: Network
    let optimizer: MomentOptimizer
    let gradients: GradientStore
    private let context: RankContext
    /// The threads, which move messages between two calls of a loop.
    private let pool: ThreadPool
    private let loss: ClassificationLoss
    private let reducer: GradientReducer
    private let updates: LayerUpdates
    /// Whether a step has updated some layers and not others.
    private var isPartlyUpdated = false

    /// Changes values on their way, in tests of failures; `nil` in a run that counts.
    var injectedFault: Pass.Observer?

    /// What one step brought.
    package struct Outcome {
        package var status: StepStatus
        /// The first layer with a gradient that is not finite, or the loss; the same on all ranks.
        package var nonFinitePlace: String?
    }

    /// - Parameters:
    ///   - network: Reserved for `context.capacity` samples and initialised.
    ///   - exchange: What layers use instead of the reducer; it must pass everything on to it.
    package init(
        context: RankContext, network: Network,
        exchange: (GradientReducer) -> any GradientExchange = { $0 }
    ) {
        self.context = context
        self.network = network
        optimizer = MomentOptimizer(
            parameters: network.parameters, constants: context.recipe.optimizer)
        loss = ClassificationLoss(
            classes: network.classes, sampleCount: context.capacity, function: context.recipe.loss)
        let reducer = GradientReducer(
            group: context.group, leafCount: context.recipe.training.gradientLeaves,
            mode: context.recipe.reduction)
        self.reducer = reducer
        pool = context.pool.progressing { reducer.progress() }
        gradients = GradientStore(
            count: network.gradientCount, largestLayer: network.largestGradientCount,
            exchange: exchange(reducer))
        updates = LayerUpdates(network: network, optimizer: optimizer, reducer: reducer)
    }

    /// Trains on one batch. Every rank calls it, with its own part.
    ///
    /// Nothing is updated when a rank could not load its part, or when the loss is not finite. Where a
    /// gradient is not, other layers may be updated already: the run must end and save nothing. Every
    /// rank sees either at the same step.
    ///
    /// - Parameters:
    ///   - step: Counted from 0.
    ///   - flags: Whether this rank was asked to stop, and whether its batch is a blank one.
    package func run(
        step: Int, batch: Batch, globalCount: Int, rates: UpdateRates, flags: RankFlags,
        times: inout StageTimes
    ) throws -> Outcome {
        let layout = context.layout(globalCount: globalCount)
        let pass = pass(step, layout, gradients: gradients)
        begin(layout)

        let otherLosses = try times.measure(\.forward) { try scoreOtherDraws(batch, pass) }
        let totals = try times.measure(\.forward) { try forward(batch, pass) }
        let status = try times.measure(\.communication) {
            try context.status.combine(totals, layout: layout, flags: flags)
        }
        let losses = [status.loss] + otherLosses
        guard !status.hasFailure, losses.allSatisfy(\.isFinite) else {
            // Inputs may be on their way; peers count on them.
            try reducer.finish()
            return Outcome(
                status: status, nonFinitePlace: status.hasFailure ? nil : "the loss")
        }
        network.setDrawLosses(losses)
        optimizer.begin(step: step, rates)
        updates.begin(pass)
        try times.measure(\.backward) { [updates] in
            try network.backward(loss.gradient(layout), pass) { layer in
                try updates.layerIsDone(layer)
            }
        }
        try times.measure(\.update) { try updates.finish() }
        try times.measure(\.reduction) { try reducer.finish() }
        times.reduction = reducer.waiting
        times.communication += times.reduction
        let nonFinite = try times.measure(\.communication) {
            try reducer.agree(on: updates.nonFiniteLayer)
        }
        if let nonFinite {
            isPartlyUpdated = true
            return Outcome(status: status, nonFinitePlace: network.layers[nonFinite].name)
        }
        times.measure(\.update) { network.didUpdate() }
        return Outcome(status: status)
    }

    /// Gathers the whole state and checks that all ranks have the same; a difference would be our
    /// bug, or a machine's fault, and must not be saved. Every rank calls it.
    ///
    /// - Parameter step: Steps trained, for the message.
    /// - Returns: The state's hash.
    package func agreedState(step: Int) throws -> String {
        try gatherState()
        let hash = ParameterHash.ofState(network, optimizer)
        // Where MPI adds up in an order of its own, ranks may differ.
        guard context.recipe.reduction == .exact else { return hash }
        let hashes = try context.group.allGather(Array(hash.utf8))
        guard let other = hashes.firstIndex(where: { $0 != hashes[0] }) else { return hash }
        throw Failure(
            call: "step \(step)", subject: "the run's state",
            message: "differs from rank 0's; a machine computes wrongly or runs another build",
            exitStatus: .internalError, rank: other, isAgreed: true)
    }

    /// Brings the whole state of the optimizer to every rank, for what is saved. Every rank calls it.
    func gatherState() throws {
        precondition(!isPartlyUpdated, "a step that updated only some layers must not be saved")
        try optimizer.beginGatherMoments(reducer)
        try reducer.finish()
    }

    /// The keys of the learning rates, for a remedy.
    var rateKeys: String {
        let optimizer = context.recipe.optimizer
        return optimizer.logitRate == nil
            ? "optimizer.learningRate" : "optimizer.logitRate or optimizer.learningRate"
    }

    private func pass(
        _ step: Int, _ layout: BatchLayout, mode: Pass.Mode = .training, draw: Int = 0,
        gradients: GradientStore? = nil, observer: Pass.Observer? = nil
    ) -> Pass {
        Pass(
            mode: mode, seed: context.recipe.training.seed, step: step, draw: draw, layout: layout,
            pool: pool, statistics: context.statistics, gradients: gradients,
            observer: Self.both(injectedFault, observer))
    }

    private static func both(_ first: Pass.Observer?, _ second: Pass.Observer?) -> Pass.Observer? {
        guard let first, let second else { return first ?? second }
        return { layer, values, isGradient in
            first(layer, values, isGradient)
            second(layer, values, isGradient)
        }
    }

    private func forward(
        _ batch: Batch, _ pass: Pass, wantsGradient: Bool = true
    ) throws -> [ClassificationLoss.Totals] {
        network.prepare(pass)
        let logits = try network.forward(batch.filledImages, pass)
        return loss.evaluate(
            logits: logits, labels: batch.labels, layout: pass.layout,
            wantsGradient: wantsGradient)
    }

    /// The losses of the whole batch under a step's draws but the first, where the method's gradient
    /// comes from losses; none otherwise. Every rank calls it.
    ///
    /// Trouble of a rank shows in the pass that follows.
    private func scoreOtherDraws(_ batch: Batch, _ training: Pass) throws -> [Double] {
        guard case .scoreFunction(let draws) = context.recipe.model.gradientRule else { return [] }
        return try (1..<draws).map { draw in
            let totals = try forward(
                batch, pass(training.step, training.layout, mode: .scoring, draw: draw),
                wantsGradient: false)
            return try context.status.combine(totals, layout: training.layout).loss
        }
    }

    /// Begins the exchanges of a pass.
    private func begin(_ layout: BatchLayout) {
        gradients.begin(reducer.schedule(for: layout))
        reducer.begin(layout)
    }

    /// Computes loss and gradients of a batch without updating anything, for inspection.
    func computeGradients(
        step: Int, batch: Batch, globalCount: Int, observer: @escaping Pass.Observer
    ) throws -> Double {
        let layout = context.layout(globalCount: globalCount)
        let pass = pass(step, layout, gradients: gradients, observer: observer)
        begin(layout)
        let otherLosses = try scoreOtherDraws(batch, pass)
        let totals = try forward(batch, pass)
        let mean = try context.status.combine(totals, layout: layout).loss
        network.setDrawLosses([mean] + otherLosses)
        try network.backward(loss.gradient(layout), pass)
        try reducer.finish()
        network.finishGradients(pass)
        return mean
    }

    /// The loss of a batch under the noise of `step`, without gradients: for checks against finite
    /// differences.
    func trainingLoss(step: Int, batch: Batch, globalCount: Int) throws -> Double {
        let layout = context.layout(globalCount: globalCount)
        let totals = try forward(batch, pass(step, layout), wantsGradient: false)
        return try context.status.combine(totals, layout: layout).loss
    }
}
