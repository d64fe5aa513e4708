internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// Chooses units and makes the layers of a fixed network.
struct FixedBuilder {
    let calibration: Calibration
    let digits: Int
    private(set) var constantChannelCount = 0

    init(calibration: Calibration, digits: Int) {
        self.calibration = calibration
        self.digits = digits
    }

    /// Magnitude of rounded real weights: pairs of uint8 x int8 products then fit 16 bits on every CPU.
    private static let largestCode = 64.0

    /// The activations between two steps.
    private struct Stream {
        var unit: Double
        var zeroPoint: Int32
    }

    private static func refusal(_ name: String, _ reason: String) -> Failure {
        FailureSite("fixed", name).badRecipe(
            "\(reason), which fixed point does not have; formats packed and float-onnx do")
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
        var stream = Stream(unit: input.unit, zeroPoint: input.zeroPoint)
        let units = sharedUnits(Array(body))
        var result: [FixedStep] = []
        var index = body.startIndex
        while index < body.endIndex {
            switch body[index] {
            case .product(let product):
                guard index + 1 < body.endIndex, case .affine(let affine) = body[index + 1] else {
                    throw Self.refusal(product.name, "pooling between product and batch norm")
                }
                guard let unit = units[affine.name] else {
                    preconditionFailure("\(affine.name) has no unit")
                }
                let layer = try layer(
                    product, affine, stream, isFirst: index == body.startIndex, unit: unit,
                    zeroPoint: 0)
                guard affine.activation == .rectified else {
                    throw Self.refusal(
                        affine.name,
                        affine.activation == .sign ? "activations are signs" : "no ReLU")
                }
                result.append(.layer(layer))
                stream = Stream(unit: layer.requantization.unit, zeroPoint: 0)
                index += 1
            case .affine(let affine):
                throw Self.refusal(affine.name, "batch norm without a product before it")
            case .maxPool(let name, let geometry):
                guard stream.zeroPoint == 0 else {
                    throw Self.refusal(name, "pooling of standardized pictures")
                }
                result.append(.maxPool(name: name, geometry))
            case .averagePool(let name, _):
                throw Self.refusal(name, "an average before a layer that is not the last")
            case .residual(let block):
                guard let unit = units[block.name], index > body.startIndex else {
                    throw Self.refusal(block.name, "a residual block of pictures")
                }
                result.append(.residual(try residual(block, stream, unit: unit)))
                stream = Stream(unit: unit, zeroPoint: 0)
            }
            index += 1
        }
        let scores = Self.output(output, last, unit: stream.unit, pixelCount: pixelCount)
        guard stream.zeroPoint == 0 else {
            throw Self.refusal(output.name, "a network without a discrete layer")
        }
        return (result, scores)
    }

    private static func output(
        _ product: DeployedProduct, _ affine: DeployedAffine, unit: Double, pixelCount: Int
    ) -> FixedOutput {
        let weights = product.weights.expanded(outputs: product.outputs)
        let factor = unit / Double(pixelCount)
        return FixedOutput(
            name: product.name, inputs: product.fanIn, classes: product.outputs,
            pixelCount: pixelCount,
            weights: weights.indices.map {
                Float(
                    Double(weights[$0]) * Double(affine.scale[$0 / product.fanIn]) * factor)
            },
            bias: affine.shift)
    }

    // MARK: Units

    private func unit(_ name: String, steps: Double) -> Double {
        let largest = Double(calibration.maxima[name] ?? 0)
        return (largest > 0 ? largest : 1) / steps
    }

    /// The units of activations, by affine map and residual block. A block whose shortcut is the identity or a
    /// subsampling has the unit of its input, so all that are so connected share one.
    private func sharedUnits(_ steps: [DeployedStep]) -> [String: Double] {
        var result: [String: Double] = [:]
        var group: [String] = []
        var largest = 0.0
        func close() {
            for name in group { result[name] = largest }
            group = []
            largest = 0
        }
        for step in steps {
            switch step {
            case .product, .maxPool, .averagePool: continue
            case .affine(let affine):
                close()
                group = [affine.name]
                largest = unit(affine.name, steps: 255)
            case .residual(let block):
                if case .projection = block.shortcut { close() }
                group.append(block.name)
                largest = max(largest, blockUnit(block))
            }
        }
        close()
        return result
    }

