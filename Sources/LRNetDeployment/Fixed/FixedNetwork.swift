internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// A deployed network in fixed point: uint8 activations, integer sums, and batch norm as a bias and
/// a factor that is a sum of a few signed powers of two. Discrete layers need no multiplication.
///
/// Its activations are equal, byte for byte, on every machine and in every format that is written
/// from it.
package struct FixedNetwork: Sendable {
    package let input: FixedInput
    package let steps: [FixedStep]
    package let output: FixedOutput

    /// The largest number of signed powers of two in a factor.
    package let digits: Int

    /// The arithmetic of the last layer.
    package var lastLayer: LastLayer { output.integer == nil ? .float : .int8 }

    /// The number of channels that are constant because their result hardly depends on the input.
    package let constantChannelCount: Int

    /// Converts a deployed network to fixed point.
    ///
    /// - Parameter digits: The largest number of signed powers of two in a factor, in
    ///   ``FactorDigits/range``.
    /// - Throws: `Failure` (78) naming the layer and the property that fixed point does not
    ///   support.
    package init(
        _ network: DeployedNetwork, calibration: Calibration, digits: Int = 4,
        lastLayer: LastLayer = .float
    ) throws {
        var builder = FixedBuilder(
            calibration: calibration, digits: digits, lastLayer: lastLayer)
        let input = try Self.input(network, calibration)
        let (steps, output) = try builder.build(network.steps, input: input)
        self.input = input
        self.steps = steps
        self.output = output
        self.digits = digits
        constantChannelCount = builder.constantChannelCount
    }

    private static func input(
        _ network: DeployedNetwork, _ calibration: Calibration
    ) throws -> FixedInput {
        let shape = network.description.architecture.input
        switch network.description.preprocessing.scaling {
        case .unit: return FixedInput(rule: .pixels, shape: shape, unit: 1 / 255, zeroPoint: 0)
        case .image:
            let largest = Double(calibration.maxima[Calibration.inputName] ?? 0)
            return FixedInput(
                rule: .image, shape: shape, unit: max(largest, 1e-6) / 127, zeroPoint: 128)
        case .channels(let mean, let deviation):
            let low = zip(mean, deviation).map { -$0 / $1 }.min() ?? 0
            let high = zip(mean, deviation).map { (1 - $0) / $1 }.max() ?? 1
            let unit = (max(high, 0) - min(low, 0)) / 255
            let zero = (-min(low, 0) / unit).rounded(.toNearestOrEven)
            var table: [UInt8] = []
            for channel in mean.indices {
                for pixel in 0..<256 {
                    let value = (Double(pixel) / 255 - mean[channel]) / deviation[channel]
                    let step = (value / unit).rounded(.toNearestOrEven) + zero
                    table.append(UInt8(min(max(step, 0), 255)))
                }
            }
            return FixedInput(
                rule: .table(table), shape: shape, unit: unit, zeroPoint: Int32(zero))
        }
    }

    /// The layers in order, including those of residual blocks.
    package var layers: [FixedLayer] {
        steps.flatMap { step -> [FixedLayer] in
            switch step {
            case .layer(let layer): return [layer]
            case .maxPool, .average: return []
            case .residual(let block):
                if case .projection(let layer) = block.shortcut { return block.body + [layer] }
                return block.body
            }
        }
    }
}
