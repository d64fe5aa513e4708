internal import Foundation
internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetWatchdog

/// The inspection of one batch before training starts or resumes (`--debug`).
struct GradientInspection {
    let trainingStep: TrainingStep
    let data: TrainingData
    let context: RankContext
    let log: RunLog
    let beacon: ProgressBeacon

    /// The values recorded for a layer.
    private struct Observation {
        var mean = 0.0
        var deviation = 0.0
        var nonFiniteCount = 0
        var inputGradientNorm = 0.0
    }

    /// Prints the table of layers and the check of gradients for the next batch.
    ///
    /// It leaves parameters and moving averages unchanged.
    ///
    /// - Throws: `Failure` (64) if there is more than one rank.
    func run(step: Int) throws {
        guard context.group.size == 1 else {
            throw FailureSite("--debug", "\(context.group.size) ranks").usage(
                "requires a single process; run it without mpirun")
        }
        let count = data.sequence.globalCount(of: step)
        let batch = Batch(capacity: count, shape: data.augmenter.outputShape)
        var requests = data.sequence.requests(from: step, leafRun: context.leafRun).makeIterator()
        try BatchFiller(reader: data.reader, augmenter: data.augmenter)
            .fill(batch, with: requests.next() ?? BatchRequest(samples: []))
        let network = trainingStep.network
        let averages = network.batchNorms.map { ($0, $0.movingMean, $0.movingVariance) }
        defer {
            for (layer, mean, variance) in averages {
                layer.restore(movingMean: mean, movingVariance: variance)
            }
        }
        var observations: [String: Observation] = [:]
        let observer: Pass.Observer = { layer, values, isGradient in
            var seen = observations[layer.name] ?? Observation()
            if isGradient {
                seen.inputGradientNorm = Elementwise.sumOfSquares(values).squareRoot()
            } else {
                let count = Double(max(values.count, 1))
                seen.mean = Elementwise.sum(values) / count
                seen.deviation =
                    max(Elementwise.sumOfSquares(values) / count - seen.mean * seen.mean, 0)
                    .squareRoot()
            }
            seen.nonFiniteCount += Elementwise.nonFiniteCount(values)
            observations[layer.name] = seen
        }
        for layer in network.weightedLayers {
            layer.varianceMonitor = .init(workerCount: context.recipe.training.threads)
        }
        let loss = try trainingStep.computeGradients(
            step: step, batch: batch, globalCount: count, observer: observer)
        try log.line(String(format: "step %d, loss %.6f", step, loss))
        for row in table(observations).lines { try log.row(row) }
        for layer in network.weightedLayers { layer.varianceMonitor = nil }
        try checkGradients(step: step, batch: batch, count: count)
    }

    private func table(_ observations: [String: Observation]) -> TextTable {
        var table = TextTable([
            "layer", "output", "parameters", "mean", "deviation", "min variance",
            "gradient", "input grad.", "entropy", "non-finite",
        ])
        for layer in trainingStep.network.layers {
            let seen = observations[layer.name] ?? Observation()
            let parameters = layer.parameters
            let weighted = layer as? WeightedLayer
            let norm = parameters.map { Elementwise.sumOfSquares($0.gradient) }.reduce(0, +)
                .squareRoot()
            let variance = weighted?.varianceMonitor?.value ?? .infinity
            let bad = parameters.map { Elementwise.nonFiniteCount($0.gradient) }.reduce(0, +)
            table.append([
                layer.name, "\(layer.outputShape)",
                TextTable.grouped(parameters.map(\.value.count).reduce(0, +)),
                String(format: "%.4f", seen.mean), String(format: "%.4f", seen.deviation),
                variance.isFinite ? String(format: "%.3g", variance) : "-",
                parameters.isEmpty ? "-" : String(format: "%.3g", norm),
                seen.inputGradientNorm == 0 ? "-" : String(format: "%.3g", seen.inputGradientNorm),
                weighted.flatMap(DistributionSummary.init).map {
                    String(format: "%.3f nats", $0.entropy)
                } ?? "-",
                "\(seen.nonFiniteCount + bad)",
            ])
        }
        return table
    }

