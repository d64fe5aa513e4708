internal import LRNetKernels

/// The weights of a convolution or fully connected layer, packed once, and the operators that use
/// them.
struct ONNXProduct: Sendable {
    /// `[outputs, channels of a group, rows, columns]`
    private let sizes: [Int]
    private let groups: [PackedMatrix]
    /// The largest sum of magnitudes of an output's weights.
    private let reach: Double

    /// Packs weights.
    ///
    /// - Parameter call: A node whose weights are `[outputs, channels, rows, columns]` or
    ///   `[outputs, channels]`.
    init(_ call: ONNXCall, weights: Int, zeroPoint: Int?) throws {
        let weights = try call.input(weights)
        let zero = try zeroPoint.map { try call.scalar($0) } ?? 0
        sizes = weights.sizes + (weights.sizes.count == 2 ? [1, 1] : [])
        let count = try call.integer("group", else: 1)
        guard sizes.count == 4, count > 0, sizes[0] % count == 0 else {
            throw call.refusal("has weights of \(weights.sizes) in \(count) groups")
        }
        let (outputs, pixels) = (sizes[0] / count, sizes[2] * sizes[3])
        let fanIn = sizes[1] * pixels
        // From (channel, row, column) to (row, column, channel).
        let rows = try weights.picked(
            [sizes[0], pixels, sizes[1]], steps: [fanIn, 1, pixels]
        ).map { Float($0 - zero) }
        groups = (0..<count).map {
            let group = $0 * outputs * fanIn..<($0 + 1) * outputs * fanIn
            return PackedMatrix(rows: Array(rows[group]), outputs: outputs, fanIn: fanIn)
        }
        reach =
            (0..<sizes[0]).map { output in
                rows[output * fanIn..<(output + 1) * fanIn].reduce(0) { $0 + Double(abs($1)) }
            }.max() ?? 0
    }

    var outputs: Int { sizes[0] }

    // MARK: Operators

    static func convolution(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.images()
        guard x.type == .float else { throw call.refusal("has an input of \(x.type)") }
        guard let bias = call.optional(2) else {
            return try call.products(x, ONNXWindow(call)) { sum, _ in Double(sum) }
        }
        return try call.products(x, ONNXWindow(call), bias: bias) { sum, output in
            Double(sum + Float(bias.values[output]))
        }
    }

    static func gemm(_ call: ONNXCall) throws -> ONNXTensor {
        var x = try call.input(0)
        for name in ["alpha", "beta"] { try call.require(name, .float(1)) }
        try call.require("transA", .integer(0))
        try call.require("transB", .integer(1))
        guard x.type == .float, x.sizes.count == 2 else {
            throw call.refusal("has an input of \(x.sizes)")
        }
        let bias = try call.input(2)
        x.sizes += [1, 1]
        var result = try call.products(x, .pixel, bias: bias) { sum, output in
            Double(sum + Float(bias.values[output]))
        }
        result.sizes.removeLast(2)
        return result
    }

    /// Computes `clip(roundHalfEven((acc + bias) * (x_scale * w_scale / y_scale)) + zero, ...)`
    /// with products in Float32, like onnxruntime.
    static func quantizedConvolution(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.images()
        let (zero, factors, bias) = (try call.input(7), try call.input(4), try call.input(8))
        let zeroPoint = try call.scalar(7)
        guard x.type == .uint8, zero.type == .uint8, try call.input(2).type == .uint8,
            bias.type == .int32, factors.sizes == bias.sizes || factors.values.count == 1
        else { throw call.refusal("has inputs of unsupported types or sizes") }
        let (xScale, yScale) = (Float(try call.scalar(1)), Float(try call.scalar(6)))
        let scales = bias.values.indices.map {
            xScale * Float(factors.values[factors.values.count == 1 ? 0 : $0]) / yScale
        }
        return try call.products(
            x, ONNXWindow(call), zeroPoint: call.scalar(2), bias: bias, isExact: true
        ) { sum, output in
            let product = Float(Double(sum) + bias.values[output]) * scales[output]
            return ONNXNumbers.clip(
                Double(product.rounded(.toNearestOrEven)) + zeroPoint, to: .uint8)
        }
    }

    // MARK: Products

    /// Computes the sums of all windows.
    ///
    /// - Parameters:
    ///   - zeroPoint: The number that is subtracted from all values of `x`. Padding is 0 after the
    ///     subtraction.
    ///   - isExact: True if integers whose sums Float32 might not represent exactly are rejected.
    ///   - body: A closure that converts a sum, given the index of its output, to the result.
    fileprivate func apply(
        _ call: ONNXCall, _ x: ONNXTensor, _ window: ONNXWindow, zeroPoint: Double, isExact: Bool,
        _ body: (Float, Int) -> Double
    ) throws -> ONNXTensor {
        let (height, width, channels) = (x.sizes[2], x.sizes[3], sizes[1])
        guard x.sizes[1] == channels * groups.count, window.kernel == Array(sizes[2...]) else {
            throw call.refusal("has weights of \(sizes) for an input of \(x.sizes)")
        }
        if isExact {
            let largest = x.values.reduce(0) { max($0, abs($1 - zeroPoint)) }
            guard largest * reach < 16_777_216 else {
                throw call.refusal("has sums of \(largest * reach), beyond 2^24")
            }
        }
        let (rows, columns) = try window.outputSizes(call, height, width)
        let geometry = try geometry(
            call, window, ImageShape(height: height, width: width, channels: channels))
        let (plane, outputs) = (height * width, sizes[0] / groups.count)
        let result = [x.sizes[0], sizes[0], rows, columns]
        var values: [Double] = []
        values.reserveCapacity(try ONNXTensor.count(result))
        for image in 0..<x.sizes[0] {
            for (group, matrix) in groups.enumerated() {
                let start = (image * groups.count + group) * channels * plane
                let pixels = try x.picked([plane, channels], start: start, steps: [1, plane])
                let input = FloatBuffer(pixels.map { Float($0 - zeroPoint) }).all
                let sums = Windows.multiply(input, geometry, matrix).values
                for output in 0..<outputs {
                    let number = group * outputs + output
                    for place in stride(from: output, to: sums.count, by: outputs) {
                        values.append(body(sums[place], number))
                    }
                }
            }
        }
        return try ONNXTensor(x.type, result, values)
    }

    private func geometry(
        _ call: ONNXCall, _ window: ONNXWindow, _ input: ImageShape
    ) throws -> PatchGeometry {
        let pads = window.pads
        if window.kernel == [input.height, input.width], pads.allSatisfy({ $0 == 0 }) {
            return .whole(input)
        }
        guard window.kernel[0] == window.kernel[1], window.strides[0] == window.strides[1] else {
            throw call.refusal("has a window that is not square")
        }
        return PatchGeometry(
            input: input, window: window.kernel[0], stride: window.strides[0],
            padding: Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]))
    }
}

extension ONNXCall {
    fileprivate func products(
        _ x: ONNXTensor, _ window: ONNXWindow, zeroPoint: Double = 0, bias: ONNXTensor? = nil,
        isExact: Bool = false, _ body: (Float, Int) -> Double
    ) throws -> ONNXTensor {
        guard let product else { throw refusal("has weights that are not constant") }
        if let bias, bias.sizes != [product.outputs] {
            throw refusal("has \(bias.sizes) biases for \(product.outputs) outputs")
        }
        return try product.apply(
            self, x, window, zeroPoint: zeroPoint, isExact: isExact, body)
    }
}
