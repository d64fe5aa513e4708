internal import LRNetKernels

/// The conversion of pixels to the first activations.
extension ONNXGraph {
    /// Adds a uint8 scalar.
    mutating func uint8(_ value: Int32) -> String {
        constant(
            TensorProto(value == 0 ? "zero.uint8" : "\(value).uint8", [], [UInt8(value)]))
    }

    /// Adds the nodes that compute the first activations of images.
    mutating func quantize(_ image: String, _ input: FixedInput) -> String {
        switch input.rule {
        case .pixels: return image
        case .table(let table):
            var indices = cast(image, to: .int32, "input.pixels")
            let channels = input.shape.channels
            if channels > 1 {
                let offsets = (0..<channels).map { Int32(256 * $0) }
                indices = add(
                    "Add", "input.indices",
                    [
                        indices,
                        constant(TensorProto("input.offsets", [channels, 1, 1], offsets)),
                    ])
            }
            return add(
                "Gather", "input",
                [constant(TensorProto("input.table", [table.count], table)), indices],
                [AttributeProto("axis", .integer(0))])
        case .image: return standardize(image, input)
        }
    }

    /// Adds the nodes that standardize each image to mean 0 and standard deviation 1.
    ///
    /// This is the only map in real numbers. Its sums are integers that Double represents exactly,
    /// and the other operations are elementwise, so every reader computes the same steps.
    private mutating func standardize(_ image: String, _ input: FixedInput) -> String {
        func number(_ name: String, _ value: Double) -> String {
            constant(TensorProto("input.\(name)", [], [value]))
        }
        func apply(_ operation: String, _ name: String, _ inputs: [String]) -> String {
            add(operation, "input.\(name)", inputs)
        }
        let axes = constant(TensorProto("input.axes", [1, 2, 3]))
        let count = number("count", Double(input.shape.count))
        func sum(_ name: String, _ value: String) -> String {
            add(
                "ReduceSum", "input.\(name)", [value, axes],
                [
                    AttributeProto("keepdims", .integer(1)),
                    AttributeProto("noop_with_empty_axes", .integer(0)),
                ])
        }
        let pixels = cast(image, to: .double, "input.pixels")
        let total = sum("sum", pixels)
        let squares = sum("squares", apply("Mul", "square", [pixels, pixels]))
        // count^2 * variance, which is an integer.
        let spread = apply(
            "Sub", "spread",
            [
                apply("Mul", "squares.product", [squares, count]),
                apply("Mul", "sum.square", [total, total]),
            ])
        let positive = apply("Max", "spread.positive", [spread, number("least", 0)])
        let root = apply("Sqrt", "spread.root", [positive])
        let deviation = apply("Div", "deviation", [root, count])
        let centered = apply("Sub", "centered", [pixels, apply("Div", "mean", [total, count])])
        let floor = number("floor", 1 / Double(input.shape.count).squareRoot())
        let divisor = apply("Max", "divisor", [deviation, floor])
        let standard = apply("Div", "standard", [centered, divisor])
        let steps = apply("Div", "steps", [standard, number("unit", input.unit)])
        let whole = apply("Round", "whole", [steps])
        let moved = apply("Add", "moved", [whole, number("zero", Double(input.zeroPoint))])
        let low = apply("Max", "low", [moved, number("least", 0)])
        return cast(apply("Min", "clipped", [low, number("most", 255)]), to: .uint8, "input")
    }
}
