internal import Foundation
internal import LRNetCollectives
package import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// An inspection of a run's network on given images, in one process. It provides data for figures.
package final class RunInspection {
    /// The pre-activation of one neuron for one image, over many draws of its weights.
    package struct Neuron: Sendable {
        package var layer: String
        /// The output channel.
        package var channel: Int
        /// The number of inputs.
        package var fanIn: Int
        /// The number of inputs that are not 0.
        package var activeInputCount: Int
        /// The mean of the pre-activation, computed from the distributions of the weights.
        package var mean: Double
        /// The variance of the pre-activation, computed from the distributions of the weights.
        package var variance: Double
        /// The pre-activation for each draw of the weights.
        package var draws: [Double]
    }

    /// A finished network's prediction for an image.
    package struct Prediction: Sendable {
        /// The position in the split.
        package var sample: Int
        package var label: Int
        package var predicted: Int
        /// The softmax of the predicted class.
        package var confidence: Double
    }

    /// The number of steps trained at the checkpoint.
    package let step: Int

    private let run: FinishedRun
    private let data: ShardSet
    private let context: RankContext
    private let network: Network

    /// The number of the first draw of a neuron's weights. It is larger than the number of any
    /// network that an evaluation draws.
    private static let firstDraw = UInt32(1) << 31

    /// Loads a run's newest checkpoint.
    ///
    /// - Throws: An error of the data set, or `Failure` (66) without a checkpoint.
    package init(run: FinishedRun, data path: String) throws {
        data = try ShardSet(directory: path)
        try TrainingData.check(data, run.recipe)
        self.run = run
        let recipe = run.recipe
        context = try RankContext(group: SingleProcessGroup(), recipe: recipe)
        network = recipe.makeNetwork(classes: data.classes)
        context.reserve(network)
        step = try FinishedRun.restore(
            network, from: ["latest"], of: run.folder, for: "report", group: context.group
        ).step
    }

    /// The layers whose weights have distributions, first to last.
    package var probabilisticLayers: [String] {
        network.weightedLayers.filter { DistributionSummary.probabilities($0) != nil }.map(\.name)
    }

    /// Draws a neuron's weights many times.
    ///
    /// The layer's input comes from an image in a network that is drawn once. The neuron is at the
    /// position where the input has the most energy. Among the channels at that position, it is the
    /// one with the median variance.
    ///
    /// - Returns: `nil` if the layer has no distributions.
    package func neuron(layer name: String, sample: Int, draws: Int) throws -> Neuron? {
        guard let layer = network.weightedLayers.first(where: { $0.name == name }),
            let p = DistributionSummary.probabilities(layer),
            // Only learned tensors with one value per weight can be cut to a neuron.
            layer.latents.allSatisfy({ $0.value.count == layer.shape.count })
        else { return nil }
        let input = strongestPatch(try inputOf(layer, sample: sample), layer.geometry)
        let (outputs, fanIn) = (layer.shape.outputs, layer.shape.fanIn)
        var moments: [(mean: Double, variance: Double)] = []
        for channel in 0..<outputs {
            var (mean, variance) = (0.0, 0.0)
            for (k, value) in input.enumerated() where value != 0 {
                let (zero, plus) = (p.zero[k * outputs + channel], p.plus[k * outputs + channel])
                let weightMean = Double(plus) - Double(1 - zero - plus)
                mean += Double(value) * weightMean
                let spread = max(Double(1 - zero) - weightMean * weightMean, 0)
                variance += Double(value) * Double(value) * spread
            }
            moments.append((mean, variance))
        }
        let order = moments.indices.sorted { moments[$0].variance < moments[$1].variance }
        let channel = order[order.count / 2]
        let latents = layer.latents.map { latent in
            FloatBuffer((0..<fanIn).map { latent.value[$0 * outputs + channel] }).all
        }
        let shape = WeightShape(window: 1, inputs: fanIn, outputs: 1)
        let weights = FloatBuffer(count: fanIn)
        let active = input.indices.filter { input[$0] != 0 }
        let results = (0..<draws).map { draw in
            let key = NoiseKey(
                seed: run.recipe.training.seed, purpose: .evaluationWeights, step: UInt32(step),
                layer: UInt16(layer.index), index: Self.firstDraw + UInt32(draw))
            _ = layer.model.testWeights(
                latents, shape: shape, selection: .drawn(key), into: weights.all)
            return active.reduce(0.0) { $0 + Double(input[$1]) * Double(weights[$1]) }
        }
        return Neuron(
            layer: name, channel: channel, fanIn: fanIn, activeInputCount: active.count,
            mean: moments[channel].mean, variance: moments[channel].variance, draws: results)
    }

    private func inputOf(_ layer: WeightedLayer, sample: Int) throws -> FloatView {
        let split = data.count(.validation) > 0 ? DataSplit.validation : .train
        let reader = try ShardReader(set: data, split: split)
        let batch = try filled([sample % reader.count], reader)
        let evaluator = try Evaluator(context: context, network: network, data: data)
        let drawn = network.finished(evaluator.selection(step: step, .draw(0)))
        _ = try network.evaluating(drawn) {
            try network.forward(
                batch.filledImages,
                context.pass(.evaluation, layout: context.measuringLayout(globalCount: 1)))
        }
        guard let input = layer.lastInput else { preconditionFailure("\(layer.name): no input") }
        return input[0..<layer.inputShape.count]
    }

    /// Loads samples with the preprocessing of an evaluation.
    private func filled(_ samples: [Int], _ reader: ShardReader) throws -> Batch {
        let augmenter = try Augmenter(run.recipe, for: data)
        let batch = Batch(capacity: samples.count, shape: augmenter.outputShape)
        try BatchFiller(reader: reader, augmenter: augmenter)
            .fill(batch, with: BatchRequest(samples: samples))
        return batch
    }

    /// Returns the inputs of the output pixel whose inputs have the largest sum of squares.
    private func strongestPatch(_ input: FloatView, _ geometry: PatchGeometry) -> [Float] {
        let size = geometry.window * geometry.window * geometry.input.channels
        let pixels = geometry.outputHeight * geometry.outputWidth
        let patches = FloatBuffer(count: pixels * size)
        geometry.gather(input, into: patches.all)
        let values = patches.all.values
        func energy(_ pixel: Int) -> Float {
            values[pixel * size..<(pixel + 1) * size].reduce(0) { $0 + $1 * $1 }
        }
        let energies = (0..<pixels).map(energy)
        let best = energies.indices.max { (energies[$0], $1) < (energies[$1], $0) } ?? 0
        return Array(values[best * size..<(best + 1) * size])
    }

    // MARK: Predictions

    /// Returns the winner file's prediction for each image of a split.
    package func predictions(of split: DataSplit) throws -> [Prediction] {
        guard let winner = try run.winner()?.network(like: network) else {
            throw FailureSite("report", run.folder).inputMissing("has no \(NetworkFile.name)")
        }
        return try network.evaluating(winner.layers) { try predictions(of: split, by: network) }
    }

    private func predictions(of split: DataSplit, by network: Network) throws -> [Prediction] {
        let reader = try ShardReader(set: data, split: split)
        var result: [Prediction] = []
        for first in stride(from: 0, to: reader.count, by: context.capacity) {
            let samples = Array(first..<min(first + context.capacity, reader.count))
            let batch = try filled(samples, reader)
            let layout = context.measuringLayout(globalCount: samples.count)
            let logits = try network.forward(
                batch.filledImages, context.pass(.evaluation, layout: layout)
            ).values
            for (position, sample) in samples.enumerated() {
                let z = logits[position * data.classes..<(position + 1) * data.classes]
                let best = ClassTally.prediction(z)
                result.append(
                    Prediction(
                        sample: sample, label: Int(batch.labels[position]), predicted: best,
                        confidence: Self.softmax(z, best)))
            }
        }
        return result
    }

    private static func softmax(_ logits: ArraySlice<Float>, _ index: Int) -> Double {
        let top = logits[logits.startIndex + index]
        return 1 / logits.reduce(0.0) { $0 + exp(Double($1 - top)) }
    }

    /// Reads images of a split as bytes.
    package func images(_ samples: [Int], of split: DataSplit) throws -> LabeledImages {
        try ShardReader(set: data, split: split).read(samples: samples)
    }

    /// Returns the number of images in a split.
    package func count(_ split: DataSplit) -> Int { data.count(split) }
}
