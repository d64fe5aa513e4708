internal import LRNetCollectives
package import LRNetData
internal import LRNetKernels
package import LRNetLayers

/// The training step: a batch in, updated parameters out, on every rank the same.
package final class TrainingStep {
    package let network: Network
    let optimizer: MomentOptimizer
    let gradients: GradientStore
    private let context: RankContext
    private let loss: ClassificationLoss
    private let reducer: GradientReducer
    private let updates: LayerUpdates
    /// Whether a step has updated some layers and not others.
    private var isTorn = false

    /// A layer whose input gradient is no number from now on, for tests of what happens then.
    var spoiltLayer: WeightedLayer?

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
    ///   - hasFailure: Whether this rank's batch is a blank one.
    package func run(
        step: Int, batch: Batch, globalCount: Int, learningRate: Double, stopWanted: Bool,
        hasFailure: Bool, times: inout StageTimes
    ) throws -> Outcome {
        let layout = context.layout(globalCount: globalCount)
        let pass = pass(step, layout, gradients: gradients) { [updates] layer, _, isGradient in
            if isGradient { updates.layerIsDone(layer) }
        }
        begin(layout)
        defer { context.pool.betweenCalls = nil }

        let otherLosses = try times.measure(\.forward) { try scoreOtherDraws(batch, pass) }
        let totals = try times.measure(\.forward) { try forward(batch, pass) }
        let status = try times.measure(\.communication) {
            try context.status.combine(
                totals, layout: layout, stopWanted: stopWanted, hasFailure: hasFailure)
        }
        let losses = [status.loss] + otherLosses
        guard !status.hasFailure, losses.allSatisfy(\.isFinite) else {
            // Inputs may be on their way; peers count on them.
            try reducer.finish()
            return Outcome(
                status: status, nonFinitePlace: status.hasFailure ? nil : "the loss")
        }
        network.setDrawLosses(losses)
        optimizer.begin(step: step, learningRate: learningRate)
        updates.begin(pass)
        try times.measure(\.backward) { try network.backward(loss.gradient(layout), pass) }
        try times.measure(\.update) { try updates.finish() }
        try times.measure(\.reduction) { try reducer.finish() }
        times.reduction = reducer.waiting
        times.communication += times.reduction
        let culprit = try times.measure(\.communication) {
            try reducer.agree(on: updates.nonFiniteLayer)
        }
        if let culprit {
            isTorn = true
            return Outcome(status: status, nonFinitePlace: network.layers[culprit].name)
        }
        times.measure(\.update) { network.didUpdate() }
        return Outcome(status: status)
    }

    /// Brings the whole state of the optimizer to every rank, for what is saved. Every rank calls it.
    func gatherState() throws {
        precondition(!isTorn, "a step that updated only some layers must not be saved")
        try optimizer.beginGatherMoments(reducer)
        try reducer.finish()
    }

    private func pass(
        _ step: Int, _ layout: BatchLayout, mode: Pass.Mode = .training, draw: Int = 0,
        gradients: GradientStore? = nil, observer: Pass.Observer? = nil
    ) -> Pass {
        Pass(
            mode: mode, seed: context.recipe.training.seed, step: step, draw: draw, layout: layout,
            pool: context.pool, statistics: context.statistics, gradients: gradients,
            observer: spoiltLayer.map { Self.spoiling($0, before: observer) } ?? observer)
    }

    private static func spoiling(
        _ spoilt: WeightedLayer, before observer: Pass.Observer?
    ) -> Pass.Observer {
        { layer, values, isGradient in
            if isGradient, layer === spoilt, values.count > 0 { values[0] = .nan }
            observer?(layer, values, isGradient)
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
            return try context.status.combine(
                totals, layout: training.layout, stopWanted: false, hasFailure: false
            ).loss
        }
    }

    /// Lets exchanges move on between the products of the pass.
    private func begin(_ layout: BatchLayout) {
        gradients.begin(reducer.schedule(for: layout))
        reducer.begin(layout)
        context.pool.betweenCalls = { [reducer] in reducer.progress() }
    }

    /// Computes loss and gradients of a batch without updating anything, for inspection.
    func computeGradients(
        step: Int, batch: Batch, globalCount: Int, observer: @escaping Pass.Observer
    ) throws -> Double {
        let layout = context.layout(globalCount: globalCount)
        let pass = pass(step, layout, gradients: gradients, observer: observer)
        begin(layout)
        defer { context.pool.betweenCalls = nil }
        let otherLosses = try scoreOtherDraws(batch, pass)
        let totals = try forward(batch, pass)
        let mean = try context.status.combine(
            totals, layout: layout, stopWanted: false, hasFailure: false
        ).loss
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
        return try context.status.combine(
            totals, layout: layout, stopWanted: false, hasFailure: false
        ).loss
    }
}
