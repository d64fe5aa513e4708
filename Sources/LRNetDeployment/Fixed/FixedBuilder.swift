internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// Chooses the units and builds the layers of a fixed-point network.
struct FixedBuilder {
    let digits: Int
    let lastLayer: LastLayer
    private let units: ActivationUnits
    private(set) var constantChannelCount = 0

    init(calibration: Calibration, digits: Int, lastLayer: LastLayer) {
        self.digits = digits
        self.lastLayer = lastLayer
        units = ActivationUnits(calibration, steps: 255, signedSteps: 127)
    }

    /// The activations between two steps.
    private struct Stream {
        var unit: Double
        var zeroPoint: Int32
        /// The largest distance of a value from the zero point.
        var reach: Int32
        /// `[channels]`: true for channels whose signs are inverted; empty if there are none.
        var inverted: [Bool] = []

        init(_ rule: Requantization) {
            unit = rule.unit
            zeroPoint = rule.levels.zeroPoint
            reach = rule.levels.reach
        }

        init(_ input: FixedInput) {
            unit = input.unit
            zeroPoint = input.zeroPoint
            reach = max(zeroPoint, 255 - zeroPoint)
        }

        /// Returns the factor, -1 or +1, for the weights of an input.
        func sign(_ index: Int) -> Int8 {
            !inverted.isEmpty && inverted[index % inverted.count] ? -1 : 1
        }
    }

    static func refusal(_ name: String, _ reason: String) -> Failure {
        FailureSite("fixed", name).badRecipe(
            "\(reason), which fixed point does not support; packed and float-onnx do")
    }

    mutating func build(_ steps: [DeployedStep], input: FixedInput) throws -> (
        [FixedStep], FixedOutput
    ) {
        guard steps.count >= 2, case .affine(let last) = steps[steps.count - 1],
            case .product(let output) = steps[steps.count - 2], last.activation == .none
        else { throw Self.refusal("output", "the last layer is not a product") }
        var body = steps.dropLast(2)
        var pixelCount = 1
        if case .averagePool(_, let shape) = body.last {
            pixelCount = shape.pixelCount
            body = body.dropLast()
        }
        var stream = Stream(input)
        let units = self.units.shared(Array(body))
        var result: [FixedStep] = []
        var index = body.startIndex
        while index < body.endIndex {
            switch body[index] {
            case .product(let product):
                let isFirst = index == body.startIndex
                if let chain = try SignChain(body[(index + 1)...]) {
                    let (layer, inverted) = try signs(product, chain, stream, isFirst: isFirst)
                    result.append(.layer(layer))
                    result += chain.pools.map { .maxPool(name: $0.name, $0.geometry) }
                    stream = Stream(layer.requantization)
                    stream.inverted = inverted
                    index += chain.count
                    break
                }
                guard index + 1 < body.endIndex, case .affine(let affine) = body[index + 1] else {
                    throw Self.refusal(product.name, "pooling between a product and batch norm")
                }
                guard affine.activation == .rectified else {
                    throw Self.refusal(affine.name, "batch norm without ReLU")
                }
                guard let unit = units[affine.name] else {
                    preconditionFailure("\(affine.name) has no unit")
                }
                let layer = try layer(
                    product, affine, stream, isFirst: isFirst, unit: unit, levels: .rectified)
                result.append(.layer(layer))
                stream = Stream(layer.requantization)
                index += 1
            case .affine(let affine):
                throw Self.refusal(affine.name, "batch norm without a product before it")
            case .maxPool(let name, let geometry):
                guard !stream.inverted.contains(true) else {
                    throw Self.refusal(name, "pooling after a negative scale")
                }
                result.append(.maxPool(name: name, geometry))
            case .averagePool(let name, let shape):
                let average = average(name, shape, stream)
                result.append(.average(average))
                let inverted = stream.inverted
                stream = Stream(average.requantization)
                stream.inverted = inverted
            case .residual(let block):
                guard let unit = units[block.name], index > body.startIndex else {
                    throw Self.refusal(block.name, "a residual block as the first layer")
                }
                guard stream.zeroPoint == 0 else {
                    throw Self.refusal(block.name, "a residual block after signs")
                }
                let block = try residual(block, stream, unit: unit)
                result.append(.residual(block))
                stream.unit = unit
            }
            index += 1
        }
        return (result, try self.output(output, last, stream, pixelCount: pixelCount))
    }

