internal import LRNetData
package import LRNetKernels

/// Runs a fixed-point network, one image at a time: the reference for every exported file.
///
/// All sums are of integers and exact. Each thread requires its own engine; the threads of the
/// engine's pool share the work of one image.
package final class FixedEngine {
    /// A closure that is called after each layer and residual block with its name and output.
    package typealias Observer = (_ name: String, _ values: [UInt8]) -> Void

    /// The prepared weights of the layers, which several engines can share.
    package struct Weights: Sendable {
        fileprivate let layers: [String: IntegerLayer]
        fileprivate let scores: ScoreLayer

        package init(_ network: FixedNetwork) {
            var layers: [String: IntegerLayer] = [:]
            network.forEachLayer { layer, zeroPoint in
                layers[layer.name] = IntegerLayer(layer, zeroPoint: zeroPoint)
            }
            self.layers = layers
            scores = ScoreLayer(network.output)
        }

        fileprivate subscript(_ layer: FixedLayer) -> IntegerLayer {
            guard let prepared = layers[layer.name] else {
                preconditionFailure("\(layer.name) has no weights")
            }
            return prepared
        }
    }

    package struct Result: Sendable, Equatable {
        package var scores: [Float]
        /// The input of the last layer: activations or their sums over pixels.
        package var features: [Int32]
        /// The scores of ``IntegerOutput``; empty if the last layer is real.
        package var integerScores: [Int32] = []

        init(scores: [Float], features: [Int32]) {
            self.scores = scores
            self.features = features
        }

        init(_ integerScores: [Int32], of output: IntegerOutput, features: [Int32]) {
            scores = output.reals(integerScores)
            self.features = features
            self.integerScores = integerScores
        }
    }

    private let network: FixedNetwork
    private let weights: Weights
    private let pool: ThreadPool
    private let image: ByteImage
    private let stages: [FixedStage]
    /// Memory for each thread.
    private let scratch: [ByteBuffer]

    /// Creates an engine and its memory.
    ///
    /// - Parameter pool: The threads that share the work of an image; by default, the caller's.
    package init(_ network: FixedNetwork, weights: Weights, pool: ThreadPool = ThreadPool()) {
        self.network = network
        self.weights = weights
        self.pool = pool
        let steps = network.steps
        image = ByteImage(
            network.input.shape, padding: steps.first?.padding ?? .none,
            value: UInt8(network.input.zeroPoint))
        var stages: [FixedStage] = []
        var input = image
        var zeroPoint = network.input.zeroPoint
        for (index, step) in steps.enumerated() {
            let next = index + 1 < steps.count ? steps[index + 1].padding : .none
            let stage = FixedStage(
                step, weights: { weights[$0] }, input: input, zeroPoint: zeroPoint, padding: next)
            stages.append(stage)
            input = stage.output
            zeroPoint = step.zeroPoint ?? zeroPoint
        }
        self.stages = stages
        let byteCount = stages.map(\.scratchByteCount).max() ?? 0
        scratch = (0..<pool.threadCount).map { _ in ByteBuffer(count: byteCount) }
    }

    /// Returns the first activations of an image.
    ///
    /// - Parameters:
    ///   - pixels: `[height, width, channels]`, already cropped.
    package func input(_ pixels: [UInt8]) -> [UInt8] {
        let input = network.input
        let channels = input.shape.channels
        precondition(pixels.count == input.shape.count, "\(pixels.count) pixels")
        switch input.rule {
        case .pixels: return pixels
        case .table(let table):
            return pixels.indices.map { table[$0 % channels * 256 + Int(pixels[$0])] }
        case .image:
            // The sums are of integers, so their order does not matter. The operations after them
            // are those of an exported graph.
            let values = pixels.map { Double($0) }
            let count = Double(values.count)
            let sum = values.reduce(0, +)
            let squares = values.reduce(0) { $0 + $1 * $1 }
            let deviation = max(count * squares - sum * sum, 0).squareRoot() / count
            let divisor = max(deviation, 1 / count.squareRoot())
            let mean = sum / count
            return values.map { value in
                let step = ((value - mean) / divisor / input.unit).rounded(.toNearestOrEven)
                return UInt8(min(max(step + Double(input.zeroPoint), 0), 255))
            }
        }
    }

    /// Returns the scores and features for the first activations of an image.
    package func run(_ input: [UInt8], observer: Observer? = nil) -> Result {
        image.store(input)
        for stage in stages { stage.run(pool, scratch, observer) }
        let last = stages.last?.output ?? image
        let features =
            network.output.pixelCount > 1
            ? ByteSums.channels(last) : last.values.map { Int32($0) }
        if let integer = network.output.integer {
            return Result(integer.scores(features), of: integer, features: features)
        }
        return Result(scores: weights.scores.scores(features), features: features)
    }
}

extension FixedNetwork {
    /// Calls `body` for each layer with the zero point of its input.
    fileprivate func forEachLayer(_ body: (FixedLayer, Int32) -> Void) {
        var zeroPoint = input.zeroPoint
        for step in steps {
            switch step {
            case .layer(let layer): body(layer, zeroPoint)
            case .average, .maxPool: break
            case .residual(let block):
                if case .projection(let layer) = block.shortcut { body(layer, zeroPoint) }
                body(block.body[0], zeroPoint)
                body(block.body[1], block.body[0].requantization.levels.zeroPoint)
            }
            zeroPoint = step.zeroPoint ?? zeroPoint
        }
    }
}
