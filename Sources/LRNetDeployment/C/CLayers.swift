internal import Foundation
internal import LRNetKernels
internal import LRNetSupport

/// Writes the constants of each layer and the calls that run the network.
struct CLayers {
    private let plan: CPlan
    private let input: FixedInput
    private let packing: CPacking

    /// The constants of the input's conversion.
    private(set) var inputConstants = CText()
    /// The constants of all layers.
    private(set) var constants = CText()
    /// The statements of `net_features`.
    private(set) var calls: [String] = []
    private(set) var kernels: CKernels
    /// The number of bytes of all constants.
    private(set) var constantCount = 0
    /// The largest number of offsets, and the largest offset, of a window.
    private(set) var offsetCount = 0
    private(set) var largestOffset = 0
    /// The largest number of outputs of a fully connected layer.
    private(set) var connectedCount = 0

    init(_ network: FixedNetwork, _ plan: CPlan, packing: CPacking) throws {
        self.plan = plan
        input = network.input
        self.packing = packing
        kernels = CKernels(packing: packing)
        for call in plan.calls { try add(call) }
    }

    // MARK: Calls

    private mutating func add(_ call: CPlan.Call) throws {
        let output = plan.tensors[call.output]
        let inputs = call.inputs.map { plan.tensors[$0] }
        if output.hasBorder {
            kernels.fillsBorders = true
            calls.append("fill(\(Self.place(output.offset)), \(output.count), \(output.fill));")
        }
        let to = Self.place(output.start())
        switch call.kind {
        case .load: load(output)
        case .convolve(let layer, let weights, let zeroPoint, let pool):
            let padding = layer.geometry.isWhole ? Padding.none : layer.geometry.padding
            let name = CText.identifier(layer.name)
            let from = Self.place(inputs[0].start(padding))
            calls.append("\(pool == nil ? "convolve" : "convolve_pool")(&\(name), \(from), \(to));")
            try convolve(layer, weights, zeroPoint, pool, inputs[0], output)
        case .connect(let layer, let weights, let zeroPoint):
            let name = CText.identifier(layer.name)
            calls.append("connect(&\(name), \(Self.place(inputs[0].start())), \(to));")
            try connect(layer, weights, zeroPoint, inputs[0].shape)
        case .pool(let name, let geometry):
            let name = CText.identifier(name)
            let from = Self.place(inputs[0].start(geometry.padding))
            calls.append("pool(&\(name), \(from), \(to));")
            pool(name, geometry, inputs[0], output)
        case .average(let average):
            let name = CText.identifier(average.name)
            calls.append("average(&\(name), \(Self.place(inputs[0].start())), \(to));")
            add(average)
        case .add(let block):
            let name = CText.identifier(block.name)
            let (body, shortcut) = (inputs[0], inputs[1])
            calls.append(
                "add(&\(name), \(Self.place(body.start())), \(Self.place(shortcut.start())), \(to));"
            )
            add(block, shortcut, output)
        }
    }

    /// Returns an address in the arena.
    static func place(_ offset: Int) -> String { offset == 0 ? "a" : "a + \(offset)" }

    private mutating func load(_ tensor: CTensor) {
        let shape = input.shape
        let value: String
        switch input.rule {
        case .pixels: value = "*image++"
        case .table(let table):
            inputConstants.comment("The standardized value of each pixel, by channel.")
            inputConstants.array("uint8_t", "input_table", [shape.channels, 256], table)
            constantCount += table.count
            value = "input_table[k][*image++]"
        case .image:
            inputConstants.comment(
                "The real value of a step, the value of 0, and the smallest divisor.")
            let floor = 1 / Double(shape.count).squareRoot()
            inputConstants.add(
                """
                static const double input_unit = \(input.unit);
                static const double input_zero = \(input.zeroPoint);
                static const double input_floor = \(floor);
                """)
            constantCount += 24
            kernels.standardizes = true
            calls.append("standardize(image, \(shape.count), arena.scratch.map);")
            value = "arena.scratch.map[*image++]"
        }
        if !inputConstants.text.isEmpty { inputConstants.add("") }
        let gap = tensor.rowStep - shape.width * shape.channels
        // With a counter of rows, compilers multiply it to compute the positions.
        var lines = ["to = \(tensor.start());", "while (image != end) {"]
        if case .table = input.rule, shape.channels > 1 {
            lines += [
                "    for (x = 0; x < \(shape.width); x++) {",
                "        for (k = 0; k < \(shape.channels); k++) {",
                "            a[to++] = \(value);", "        }", "    }",
            ]
        } else {
            lines += [
                "    for (x = 0; x < \(shape.width * shape.channels); x++) {",
                "        a[to++] = \(value.replacing("[k]", with: "[0]"));", "    }",
            ]
        }
        if gap > 0 { lines.append("    to += \(gap);") }
        calls += lines + ["}"]
    }

    /// True if `net_features` needs a variable for the channel.
    var countsChannels: Bool {
        if case .table = input.rule { return input.shape.channels > 1 }
        return false
    }

    // MARK: Layers