    private func output(
        _ product: DeployedProduct, _ affine: DeployedAffine, _ stream: Stream, pixelCount: Int
    ) throws -> FixedOutput {
        let fanIn = product.fanIn
        let isDiscrete = product.weights.isDiscrete && product.weights.negativeFactor.isEmpty
        let scale = affine.scale.map { Double($0) * stream.unit / Double(pixelCount) }
        let zeroPoint = stream.zeroPoint * Int32(pixelCount)
        let signed = product.weights.expanded(outputs: product.outputs).enumerated().map {
            Double($1) * Double(stream.sign($0 % fanIn))
        }
        let weights = signed.enumerated().map { $1 * scale[$0 / fanIn] }
        var integer: IntegerOutput?
        if lastLayer == .int8 {
            integer = try IntegerOutput(
                product.name, weights: weights, bias: affine.shift, zeroPoint: zeroPoint,
                largestInput: Int(stream.zeroPoint + stream.reach) * pixelCount,
                isDiscrete: product.weights.isDiscrete)
        }
        return FixedOutput(
            name: product.name, inputs: fanIn, classes: product.outputs, pixelCount: pixelCount,
            weights: (isDiscrete ? signed : weights).map { Float($0) }, isDiscrete: isDiscrete,
            zeroPoint: zeroPoint, scale: scale.map { isDiscrete ? Float($0) : 1 },
            bias: affine.shift, integer: integer)
    }

    // MARK: Layers

    private mutating func residual(
        _ block: DeployedResidual, _ stream: Stream, unit: Double
    ) throws -> FixedResidual {
        guard block.body.count == 4, case .product(let first) = block.body[0],
            case .affine(let firstAffine) = block.body[1],
            case .product(let second) = block.body[2],
            case .affine(let secondAffine) = block.body[3]
        else { preconditionFailure("\(block.name): a body of \(block.body.count) steps") }
        let entry = try layer(
            first, firstAffine, stream, isFirst: false,
            unit: units.unit(firstAffine.name), levels: .rectified)
        let inner = Stream(entry.requantization)
        let exit = try layer(
            second, secondAffine, inner, isFirst: false, unit: unit, levels: .signed)
        let shortcut: FixedResidual.Shortcut
        switch block.shortcut {
        case .projection(let steps):
            guard steps.count == 2, case .product(let product) = steps[0],
                case .affine(let affine) = steps[1]
            else { preconditionFailure("\(block.name): a projection of \(steps.count) steps") }
            shortcut = .projection(
                try layer(product, affine, stream, isFirst: false, unit: unit, levels: .signed))
        case .identity: shortcut = .identity
        case .subsampling(let sampling): shortcut = .subsampling(sampling)
        }
        return FixedResidual(name: block.name, body: [entry, exit], shortcut: shortcut)
    }

    private static func weights(
        _ product: DeployedProduct, _ stream: Stream, isFirst: Bool
    ) throws -> IntegerWeights {
        if !product.weights.isDiscrete && !isFirst {
            throw refusal(product.name, "weights are real")
        }
        return IntegerWeights(product, inputReach: stream.reach, inputSign: stream.sign)
    }

    private static func checkSum(_ product: DeployedProduct, output: Int, _ sum: Double) throws {
        guard sum < Double(Requantization.limit) else {
            throw refusal(
                product.name, "sums of output \(output) reach \(Int(sum)), beyond 2^24")
        }
    }

