internal import Foundation
package import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// The arithmetic of a prediction.
package enum Arithmetic: String, Sendable, CaseIterable {
    /// The trainer's network, as in a validation.
    case float
    /// Real activations with the deployed weights.
    case packed
    /// uint8 activations and integer sums (``FixedNetwork``).
    case fixed
}

/// The scores of an image.
package struct Prediction: Sendable {
    package var name: String
    /// The true class, or `nil` if it is unknown.
    package var label: Int?
    package var scores: [Float]
    /// The input of the last layer; empty if the trainer's network computed the scores.
    package var features: [Float]

    /// Returns the classes with the largest scores and their softmax probabilities.
    package func top(_ count: Int) -> [(label: Int, share: Double)] {
        let largest = Double(scores.max() ?? 0)
        let weights = scores.map { exp(Double($0) - largest) }
        let sum = weights.reduce(0, +)
        return scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(count).map {
            (label: $0, share: weights[$0] / sum)
        }
    }
}

/// Classifies images.
package struct Predictor {
    private let source: NetworkSource
    private let engine: Engine
    private let pool: ThreadPool

    /// The engine that computes the scores, with its weights.
    private enum Engine {
        case trainer(NetworkRunner)
        case real(FloatEngine.Weights)
        case fixed(FixedNetwork, FixedEngine.Weights)

        init(_ network: FixedNetwork) { self = .fixed(network, FixedEngine.Weights(network)) }
    }

    /// The number of images per batch.
    private static let batchSize = 64

    /// - Parameter set: The data set that determines the units of ``Arithmetic/fixed`` if the file
    ///   has none.
    /// - Throws: `Failure` (64) if fixed point needs units and there is no data set.
    package init(
        _ source: NetworkSource, arithmetic: Arithmetic, set: ShardSet?, threads: Int = 1
    ) throws {
        self.source = source
        pool = try .computing(
            threads: threads, remedy: "lower --threads (\(threads))")
        switch (arithmetic, source.layers, source.fixed) {
        case (.float, let layers?, _):
            engine = .trainer(
                try NetworkRunner(
                    recipe: source.recipe, classes: source.deployed.description.classes,
                    layers: layers, threads: threads))
        case (.float, nil, _), (.packed, _, _):
            engine = .real(FloatEngine.Weights(source.deployed))
        case (.fixed, _, let network?): engine = Engine(network)
        case (.fixed, _, nil):
            guard let set else {
                throw FailureSite("predict", "--arithmetic fixed").usage(
                    "needs the units of activations; give --data, or a packed file that was "
                        + "exported with --data")
            }
            let images = try ImageSource(set, split: .train, for: source)
            let calibration = try Calibration(
                of: source.deployed, on: images, count: min(256, images.count),
                threads: threads)
            engine = Engine(try FixedNetwork(source.deployed, calibration: calibration))
        }
    }

    /// Classifies a split of a data set.
    ///
    /// - Parameter body: A closure that is called with batches of predictions in order.
    package func predict(
        _ set: ShardSet, split: DataSplit, body: ([Prediction]) throws -> Void
    ) throws {
        let images = try ImageSource(set, split: split, for: source)
        for first in stride(from: 0, to: images.count, by: Self.batchSize) {
            let range = first..<min(first + Self.batchSize, images.count)
            let part = try images.read(range)
            try body(
                compute(
                    names: range.map { "\(split) \($0)" }, labels: part.labels.map { Int($0) },
                    inputs: part.inputs, pixels: part.pixels))
        }
    }

    /// Classifies files.
    ///
    /// - Parameters:
    ///   - isResized: True if images of other sizes are scaled.
    /// - Throws: `Failure`: 66 for a missing file; 65 for a file that is not an image of the
    ///   network's size.
    package func predict(files: [String], isResized: Bool) throws -> [Prediction] {
        let preprocessing = source.deployed.description.preprocessing
        let input = ImageInput(preprocessing)
        let size = preprocessing.shape.count
        var result: [Prediction] = []
        for first in stride(from: 0, to: files.count, by: Self.batchSize) {
            let part = files[first..<min(first + Self.batchSize, files.count)]
            let inputs = FloatBuffer(count: part.count * size).all
            var pixels: [[UInt8]] = []
            for (index, file) in part.enumerated() {
                guard FileBytes.exists(file) else {
                    throw FailureSite("predict", file).inputMissing("does not exist")
                }
                do {
                    let image = try ImageDecoder().decode(FileBytes.read(file)[...]).image
                    let values = try input.pixels(image, isResized: isResized)
                    pixels.append(values.values.map { UInt8(min(max($0.rounded(), 0), 255)) })
                    input.scale(values)
                    inputs[index * size..<(index + 1) * size].copy(from: values)
                } catch let problem as ImageProblem {
                    throw FailureSite("predict", file).badData(problem.message)
                }
            }
            result += try compute(
                names: Array(part), labels: part.map { _ in nil }, inputs: inputs, pixels: pixels)
        }
        return result
    }

    private func compute(
        names: [String], labels: [Int?], inputs: FloatView, pixels: [[UInt8]]
    ) throws -> [Prediction] {
        let results = try results(inputs, pixels)
        return names.indices.map {
            Prediction(
                name: names[$0], label: labels[$0], scores: results[$0].scores,
                features: results[$0].features)
        }
    }

    private typealias Result = (scores: [Float], features: [Float])

    private func results(_ inputs: FloatView, _ pixels: [[UInt8]]) throws -> [Result] {
        let size = source.deployed.description.preprocessing.shape.count
        switch engine {
        case .trainer(let runner):
            let classes = source.deployed.description.classes
            var scores: [Float] = []
            for first in stride(from: 0, to: pixels.count, by: runner.capacity) {
                let count = min(runner.capacity, pixels.count - first)
                scores += try runner.scores(
                    inputs[first * size..<(first + count) * size], count: count)
            }
            return pixels.indices.map { (Array(scores[$0 * classes..<($0 + 1) * classes]), []) }
        case .real(let weights):
            let network = source.deployed
            return results(pixels.count) { index in
                let engine = FloatEngine(network, weights: weights)
                return engine.run(inputs[index * size..<(index + 1) * size])
            }
        case .fixed(let network, let weights):
            return results(pixels.count) { index in
                let engine = FixedEngine(network, weights: weights)
                let result = engine.run(engine.input(pixels[index]))
                return (result.scores, result.features.map { Float($0) })
            }
        }
    }

    private func results(
        _ count: Int, _ body: @Sendable (_ index: Int) -> Result
    ) -> [Result] {
        let results = PartialResults<Result>(count: count, ([], []))
        pool.forEach(count) { index, _ in
            let result = body(index)
            results.update(index) { $0 = result }
        }
        return results.values
    }
}