    private static func text(_ shape: ImageShape) -> String {
        "\(shape.height)x\(shape.width)x\(shape.channels)"
    }

    private mutating func describe(
        _ layer: FixedLayer, _ weights: CWeights, _ input: ImageShape, _ more: String = ""
    ) {
        let values: [Int8]
        let kind: String
        switch weights.values {
        case .discrete(let codes): (values, kind) = (codes, "weights")
        case .pairs(let codes, _, _): (values, kind) = (codes, "weights of two magnitudes")
        case .reals(let reals): (values, kind) = (reals, "real weights")
        }
        let zeros = 100 * Double(values.count { $0 == 0 }) / Double(max(values.count, 1))
        constants.comment(
            "\(layer.name): \(Self.text(input)) to \(Self.text(layer.outputShape))\(more); "
                + "\(TextTable.grouped(values.count)) \(kind), "
                + String(format: "%.1f%% zeros; unit %.3g.", zeros, layer.requantization.unit))
    }

    /// Adds a layer's rule and returns its initializer.
    ///
    /// - Parameters:
    ///   - bias: The biases for inputs whose zero point is not subtracted.
    ///   - constant: True for outputs whose sums are ignored.
    private mutating func rule(
        _ name: String, _ rule: Requantization, bias: [Int32], constant: [Bool]
    ) -> String {
        constants.array("int32_t", "\(name)_bias", [bias.count], bias)
        constantCount += 4 * bias.count
        if rule.levels == .sign {
            constants.array("uint8_t", "\(name)_digits", [1], [UInt8(255)])
            constantCount += 1
            return "{\(name)_bias, \(name)_digits, 0, 0}"
        }
        let terms = rule.factor.map { FactorDigits.terms($0) }
        let count = max(terms.map(\.count).max() ?? 1, 1)
        var digits: [UInt8] = []
        for (output, terms) in terms.enumerated() {
            var list = terms.map { UInt8($0.exponent) | ($0.isNegative ? 128 : 0) }
            if list.isEmpty { list = [0] }
            if constant[output] || terms.isEmpty { list[0] |= 64 }
            digits += list + Array(repeating: 255, count: count - list.count)
        }
        constants.array("uint8_t", "\(name)_digits", [digits.count], digits)
        constantCount += digits.count
        return "{\(name)_bias, \(name)_digits, \(count), \(rule.levels.offset)}"
    }

    /// Adds the rule of a layer whose inputs have a zero point.
    private mutating func rule(
        _ layer: FixedLayer, _ weights: CWeights, zeroPoint: Int32
    ) -> String {
        let rule = layer.requantization
        let fanIn = layer.geometry.patchCount
        let bias = (0..<layer.outputs).map { output -> Int32 in
            // A factor of 0 has no digits.
            guard rule.factor[output] > 0 else { return 0 }
            let row = layer.weights[output * fanIn..<(output + 1) * fanIn]
            return rule.bias[output] - zeroPoint * row.reduce(0) { $0 + Int32($1) }
        }
        let isPacked = packing == .bits && rule.levels != .sign
        return self.rule(
            CText.identifier(layer.name), rule, bias: bias,
            constant: weights.zeroRows.map { $0 && isPacked })
    }

    private mutating func bytes(_ name: String, _ bytes: [UInt8]) {
        constants.array("uint8_t", name, [bytes.count], bytes)
        constantCount += bytes.count
    }

    private mutating func convolve(
        _ layer: FixedLayer, _ weights: CWeights, _ zeroPoint: Int32, _ pool: PatchGeometry?,
        _ input: CTensor, _ output: CTensor
    ) throws {
        let name = CText.identifier(layer.name)
        let geometry = layer.geometry
        let fanIn = geometry.patchCount
        let result = Self.text(output.shape)
        describe(
            layer, weights, input.shape,
            pool.map { ", maxima of \($0.window)x\($0.window) to \(result)" } ?? "")
        var fields: [String] = []
        switch weights.values {
        case .discrete, .pairs:
            bytes(
                "\(name)_weights",
                packing.rows(try weights.codes(packing, name: layer.name), count: layer.outputs))
            fields.append(".weights = \(name)_weights")
            kernels.hasLists = true
            offsetCount = max(offsetCount, fanIn)
        case .reals(let reals):
            constants.array("int8_t", "\(name)_reals", [reals.count], reals)
            constantCount += reals.count
            fields.append(".reals = \(name)_reals")
            kernels.hasReals = true
        }
        if case .pairs(_, let plus, let minus) = weights.values {
            bytes("\(name)_plus", plus)
            bytes("\(name)_minus", minus)
            fields += [".plus = \(name)_plus", ".minus = \(name)_minus"]
            kernels.hasPairs = true
            kernels.hasMagnitudes = true
        }
        let rule = rule(layer, weights, zeroPoint: zeroPoint)
        fields.append(".rule = \(rule)")
        let isWhole = geometry.isWhole
        let line = isWhole ? fanIn : geometry.window * geometry.input.channels
        let window = isWhole ? 1 : geometry.window
        largestOffset = max(largestOffset, (window - 1) * input.rowStep + line)
        let stepX = geometry.stride * input.shape.channels
        let stepY = geometry.stride * input.rowStep
        fields += [
            ".outputs = \(layer.outputs)", ".fan_in = \(fanIn)", ".window = \(window)",
            ".line = \(line)", ".in_row = \(window == 1 ? line : input.rowStep)",
            ".step_x = \(stepX)", ".step_y = \(stepY)",
            ".columns = \(geometry.outputWidth)", ".rows = \(geometry.outputHeight)",
            ".width = \(output.shape.width)", ".height = \(output.shape.height)",
        ]
        if let pool {
            fields += [
                ".pool = \(pool.window)", ".pool_stride = \(pool.stride)",
                ".pool_x = \(pool.stride * stepX)", ".pool_y = \(pool.stride * stepY)",
            ]
            kernels.convolvesAndPools = true
        } else {
            kernels.convolves = true
        }
        fields += [".out_pixel = \(layer.outputs)", ".out_row = \(output.rowStep)"]
        describe("convolution", name, fields, words: 21)
    }

