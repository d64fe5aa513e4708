internal import LRNetCollectives
package import LRNetData
internal import LRNetHDF5
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The training step: it updates the parameters with the gradients of one batch, identically on
/// every rank.
package final class TrainingStep {
    package let network: Network
    private let optimizer: MomentOptimizer
    private let state: StateTransfer
    let gradients: GradientStore
    private let context: RankContext
    /// The threads; they progress messages between loops.
    private let pool: ThreadPool
    private let loss: ClassificationLoss
    private let reducer: GradientReducer
    private let updates: LayerUpdates
    /// True if a step updated some layers but not others.
    private var isPartlyUpdated = false

    /// The seed of the noise, dropout and drawn weights; by default, that of the recipe.
    package var seed: UInt64

    /// Corrupts outputs or gradients in failure tests; `nil` in a real run.
    var injectedFault: Pass.Observer?

    /// The result of one step.
    package struct Outcome {
        package var status: StepStatus
        /// The loss, or the first layer with a non-finite gradient; the same on all ranks.
        package var nonFinitePlace: String?
    }

    /// - Parameters:
    ///   - network: Initialized, with memory reserved for `context.capacity` samples.
    ///   - exchange: Wraps the reducer for the layers; it must forward every call to the reducer.
    package init(
        context: RankContext, network: Network,
        exchange: (GradientReducer) -> any GradientExchange = { $0 }
    ) {
        self.context = context
        self.network = network
        seed = context.recipe.training.seed
        loss = ClassificationLoss(
            classes: network.classes, sampleCount: context.capacity, function: context.recipe.loss)
        let reducer = GradientReducer(
            group: context.group, leafCount: context.recipe.training.gradientLeaves,
            mode: context.recipe.reduction)
        self.reducer = reducer
        optimizer = MomentOptimizer(
            parameters: network.parameters, constants: context.recipe.optimizer,
            share: { parameter in
                let count = parameter.value.count
                return parameter.shareUnit.map { reducer.share(of: count, unit: $0) } ?? 0..<count
            })
        state = StateTransfer(
            group: context.group, network: network, optimizer: optimizer, reducer: reducer)
        pool = context.pool.progressing { reducer.progress() }
        gradients = GradientStore(
            count: network.gradientCount, largestLayer: network.largestGradientCount,
            exchange: exchange(reducer))
        updates = LayerUpdates(network: network, optimizer: optimizer, reducer: reducer)
    }

    /// Trains on one batch. Every rank calls it with its own part of the batch.
    ///
    /// Nothing is updated if a rank could not load its part, or if the loss is not finite. If a
    /// gradient is not finite, other layers may already be updated: the run must then end and save
    /// nothing. Every rank detects either case at the same step.
    ///
    /// - Parameters:
    ///   - step: Counted from 0.
    ///   - flags: Indicate that this rank received a stop request, or that its batch is blank.
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
            // Layer inputs may still be in transit, and peers wait for them.
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

    /// Checks that all ranks have the same parameters and averages. A difference is a bug or a hardware fault
    /// and must not be saved. Every rank calls it.
    ///
    /// - Parameter step: Steps trained, for the message.
    /// - Returns: The hash of the whole state.
    package func agreedState(step: Int) throws -> String {
        try checkAgreement(step: step)
        return try state.hash()
    }

    /// Checks the state as ``agreedState(step:)`` does, and copies it. Every rank calls it.
    ///
    /// - Returns: The copy on rank 0, and `nil` on other ranks.
    func snapshot(step: Int, trace: WeightTrace) throws -> StateSnapshot? {
        try checkAgreement(step: step)
        return try state.snapshot(trace)
    }

    /// Restores the whole state. Every rank calls it.
    ///
    /// - Parameter file: The checkpoint on rank 0; `nil` on other ranks.
    /// - Throws: `Failure` on all ranks if the file contains a different network.
    func restore(from file: HDF5File?) throws {
        try state.restore(from: file)
    }

    private func checkAgreement(step: Int) throws {
        precondition(!isPartlyUpdated, "a step that updated only some layers must not be saved")
        // Ranks may differ in fast mode, where MPI determines the order of sums.
        if context.recipe.reduction == .exact { try state.checkAgreement(step: step) }
    }

    /// The recipe keys of the learning rates, for a message.
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
            mode: mode, seed: seed, step: step, draw: draw, layout: layout,
            pool: pool, statistics: context.statistics, gradients: gradients,
            observer: Self.combined(injectedFault, observer))
    }

    private static func combined(
        _ first: Pass.Observer?, _ second: Pass.Observer?
    ) -> Pass.Observer? {
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

    /// Returns the loss of the whole batch for each of the step's draws except the first. Returns
    /// no losses unless the method computes its gradient from losses. Every rank calls it.
    ///
    /// A rank's loading failure is reported by the pass that follows.
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

    /// Returns the loss of a batch with the noise of `step`, without computing gradients; used for
    /// finite differences.
    func trainingLoss(step: Int, batch: Batch, globalCount: Int) throws -> Double {
        let layout = context.layout(globalCount: globalCount)
        let totals = try forward(batch, pass(step, layout), wantsGradient: false)
        return try context.status.combine(totals, layout: layout).loss
    }
}
