internal import LRNetData
internal import LRNetKernels

/// Runs a fixed-point network, one image at a time: the reference for every exported file.
///
/// Sums are computed as Float32 products. They are exact because all partial sums are integers
/// below 2^24 in any order. Each thread requires its own engine.
package final class FixedEngine {
    /// A closure that is called after each layer and residual block with its name and output.
    package typealias Observer = (_ name: String, _ values: [UInt8]) -> Void

    /// The packed weights of the layers, which several engines can share.
    package struct Weights: Sendable {
        fileprivate let matrices: [String: PackedMatrix]

        package init(_ network: FixedNetwork) {
            var matrices: [String: PackedMatrix] = [:]
            for layer in network.layers {
                matrices[layer.name] = PackedMatrix(
                    rows: layer.weights.map { Float($0) }, outputs: layer.outputs,
                    fanIn: layer.geometry.patchCount)
            }
            self.matrices = matrices
        }
    }

    package struct Result: Sendable, Equatable {
        package var scores: [Float]
        /// The input of the last layer: activations or their sums over pixels.
        package var features: [Int32]
    }

    private let network: FixedNetwork
    private let weights: Weights

    package init(_ network: FixedNetwork, weights: Weights) {
        self.network = network
        self.weights = weights
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
        var zeroPoint = network.input.zeroPoint
        // The activations minus the zero point.
        var values = Self.centered(input, zeroPoint)
        for step in network.steps {
            switch step {
            case .layer(let layer):
                let output = run(layer, values)
                observer?(layer.name, output)
                zeroPoint = layer.requantization.levels.zeroPoint
                values = Self.centered(output, zeroPoint)
            case .maxPool(_, let geometry):
                values = Windows.maxPool(FloatBuffer(values).all, geometry).values
            case .average(let average):
                let output = Self.run(average, values, zeroPoint)
                observer?(average.name, output)
                zeroPoint = average.requantization.levels.zeroPoint
                values = Self.centered(output, zeroPoint)
            case .residual(let block):
                let output = run(block, values, observer)
                observer?(block.name, output)
                values = output.map { Float($0) }
            }
        }
        return finish(values.map { Int32($0) + zeroPoint })
    }

    private static func centered(_ values: [UInt8], _ zeroPoint: Int32) -> [Float] {
        values.map { Float(Int32($0) - zeroPoint) }
    }

    private static func run(
        _ average: FixedAverage, _ values: [Float], _ zeroPoint: Int32
    ) -> [UInt8] {
        let channels = average.shape.channels
        var sums = [Int32](repeating: 0, count: channels)
        for (index, value) in values.enumerated() {
            sums[index % channels] += Int32(value) + zeroPoint
        }
        return sums.indices.map { average.requantization.apply(sums[$0], channel: $0) }
    }

    private func run(_ layer: FixedLayer, _ input: [Float]) -> [UInt8] {
        guard let matrix = weights.matrices[layer.name] else {
            preconditionFailure("\(layer.name) has no packed weights")
        }
        let sums = Windows.multiply(FloatBuffer(input).all, layer.geometry, matrix).values
        let rule = layer.requantization
        var output = [UInt8](repeating: 0, count: sums.count)
        for first in stride(from: 0, to: sums.count, by: layer.outputs) {
            for channel in 0..<layer.outputs {
                output[first + channel] = Requantization.apply(
                    Int32(sums[first + channel]), bias: rule.bias[channel],
                    factor: rule.factor[channel], rule.levels)
            }
        }
        return output
    }

    private func run(
        _ block: FixedResidual, _ input: [Float], _ observer: Observer?
    ) -> [UInt8] {
        let shortcut: [Int32]
        switch block.shortcut {
        case .identity: shortcut = input.map { Int32($0) }
        case .projection(let layer):
            let output = run(layer, input)
            observer?(layer.name, output)
            shortcut = output.map { Int32($0) - 128 }
        case .subsampling(let sampling):
            shortcut = Windows.subsample(FloatBuffer(input).all, sampling).values.map {
                Int32($0)
            }
        }
        let inner = run(block.body[0], input)
        observer?(block.body[0].name, inner)
        let body = run(block.body[1], inner.map { Float($0) })
        observer?(block.body[1].name, body)
        return zip(body, shortcut).map { UInt8(min(max(Int32($0) - 128 + $1, 0), 255)) }
    }

    private func finish(_ values: [Int32]) -> Result {
        let output = network.output
        var features = values
        if output.pixelCount > 1 {
            let channels = output.inputs
            var sums = [Int32](repeating: 0, count: channels)
            for (index, value) in features.enumerated() { sums[index % channels] += value }
            features = sums
        }
        let scores = (0..<output.classes).map { label -> Float in
            var sum = 0.0
            let row = label * output.inputs
            for (index, value) in features.enumerated() {
                sum += Double(output.weights[row + index]) * Double(value - output.zeroPoint)
            }
            return Float(Double(output.scale[label]) * sum + Double(output.bias[label]))
        }
        return Result(scores: scores, features: features)
    }
}