    /// Returns true if the method's gradient is an estimate instead of the derivative of the loss.
    private func isEstimate(_ parameter: Parameter, of layer: WeightedLayer) -> Bool {
        let passesSigns =
            context.recipe.model.activations != .rectified
            && layer !== trainingStep.network.weightedLayers.last
        let isOfWeights = parameter.role != .scale && parameter !== layer.bias
        return passesSigns || isOfWeights && layer.model.gradientRule != .exact
    }

    /// Returns true if all scales of the layer are equal and a max-pooling layer follows.
    private func hasTies(_ parameter: Parameter, of layer: WeightedLayer) -> Bool {
        let isPooled = trainingStep.network.layers.drop { $0 !== layer }.contains {
            $0 is MaxPoolLayer
        }
        guard parameter.role == .scale, isPooled else { return false }
        let scales = layer.parameters.filter { $0.role == .scale }.flatMap(\.value.values)
        return scales.count > 1 && scales.allSatisfy { $0 == scales[0] }
    }

    /// The target change of the loss in a difference: a hundred times the error of Float32
    /// activations (1e-6 to 2e-6 of a loss near 3).
    private static let targetLossChange = 2e-4

    /// The smallest change of the loss that a difference can resolve.
    private static let resolvedLossChange = 2e-5

    /// The range of the distance by which a value is moved: large enough to resolve, small enough
    /// to avoid curvature and kinks.
    private static let distances = 0.001...0.25

    /// Compares a few gradients of each layer with central differences of the loss under the same
    /// noise.
    ///
    /// ReLU and pooling have kinks, so some points may differ by a few percent. The table shows no
    /// percentage for methods whose gradient is an estimate.
    ///
    /// A layer's two scales start equal. While they are equal and the inputs have few distinct
    /// values, the products of its weights are multiples of one number, and many pooling windows
    /// contain their maximum twice. The loss then has a kink exactly at this point, and a central
    /// difference averages the slopes of both sides.
    private func checkGradients(step: Int, batch: Batch, count: Int) throws {
        var table = TextTable(["parameter", "element", "gradient", "difference", "relative"])
        let learning = trainingStep.network.weightedLayers.filter { !$0.model.isFrozen }
        let parameters = learning.flatMap { layer in
            layer.parameters.map { (layer, $0) }
        }
        for (layer, parameter) in parameters {
            let isEstimate = isEstimate(parameter, of: layer)
            // Only the steepest elements: the Float32 noise of the loss hides smaller slopes.
            let gradient = parameter.gradient.values
            let steepest = gradient.indices.sorted { abs(gradient[$0]) > abs(gradient[$1]) }
            for element in steepest.prefix(2) {
                let old = parameter.value[element]
                let exact = Double(gradient[element])
                let distance = Float(
                    min(
                        max(
                            Self.targetLossChange / max(abs(exact), 1e-12),
                            Self.distances.lowerBound), Self.distances.upperBound))
                func loss(_ offset: Float) throws -> Double {
                    beacon.enter(.starting)
                    parameter.value[element] = old + offset
                    defer { parameter.value[element] = old }
                    return try trainingStep.trainingLoss(
                        step: step, batch: batch, globalCount: count)
                }
                let slope = (try loss(distance) - loss(-distance)) / Double(2 * distance)
                let isFlat = abs(exact) * Double(2 * distance) < Self.resolvedLossChange
                let relative = abs(slope - exact) / max(abs(slope), abs(exact), 1e-12)
                table.append([
                    parameter.name, "\(element)", String(format: "%.5g", exact),
                    String(format: "%.5g", slope),
                    isEstimate
                        ? "an estimate"
                        : isFlat
                            ? "too flat"
                            : String(format: "%.1f%%", 100 * relative)
                                + (hasTies(parameter, of: layer) ? ", at a kink" : ""),
                ])
            }
        }
        try log.line("gradients of the loss against central differences:")
        for row in table.lines { try log.row(row) }
    }
}
