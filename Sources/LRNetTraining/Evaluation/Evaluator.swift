internal import LRNetCollectives
package import LRNetData
package import LRNetKernels
package import LRNetLayers
internal import LRNetSupport
package import LRNetWatchdog

/// Draws and measures finished networks on all ranks together. The leaves of each batch are dealt
/// evenly to the ranks, and results do not depend on the number of ranks.
///
/// Draws use the parameters of the network in training, and passes use its memory. Its parameters
/// and moving averages do not change.
package final class Evaluator {
    private let context: RankContext
    private let network: Network
    private let loss: ClassificationLoss
    private let data: ShardSet
    private let augmenter: Augmenter
    private let threads: LoaderThreads
    private let beacon: ProgressBeacon?
    private let stopSignal: StopSignal?
    private var readers: [DataSplit: ShardReader] = [:]
    private var isAbortable = false
    private var progress: EvaluationProgress?

    /// Called after each batch.
    package var onProgress: ((EvaluationProgress) -> Void)?

    /// The epoch whose sample order defines the batches for re-estimation; no run reaches it.
    private static let estimationEpoch = Int(UInt32.max)

    /// Creates an evaluator. Every rank must call it.
    ///
    /// - Parameters:
    ///   - network: The network in training, with memory reserved for `context.capacity` samples.
    ///   - beacon: Reports the progress of each batch.
    ///   - stopSignal: Checked at each batch of ``run(step:split:draws:reestimateBatches:)``; a
    ///     stop request aborts the validation.
    /// - Throws: `Failure` if the data do not fit the recipe's augmentation.
    package init(
        context: RankContext, network: Network, data: ShardSet, beacon: ProgressBeacon? = nil,
        stopSignal: StopSignal? = nil
    ) throws {
        self.context = context
        self.network = network
        self.data = data
        (augmenter, threads) = try context.group.agreeing {
            (
                try Augmenter(context.recipe, for: data),
                try LoaderThreads(workers: context.recipe.data.workers)
            )
        }
        self.beacon = beacon
        self.stopSignal = stopSignal
        loss = ClassificationLoss(
            classes: network.classes, sampleCount: context.capacity, function: context.recipe.loss)
    }

    /// Reuses a reader that is already open.
    func use(_ reader: ShardReader) { readers[reader.split] = reader }

    /// Returns the selection of a candidate's weights from their distributions, for each layer.
    func selection(
        step: Int, _ candidate: Candidate
    ) -> (WeightedLayer) -> WeightDraws.Selection {
        let seed = context.recipe.training.seed
        return { layer in
            candidate.isLikeliest
                ? .likeliest
                : .drawn(
                    NoiseKey(
                        seed: seed, purpose: .evaluationWeights, step: UInt32(step),
                        layer: UInt16(layer.index), index: UInt32(candidate.number)))
        }
    }

    /// The outcome of a validation.
    package struct Result {
        package var report: ValidationReport
        /// The network of the report's best draw; `nil` if nothing was drawn.
        package var best: FinishedNetwork?
    }

    /// Draws networks and measures each. Every rank must call it.
    ///
    /// - Parameters:
    ///   - reestimateBatches: The number of training batches for re-estimating batch norm; 0 for
    ///     the moving averages.
    /// - Returns: `nil` if any rank received a stop signal meanwhile; the same on all ranks.
    package func run(
        step: Int, split: DataSplit, draws: Int, reestimateBatches: Int
    ) throws -> Result? {
        isAbortable = true
        defer { isAbortable = false }
        let candidates = context.recipe.candidates(draws: draws)
        try beginProgress(
            split == .validation ? "validating" : "measuring", split: split,
            draws: candidates.count, reestimateBatches: reestimateBatches)
        defer { progress = nil }
        var result = Result(report: ValidationReport(step: step, draws: []))
        do {
            for candidate in candidates {
                beginDraw(candidate.number)
                let network = try draw(
                    candidate, step: step, reestimateBatches: reestimateBatches)
                var measured = try measure(network, on: split)
                measured.name(candidate)
                result.report.draws.append(measured)
                if result.report.best?.draw == candidate.number { result.best = network }
            }
        } catch is Aborted {
            return nil
        }
        return result
    }

    /// Starts to count the batches of a measurement for ``onProgress``.
    func beginProgress(
        _ task: String, split: DataSplit, draws: Int, reestimateBatches: Int
    ) throws {
        guard onProgress != nil else { return }
        let size = context.recipe.training.globalBatch
        let estimation = min(
            reestimateBatches, (context.recipe.trainingCount(of: data) + size - 1) / size)
        progress = EvaluationProgress(
            task: task, draw: 1, drawCount: draws,
            batchCount: draws * (estimation + (data.count(split) + size - 1) / size))
    }

    /// Sets the number of the draw that the next batches belong to.
    func beginDraw(_ number: Int) { progress?.draw = number + 1 }

    /// The error that all ranks throw after a batch in which any rank had a stop signal.
    private struct Aborted: Error {}

    /// Draws one network. Its batch norm has the moving averages, or the averages over training
    /// batches with the drawn weights. Every rank must call it.
    package func draw(
        _ candidate: Candidate, step: Int, reestimateBatches: Int
    ) throws -> FinishedNetwork {
        let drawn = FinishedNetwork(
            architecture: network.architecture, classes: network.classes,
            layers: network.finished(selection(step: step, candidate)),
            preprocessing: augmenter.preprocessing, classNames: data.index.classNames)
        guard reestimateBatches > 0 else { return drawn }
        return drawn.normalized(by: try statistics(of: drawn, batches: reestimateBatches))
    }

    /// A closure that receives this rank's logits and labels for each batch of a measurement.
    package typealias Observer = (_ logits: FloatView, _ labels: [Int32]) -> Void

    /// Returns a builder that, as the observer of a measurement, records the misclassified images
    /// of a split.
    func maskBuilder(_ split: DataSplit) -> ErrorMaskBuilder {
        ErrorMaskBuilder(count: data.count(split), context: context)
    }

    /// Measures a network on each sample once. Every rank must call it.
    package func measure(
        _ finished: FinishedNetwork, on split: DataSplit, observer: Observer? = nil
    ) throws -> DrawResult {
        let reader = try reader(split)
        let batches = cut(Array(0..<reader.count))
        var sum = Sum()
        var tally = ClassTally(classes: network.classes)
        try network.evaluating(finished.layers) {
            try forEachBatch(batches, of: reader) { batch, layout in
                let logits = try network.forward(
                    batch.filledImages, context.pass(.evaluation, layout: layout))
                tally.add(logits: logits, labels: batch.labels)
                observer?(logits, batch.labels)
                return loss.evaluate(
                    logits: logits, labels: batch.labels, layout: layout, wantsGradient: false)
            } combine: { status in
                sum.add(status)
            }
        }
        try tally.combine(context.group)
        var result = sum.result(classes: network.classes)
        result.classErrors = tally.errors
        result.classCounts = tally.counts
        return result
    }

    /// Measures an ensemble's mean answers for the batches that were measured before. Every rank
    /// must call it.
    func measure(
        _ ensemble: EnsembleAnswers, on split: DataSplit, observer: Observer
    ) throws -> DrawResult {
        var sum = Sum()
        for (index, batch) in cut(Array(0..<(try reader(split).count))).enumerated() {
            let layout = context.measuringLayout(globalCount: batch.count)
            let (logits, labels) = ensemble.logits(batch: index)
            observer(logits, labels)
            let totals = loss.evaluate(
                logits: logits, labels: labels, layout: layout, wantsGradient: false)
            sum.add(
                try context.status.combine(totals, layout: layout))
        }
        return sum.result(classes: network.classes)
    }

    /// The sum of the batches' results.
    private struct Sum {
        private var total = StepStatus()

        mutating func add(_ status: StepStatus) {
            total.errorCount += status.errorCount
            total.topFiveErrorCount += status.topFiveErrorCount
            total.sampleCount += status.sampleCount
            total.loss += status.loss * Double(status.sampleCount)
        }

        func result(classes: Int) -> DrawResult {
            DrawResult(
                draw: 0, errorCount: total.errorCount,
                topFiveErrorCount: classes > 5 ? total.topFiveErrorCount : nil,
                sampleCount: total.sampleCount,
                loss: total.loss / Double(max(total.sampleCount, 1)))
        }
    }

    /// Computes the averages of batch norm's statistics over training batches with a drawn network,
    /// by layer.
    private func statistics(
        of drawn: FinishedNetwork, batches count: Int
    ) throws -> [String: (mean: [Double], variance: [Double])] {
        let reader = try reader(.train)
        let sampleCount = context.recipe.trainingCount(of: data)
        let plan = context.recipe.epochPlan(
            epoch: Self.estimationEpoch, sampleCount: sampleCount,
            seed: context.recipe.training.seed)
        let usedCount = min(count * context.recipe.training.globalBatch, sampleCount)
        guard usedCount > 0 else {
            throw Failure(
                call: "data", subject: data.directory,
                message: "has no training images for re-estimating batch norm; use "
                    + "--re-estimate-statistics 0 for the moving averages", exitStatus: .badData,
                isAgreed: true)
        }
        for layer in network.batchNorms { layer.beginEstimation() }
        try network.evaluating(drawn.layers) {
            try forEachBatch(cut(plan[0..<usedCount]), of: reader) { batch, layout in
                _ = try network.forward(
                    batch.filledImages, context.pass(.estimating, layout: layout))
                return layout.leaves.map { _ in ClassificationLoss.Totals() }
            } combine: { _ in
            }
        }
        var result: [String: (mean: [Double], variance: [Double])] = [:]
        for layer in network.batchNorms { result[layer.name] = layer.finishEstimation() }
        return result
    }

    private func reader(_ split: DataSplit) throws -> ShardReader {
        if let known = readers[split] { return known }
        let reader = try context.group.agreeing {
            try ShardReader(context.recipe, set: data, split: split)
        }
        readers[split] = reader
        return reader
    }

    private func cut(_ samples: [Int]) -> [[Int]] {
        let size = context.recipe.training.globalBatch
        return stride(from: 0, to: samples.count, by: size).map {
            Array(samples[$0..<min($0 + size, samples.count)])
        }
    }

    /// Prefetches this rank's part of each batch, without random augmentation, and combines the
    /// totals of all ranks.
    private func forEachBatch(
        _ batches: [[Int]], of reader: ShardReader,
        _ body: (Batch, BatchLayout) throws -> [ClassificationLoss.Totals],
        combine: (StepStatus) -> Void
    ) throws {
        let requests = batches.map { batch in
            let layout = context.measuringLayout(globalCount: batch.count)
            return BatchRequest(
                samples: Array(
                    batch[layout.firstSample..<layout.firstSample + layout.sampleCount]))
        }
        let loader = BatchLoader(
            reader: reader, augmenter: augmenter, threads: threads,
            capacity: context.capacity, requests: requests)
        let source = BatchSource(
            loader: loader, capacity: context.capacity, shape: augmenter.outputShape)
        for batch in batches {
            beacon?.enter(.validating)
            let layout = context.measuringLayout(globalCount: batch.count)
            let loaded = source.next(count: layout.sampleCount)
            let totals = try body(loaded, layout)
            let status = try context.status.combine(
                totals, layout: layout,
                flags: RankFlags(
                    stopWanted: isAbortable && stopSignal?.isWanted == true,
                    hasFailure: source.failure != nil))
            if status.hasFailure { try context.group.agree(source.failure) }
            if status.stopWanted { throw Aborted() }
            combine(status)
            source.recycle(loaded)
            progress?.doneBatches += 1
            if let progress { onProgress?(progress) }
        }
    }
}
