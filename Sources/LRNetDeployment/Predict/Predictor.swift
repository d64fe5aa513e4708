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

    private enum Engine {
        case trainer(NetworkRunner)
        case real(Engines<FloatEngine>)
        case fixed(Engines<FixedEngine>)
    }

    /// Engines for many images, one per thread, and for a single image.
    private struct Engines<Engine> {
        let each: [Engine]
        /// The engine whose work all threads share.
        let shared: Engine

        init(_ pool: ThreadPool, _ make: (ThreadPool) -> Engine) {
            each = (0..<pool.threadCount).map { _ in make(ThreadPool()) }
            shared = make(pool)
        }
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
            let weights = FloatEngine.Weights(source.deployed)
            engine = .real(
                Engines(pool) { FloatEngine(source.deployed, weights: weights, pool: $0) })
        case (.fixed, _, let network?): engine = .fixed(Self.engines(network, pool))
        case (.fixed, _, nil):
            guard let set else {
                throw FailureSite("predict", "--arithmetic fixed").usage(
                    "needs the units of activations; give --data, or a packed file that was "
                        + "exported with --data")
            }
            engine = .fixed(
                Self.engines(try source.calibrated(on: set, threads: threads), pool))
        }
    }

    private static func engines(
        _ network: FixedNetwork, _ pool: ThreadPool
    ) -> Engines<FixedEngine> {
        let weights = FixedEngine.Weights(network)
        return Engines(pool) { FixedEngine(network, weights: weights, pool: $0) }
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
        case .real(let engines):
            return results(pixels.count, engines) { engine, index in
                engine.run(inputs[index * size..<(index + 1) * size])
            }
        case .fixed(let engines):
            return results(pixels.count, engines) { engine, index in
                let result = engine.run(engine.input(pixels[index]))
                return (result.scores, result.features.map { Float($0) })
            }
        }
    }

    private func results<Engine>(
        _ count: Int, _ engines: Engines<Engine>, _ body: (_ engine: Engine, _ index: Int) -> Result
    ) -> [Result] {
        guard count >= pool.threadCount else {
            return (0..<count).map { body(engines.shared, $0) }
        }
        let results = PartialResults<Result>(count: count, ([], []))
        pool.forEach(count) { index, worker in
            let result = body(engines.each[worker], index)
            results.update(index) { $0 = result }
        }
        return results.values
    }
}

extension NetworkSource {
    /// Returns the fixed-point network whose units are determined by the first 256 training images.
    package func calibrated(on set: ShardSet, threads: Int) throws -> FixedNetwork {
        let images = try ImageSource(set, split: .train, for: self)
        let calibration = try Calibration(
            of: deployed, on: images, count: min(256, images.count), threads: threads)
        return try FixedNetwork(deployed, calibration: calibration)
    }
}
