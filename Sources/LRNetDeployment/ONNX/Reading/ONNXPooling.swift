/// Sums, means and maxima.
enum ONNXPooling {
    static func reduceSum(_ call: ONNXCall) throws -> ONNXTensor {
        try call.require("noop_with_empty_axes", .integer(0))
        return try sum(
            call, axes: call.input(1).integers, keepsAxes: call.integer("keepdims") == 1)
    }

    static func globalAverage(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.images()
        guard x.type.isReal else { throw call.refusal("has an input of \(x.type)") }
        let sums = try sum(call, axes: [2, 3], keepsAxes: true)
        let count = Double(x.sizes[2] * x.sizes[3])
        return try ONNXTensor(x.type, sums.sizes, sums.values.map { $0 / count })
    }

    private static func sum(
        _ call: ONNXCall, axes: [Int], keepsAxes: Bool
    ) throws -> ONNXTensor {
        let x = try call.input(0)
        guard !axes.isEmpty, Set(axes).count == axes.count,
            axes.allSatisfy(x.sizes.indices.contains)
        else { throw call.refusal("has axes \(axes) of \(x.sizes)") }
        let kept = x.sizes.indices.filter { !axes.contains($0) }
        let order = kept + axes
        let strides = x.strides
        let values = try x.picked(
            order.map { x.sizes[$0] }, steps: order.map { strides[$0] })
        let length = axes.map { x.sizes[$0] }.reduce(1, *)
        let sums = stride(from: 0, to: values.count, by: length).map {
            values[$0..<$0 + length].reduce(0, +)
        }
        let sizes =
            keepsAxes
            ? x.sizes.indices.map { axes.contains($0) ? 1 : x.sizes[$0] } : kept.map { x.sizes[$0] }
        return try ONNXTensor(x.type, sizes, sums)
    }

    /// Returns the maxima of windows. Padding never wins.
    static func maxPool(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.images()
        let window = try ONNXWindow(call)
        try call.require("ceil_mode", .integer(0))
        try call.require("storage_order", .integer(0))
        let (height, width) = (x.sizes[2], x.sizes[3])
        let (rows, columns) = try window.outputSizes(call, height, width)
        let sizes = [x.sizes[0], x.sizes[1], rows, columns]
        var result: [Double] = []
        result.reserveCapacity(try ONNXTensor.count(sizes))
        for plane in 0..<x.sizes[0] * x.sizes[1] {
            for row in 0..<rows {
                let top = row * window.strides[0] - window.pads[0]
                for column in 0..<columns {
                    let left = column * window.strides[1] - window.pads[1]
                    var largest = -Double.infinity
                    for y in max(top, 0)..<min(top + window.kernel[0], height) {
                        let line = (plane * height + y) * width
                        for x1 in max(left, 0)..<min(left + window.kernel[1], width) {
                            largest = max(largest, x.values[line + x1])
                        }
                    }
                    result.append(largest)
                }
            }
        }
        return try ONNXTensor(x.type, sizes, result)
    }
}