    private mutating func layer(
        _ product: DeployedProduct, _ affine: DeployedAffine, _ stream: Stream, isFirst: Bool,
        unit: Double, levels: Requantization.Levels
    ) throws -> FixedLayer {
        var weights = try Self.weights(product, stream, isFirst: isFirst)
        let zeroPoint = Double(levels.offset)
        var bias: [Int32] = []
        var factor: [Int32] = []
        for output in 0..<product.outputs {
            let scale = Double(affine.scale[output]) * weights.steps[output] * stream.unit / unit
            let shift = Double(affine.shift[output]) / unit
            let largest = weights.largestSums[output]
            guard scale.isFinite, scale < 16_384, shift.isFinite, unit > 0 else {
                throw Self.refusal(
                    product.name, "output \(output) has a scale of \(scale) in units of its result")
            }
            let number = FactorDigits.nearest(scale * 65_536, digits: digits)
            let span = largest * Double(number) / 65_536
            let offset = (shift * 65_536 / Double(number)).rounded(.toNearestOrEven)
            // The channel's span is far below the unit; or the result is always clipped; or it is
            // so nearly constant that the bias is too large.
            let isConstant =
                span < 0.5 || shift + span + zeroPoint < -0.5 || shift - span + zeroPoint > 255.5
                || span < 4 && largest + abs(offset) >= Double(Requantization.limit)
            if isConstant {
                weights.clear(output: output)
                constantChannelCount += 1
                factor.append(65_536)
                bias.append(Int32(min(max(shift.rounded(.toNearestOrEven), -256), 256)))
                continue
            }
            try Self.checkSum(product, output: output, largest + abs(offset))
            factor.append(number)
            bias.append(Int32(offset))
        }
        return FixedLayer(
            name: product.name, geometry: product.geometry, outputs: product.outputs,
            weights: weights.values,
            isDiscrete: product.weights.isDiscrete && product.weights.negativeFactor.isEmpty,
            inputReach: stream.reach,
            requantization: Requantization(bias: bias, factor: factor, levels: levels, unit: unit))
    }

    /// Returns the layer of a product whose results are signs, and the channels in which they are
    /// inverted.
    private func signs(
        _ product: DeployedProduct, _ chain: SignChain, _ stream: Stream, isFirst: Bool
    ) throws -> (FixedLayer, inverted: [Bool]) {
        let weights = try Self.weights(product, stream, isFirst: isFirst)
        var (bias, inverted): ([Int32], [Bool]) = ([], [])
        for output in 0..<product.outputs {
            // A threshold has the magnitude of a sum.
            try Self.checkSum(product, output: output, 2 * weights.largestSums[output] + 2)
            let threshold = chain.threshold(
                channel: output, step: weights.steps[output] * stream.unit,
                largest: Int32(weights.largestSums[output]))
            bias.append(1 - threshold.value)
            inverted.append(threshold.isInverted)
        }
        let factor = Array(repeating: Int32(2 << Requantization.shift), count: product.outputs)
        let layer = FixedLayer(
            name: product.name, geometry: product.geometry, outputs: product.outputs,
            weights: weights.values, isDiscrete: product.weights.isDiscrete,
            inputReach: stream.reach,
            requantization: Requantization(bias: bias, factor: factor, levels: .sign, unit: 1))
        return (layer, inverted)
    }

    /// Returns a mean over pixels. It has the unit of its input, except that a mean of signs has
    /// 127 steps on either side of 0.
    private func average(_ name: String, _ shape: ImageShape, _ stream: Stream) -> FixedAverage {
        let isSigned = stream.zeroPoint != 0
        let unit = isSigned ? stream.unit * Double(stream.reach) / 127 : stream.unit
        let factor = FactorDigits.nearest(
            stream.unit / unit / Double(shape.pixelCount) * 65_536, digits: digits)
        let bias = -stream.zeroPoint * Int32(shape.pixelCount)
        return FixedAverage(
            name: name, shape: shape,
            requantization: Requantization(
                bias: Array(repeating: bias, count: shape.channels),
                factor: Array(repeating: factor, count: shape.channels),
                levels: isSigned ? .signed : .rectified, unit: unit))
    }
}