    /// The unit of a block alone: its body and projection have 127 steps on either side of 0.
    private func blockUnit(_ block: DeployedResidual) -> Double {
        var needed = unit(block.name, steps: 255)
        if case .affine(let last) = block.body.last {
            needed = max(needed, unit(last.name, steps: 127))
        }
        if case .projection(let steps) = block.shortcut, case .affine(let last) = steps.last {
            needed = max(needed, unit(last.name, steps: 127))
        }
        return needed
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
            unit: self.unit(firstAffine.name, steps: 255), zeroPoint: 0)
        let inner = Stream(unit: entry.requantization.unit, zeroPoint: 0)
        let exit = try layer(
            second, secondAffine, inner, isFirst: false, unit: unit, zeroPoint: 128)
        let shortcut: FixedResidual.Shortcut
        switch block.shortcut {
        case .projection(let steps):
            guard steps.count == 2, case .product(let product) = steps[0],
                case .affine(let affine) = steps[1]
            else { preconditionFailure("\(block.name): a projection of \(steps.count) steps") }
            shortcut = .projection(
                try layer(product, affine, stream, isFirst: false, unit: unit, zeroPoint: 128))
        case .identity: shortcut = .identity
        case .subsampling(let sampling): shortcut = .subsampling(sampling)
        }
        return FixedResidual(name: block.name, body: [entry, exit], shortcut: shortcut)
    }

    private mutating func layer(
        _ product: DeployedProduct, _ affine: DeployedAffine, _ stream: Stream, isFirst: Bool,
        unit: Double, zeroPoint: Int32
    ) throws -> FixedLayer {
        if !product.weights.isDiscrete && !isFirst {
            throw Self.refusal(product.name, "weights are real")
        }
        var (codes, steps) = Self.codes(product)
        let fanIn = product.fanIn
        var bias: [Int32] = []
        var factor: [Int32] = []
        let reach = Double(max(stream.zeroPoint, 255 - stream.zeroPoint))
        for output in 0..<product.outputs {
            let scale = Double(affine.scale[output]) * steps[output] * stream.unit / unit
            let shift = Double(affine.shift[output]) / unit
            let row = output * fanIn..<(output + 1) * fanIn
            let largest = codes[row].reduce(0.0) { $0 + abs(Double($1)) } * reach
            guard scale.isFinite, scale < 16_384, shift.isFinite, unit > 0 else {
                throw Self.refusal(
                    product.name, "output \(output) has scale \(scale) in units of its result")
            }
            let number = FactorDigits.nearest(scale * 65_536, digits: digits)
            let span = largest * Double(number) / 65_536
            // Far below the unit, or clipped whatever the sum is.
            let isConstant =
                span < 0.5 || shift + span + Double(zeroPoint) < -0.5
                || shift - span + Double(zeroPoint) > 255.5
            if isConstant {
                for index in row { codes[index] = 0 }
                constantChannelCount += 1
                factor.append(65_536)
                bias.append(Int32(min(max(shift.rounded(.toNearestOrEven), -256), 256)))
                continue
            }
            let offset = (shift * 65_536 / Double(number)).rounded(.toNearestOrEven)
            guard largest + abs(offset) < Double(Requantization.limit) else {
                throw Self.refusal(
                    product.name,
                    "sums of output \(output) reach \(Int(largest + abs(offset))), beyond 2^24")
            }
            factor.append(number)
            bias.append(Int32(offset))
        }
        return FixedLayer(
            name: product.name, geometry: product.geometry, outputs: product.outputs,
            weights: codes,
            isDiscrete: product.weights.isDiscrete && product.weights.negativeFactor.isEmpty,
            requantization: Requantization(
                bias: bias, factor: factor, zeroPoint: zeroPoint, unit: unit))
    }

    /// Integer weights and what a step of each output counts.
    private static func codes(_ product: DeployedProduct) -> ([Int8], [Double]) {
        let outputs = product.outputs
        switch product.weights.values {
        case .signs(let values), .trits(let values):
            let factors = product.weights.negativeFactor
            guard !factors.isEmpty else { return (values, Array(repeating: 1, count: outputs)) }
            var codes = values
            let largest = factors.map { max(1, Double($0)) }
            for index in codes.indices {
                let output = index / product.fanIn
                let code = largestCode / largest[output]
                switch values[index] {
                case 1: codes[index] = Int8(code.rounded())
                case -1: codes[index] = -Int8((code * Double(factors[output])).rounded())
                default: codes[index] = 0
                }
            }
            return (codes, largest.map { $0 / largestCode })
        case .reals(let values):
            let largest = (0..<outputs).map { output in
                values[output * product.fanIn..<(output + 1) * product.fanIn].reduce(0.0) {
                    max($0, abs(Double($1)))
                }
            }
            let codes = values.indices.map { index -> Int8 in
                let top = largest[index / product.fanIn]
                return top > 0 ? Int8((Double(values[index]) / top * largestCode).rounded()) : 0
            }
            return (codes, largest.map { $0 / largestCode })
        }
    }
}
