internal import LRNetSupport

/// Evaluates the bytes of an ONNX file operator by operator, without the tables of its writer.
///
/// The interpreter supports the operators and attributes that the writer uses and rejects others.
/// It computes constants once, when it loads a file. Several threads can use one interpreter.
package struct ONNXInterpreter: Sendable {
    private struct Step: Sendable {
        let node: NodeProto
        let operation: ONNXOperator
        let product: ONNXProduct?
        /// The names of values that no later step reads.
        let spent: [String]
    }

    private let input: ValueInfoProto
    private let outputs: [ValueInfoProto]
    private let constants: [String: ONNXTensor]
    private let steps: [Step]

    /// Loads a file.
    ///
    /// - Throws: `Failure` (65) naming the error or the unknown operator.
    package init(bytes: [UInt8]) throws {
        let model = try ModelProto(decoding: bytes[...])
        let graph = model.graph
        guard [13, 25].contains(model.opset), graph.inputs.count == 1 else {
            throw FailureSite("onnx", "opset \(model.opset)").badData(
                "is not supported, or the number of inputs, \(graph.inputs.count), is not 1")
        }
        let domains = Set(graph.nodes.map(\.domain)).subtracting([""])
        guard domains == Set(model.domains), domains.count == model.domains.count else {
            throw FailureSite("onnx", "domains").badData(
                "are \(model.domains), but nodes have \(domains.sorted())")
        }
        let keys = ["architecture", "format", "method", "preprocessing", "source"]
        if let missing = keys.first(where: { model.metadata[$0] == nil }) {
            throw FailureSite("onnx", "metadata").badData("does not have \(missing)")
        }
        input = graph.inputs[0]
        outputs = graph.outputs
        var constants: [String: ONNXTensor] = [:]
        var names: Set = [input.name]
        func define(_ name: String) throws {
            guard !name.isEmpty, names.insert(name).inserted else {
                throw FailureSite("onnx", name).badData("is defined twice")
            }
        }
        for proto in graph.initializers {
            try define(proto.name)
            constants[proto.name] = try ONNXTensor(proto)
        }
        var lastUses: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() {
            for name in node.inputs { lastUses[name] = index }
        }
        for output in outputs { lastUses[output.name] = .max }
        var steps: [Step] = []
        for (index, node) in graph.nodes.enumerated() {
            let operation = try Self.operation(node)
            var call = ONNXCall(node: node, inputs: node.inputs.map { constants[$0] })
            let spent = Set(node.inputs.filter { lastUses[$0] == index })
            if let weights = operation.weights {
                call.product = try ONNXProduct(
                    call, weights: weights, zeroPoint: operation.zeroPoint)
                if spent.contains(node.inputs[weights]) { constants[node.inputs[weights]] = nil }
            }
            for name in node.inputs where !names.contains(name) {
                throw call.refusal("reads \(name), which is not defined yet")
            }
            try define(node.outputs[0])
            if operation.weights == nil, call.inputs.allSatisfy({ $0 != nil }) {
                constants[node.outputs[0]] = try operation.run(call)
                for name in spent { constants[name] = nil }
            } else {
                steps.append(
                    Step(
                        node: node, operation: operation, product: call.product,
                        spent: Array(spent)))
            }
        }
        self.constants = constants
        self.steps = steps
    }

    private static func operation(_ node: NodeProto) throws -> ONNXOperator {
        let site = FailureSite("onnx", "\(node.operation) \(node.name)")
        guard let operation = ONNXOperator.table[node.operation] else {
            throw site.badData("is an unknown operator")
        }
        let names = node.attributes.map(\.name)
        guard Set(names).count == names.count, operation.attributes.isSuperset(of: names) else {
            throw site.badData("has attributes \(names)")
        }
        guard node.domain == operation.domain else {
            throw site.badData("has the domain \(node.domain)")
        }
        guard node.outputs.count == 1, !node.inputs.isEmpty else {
            throw site.badData("has \(node.inputs.count) inputs, \(node.outputs.count) outputs")
        }
        return operation
    }

    package var outputNames: [String] { outputs.map(\.name) }

    /// Returns the outputs for images.
    ///
    /// - Parameter images: `[count, height, width, channels]`.
    /// - Throws: `Failure` (65) if sizes or types do not match.
    package func run(_ images: [Float], count: Int = 1) throws -> [String: [Double]] {
        let shape = input.sizes
        guard shape.count == 3, input.count ?? count == count else {
            throw refusal(input.name, "has the sizes \(shape) for \(input.count ?? count) images")
        }
        let size = shape[1] * shape[2]
        let sizes = [count] + shape
        guard try ONNXTensor.count(sizes) == images.count else {
            throw refusal(input.name, "has \(images.count) numbers for the sizes \(sizes)")
        }
        // From (row, column, channel) to (channel, row, column).
        let channelLast = try ONNXTensor(
            input.type, [count, size, shape[0]], images.map { Double($0) })
        var values = constants
        values[input.name] = try ONNXTensor(
            input.type, sizes,
            channelLast.picked(
                [count, shape[0], size], steps: [size * shape[0], 1, shape[0]]))
        for step in steps {
            let call = ONNXCall(
                node: step.node, inputs: step.node.inputs.map { values[$0] },
                product: step.product)
            let result = try step.operation.run(call)
            for name in step.spent { values[name] = nil }
            values[step.node.outputs[0]] = result
        }
        var results: [String: [Double]] = [:]
        for output in outputs {
            guard let value = values[output.name], value.type == output.type,
                value.sizes == [count] + output.sizes, output.count == input.count
            else { throw refusal(output.name, "does not have the sizes \(output.sizes)") }
            results[output.name] = value.values
        }
        return results
    }

    private func refusal(_ name: String, _ message: String) -> Failure {
        FailureSite("onnx", name).badData(message)
    }
}