    /// Adds the constant that describes a layer.
    private mutating func describe(
        _ type: String, _ name: String, _ fields: [String], words: Int
    ) {
        var lines: [String] = []
        var line = "   "
        for field in fields {
            if line.utf8.count + field.utf8.count + 2 > 100 {
                lines.append(line)
                line = "   "
            }
            line += " \(field),"
        }
        lines.append(line)
        constants.add(
            "static const struct \(type) \(name) = {\n\(lines.joined(separator: "\n"))\n};\n")
        constantCount += 4 * words
    }

    private mutating func connect(
        _ layer: FixedLayer, _ weights: CWeights, _ zeroPoint: Int32, _ shape: ImageShape
    ) throws {
        let name = CText.identifier(layer.name)
        describe(layer, weights, shape)
        bytes(
            "\(name)_weights",
            packing.columns(try weights.codes(packing, name: layer.name), count: layer.outputs))
        let rule = rule(layer, weights, zeroPoint: zeroPoint)
        kernels.connects = true
        connectedCount = max(connectedCount, layer.outputs)
        describe(
            "connection", name,
            [
                ".weights = \(name)_weights", ".rule = \(rule)",
                ".inputs = \(layer.geometry.patchCount)", ".outputs = \(layer.outputs)",
            ], words: 7)
    }

    private mutating func pool(
        _ name: String, _ geometry: PatchGeometry, _ input: CTensor, _ output: CTensor
    ) {
        kernels.pools = true
        constants.comment(
            "\(name): \(Self.text(input.shape)) to \(Self.text(output.shape)), maxima of "
                + "\(geometry.window)x\(geometry.window).")
        describe(
            "pooling", name,
            [
                ".channels = \(input.shape.channels)", ".window = \(geometry.window)",
                ".width = \(output.shape.width)", ".height = \(output.shape.height)",
                ".in_row = \(input.rowStep)",
                ".step_x = \(geometry.stride * input.shape.channels)",
                ".step_y = \(geometry.stride * input.rowStep)", ".out_row = \(output.rowStep)",
            ], words: 8)
    }

    private mutating func add(_ average: FixedAverage) {
        let name = CText.identifier(average.name)
        let rule = average.requantization
        kernels.averages = true
        constants.comment("\(average.name): means of \(Self.text(average.shape)).")
        let bias = zip(rule.bias, rule.factor).map { $1 > 0 ? $0 : 0 }
        let text = self.rule(
            name, rule, bias: bias, constant: Array(repeating: false, count: bias.count))
        describe(
            "averaging", name,
            [
                ".rule = \(text)", ".channels = \(average.shape.channels)",
                ".pixels = \(average.shape.pixelCount)",
            ], words: 6)
    }

    private mutating func add(_ block: FixedResidual, _ shortcut: CTensor, _ output: CTensor) {
        let name = CText.identifier(block.name)
        kernels.addsResiduals = true
        var (stride, zero) = (1, 128)
        switch block.shortcut {
        case .identity: break
        case .projection: zero = 256
        case .subsampling(let sampling): stride = sampling.stride
        }
        constants.comment("\(block.name): the sum of a residual block, \(Self.text(output.shape)).")
        describe(
            "addition", name,
            [
                ".width = \(output.shape.width)", ".height = \(output.shape.height)",
                ".channels = \(output.shape.channels)",
                ".shortcut_channels = \(shortcut.shape.channels)",
                ".shortcut_x = \(stride * shortcut.shape.channels)",
                ".shortcut_y = \(stride * shortcut.rowStep)", ".out_row = \(output.rowStep)",
                ".zero = \(zero)",
            ], words: 8)
    }

    /// Adds the constants of the last layer.
    mutating func add(_ output: COutput) {
        constants.add(output.constants.text)
        constantCount += output.constantCount
        kernels.hasPackedOutput = output.isPacked
        if output.hasMagnitudes { kernels.hasMagnitudes = true }
    }
}
