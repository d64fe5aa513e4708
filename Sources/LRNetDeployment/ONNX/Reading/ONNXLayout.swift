/// Operators that move values.
enum ONNXLayout {
    /// Selects rows of a table. Negative indices count from its end.
    static func gather(_ call: ONNXCall) throws -> ONNXTensor {
        let (table, indices) = (try call.input(0), try call.input(1))
        try call.require("axis", .integer(0))
        guard let count = table.sizes.first, indices.type == .int32 || indices.type == .int64 else {
            throw call.refusal("has inputs of \(table.sizes) and \(indices.type)")
        }
        let length = table.values.count / count
        let sizes = indices.sizes + table.sizes.dropFirst()
        var values: [Double] = []
        values.reserveCapacity(try ONNXTensor.count(sizes))
        for index in indices.values {
            let row = Int(index) < 0 ? Int(index) + count : Int(index)
            guard row >= 0, row < count else { throw call.refusal("has an index of \(index)") }
            values += table.values[row * length..<(row + 1) * length]
        }
        return try ONNXTensor(table.type, sizes, values)
    }

    /// Changes the sizes. A size of 0 keeps the old size, and a size of -1 is computed from the
    /// others.
    static func reshape(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        var sizes = try call.input(1).integers
        for axis in sizes.indices where sizes[axis] == 0 && axis < x.sizes.count {
            sizes[axis] = x.sizes[axis]
        }
        if let axis = sizes.firstIndex(of: -1) {
            sizes[axis] = 1
            sizes[axis] = x.values.count / (try ONNXTensor.count(sizes))
        }
        return try ONNXTensor(x.type, sizes, x.values)
    }

    static func flatten(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let axis = try call.integer("axis")
        guard axis >= 0, axis <= x.sizes.count else { throw call.refusal("has axis \(axis)") }
        let rows = x.sizes[..<axis].reduce(1, *)
        return try ONNXTensor(x.type, [rows, x.values.count / rows], x.values)
    }

    static func transpose(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let order = try call.integers("perm", count: x.sizes.count)
        guard order.sorted() == Array(x.sizes.indices) else {
            throw call.refusal("has the order \(order)")
        }
        let sizes = order.map { x.sizes[$0] }
        let strides = x.strides
        return try ONNXTensor(
            x.type, sizes, x.picked(sizes, steps: order.map { strides[$0] }))
    }

    static func slice(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let starts = try call.input(1).integers
        let (ends, axes) = (try call.input(2).integers, try call.input(3).integers)
        let steps = try call.input(4).integers
        guard Set(axes).count == axes.count, axes.allSatisfy(x.sizes.indices.contains),
            [starts.count, ends.count, steps.count].allSatisfy({ $0 == axes.count }),
            steps.allSatisfy({ $0 > 0 })
        else { throw call.refusal("has starts \(starts), axes \(axes), steps \(steps)") }
        var sizes = x.sizes
        var strides = x.strides
        var place = 0
        for (index, axis) in axes.enumerated() {
            func bound(_ value: Int) -> Int {
                min(max(value < 0 ? value + sizes[axis] : value, 0), sizes[axis])
            }
            let (start, end) = (bound(starts[index]), bound(ends[index]))
            place += start * strides[axis]
            sizes[axis] = max(end - start + steps[index] - 1, 0) / steps[index]
            strides[axis] *= steps[index]
        }
        return try ONNXTensor(x.type, sizes, x.picked(sizes, start: place, steps: strides))
    }

    /// Adds a constant before and after each axis.
    static func pad(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let pads = try call.input(1).integers
        try call.require("mode", .text("constant"))
        let rank = x.sizes.count
        guard pads.count == 2 * rank, pads.allSatisfy({ $0 >= 0 && $0 < 1 << 16 }),
            try call.input(2).type == x.type
        else { throw call.refusal("has pads \(pads)") }
        let sizes = (0..<rank).map { x.sizes[$0] + pads[$0] + pads[rank + $0] }
        var result = try ONNXTensor(
            x.type, sizes,
            Array(repeating: call.scalar(2), count: ONNXTensor.count(sizes)))
        let (from, to) = (x.strides, result.strides)
        for (index, value) in x.values.enumerated() {
            var place = 0
            for axis in 0..<rank {
                place += (index / from[axis] % x.sizes[axis] + pads[axis]) * to[axis]
            }
            result.values[place] = value
        }
        return result
    }
}
