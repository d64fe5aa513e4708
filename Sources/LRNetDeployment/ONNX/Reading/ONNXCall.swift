internal import LRNetSupport

/// A node and the values of its inputs.
struct ONNXCall {
    let node: NodeProto
    /// The values of the inputs; `nil` for packed weights.
    let inputs: [ONNXTensor?]
    /// The packed weights if the node is a product.
    var product: ONNXProduct?

    func refusal(_ message: String) -> Failure {
        FailureSite("onnx", "\(node.operation) \(node.name)").badData(message)
    }

    func input(_ index: Int) throws -> ONNXTensor {
        guard let value = optional(index) else { throw refusal("has no input \(index)") }
        return value
    }

    func optional(_ index: Int) -> ONNXTensor? { index < inputs.count ? inputs[index] : nil }

    /// Returns an input that has exactly one value.
    func scalar(_ index: Int) throws -> Double {
        let value = try input(index)
        guard value.values.count == 1 else { throw refusal("has \(value.sizes) as input \(index)") }
        return value.values[0]
    }

    /// Returns the first input, which must be `[N, channels, height, width]`.
    func images() throws -> ONNXTensor {
        let value = try input(0)
        guard value.sizes.count == 4 else { throw refusal("has an input of \(value.sizes)") }
        return value
    }

    private func attribute(_ name: String) -> AttributeProto.Value? {
        node.attributes.first { $0.name == name }?.value
    }

    func integer(_ name: String, else standard: Int? = nil) throws -> Int {
        switch attribute(name) {
        case .integer(let value): return value
        case nil: if let standard { return standard }
        default: break
        }
        throw refusal("needs an integer for \(name)")
    }

    func real(_ name: String) throws -> Double {
        guard case .float(let value) = attribute(name) else {
            throw refusal("needs a number for \(name)")
        }
        return Double(value)
    }

    func integers(_ name: String, count: Int) throws -> [Int] {
        guard case .integers(let values) = attribute(name), values.count == count else {
            throw refusal("needs \(count) integers for \(name)")
        }
        return values
    }

    /// Throws unless an attribute has `value`, the only supported value.
    func require(_ name: String, _ value: AttributeProto.Value) throws {
        let isEqual =
            switch (attribute(name), value) {
            case (.integer(let a), .integer(let b)): a == b
            case (.float(let a), .float(let b)): a == b
            case (.text(let a), .text(let b)): a == b
            case (.integers(let a), .integers(let b)): a == b
            default: false
            }
        guard isEqual else { throw refusal("must have \(name) = \(value)") }
    }
}
