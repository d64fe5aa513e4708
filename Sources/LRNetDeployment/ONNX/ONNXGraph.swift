internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// The nodes and constants of a graph under construction.
struct ONNXGraph {
    /// An activation, `[N, channels, height, width]`.
    struct Activation {
        var name: String
        var shape: ImageShape
        /// True if the sizes are `[N, channels]`, for one pixel.
        var isFlat = false
        /// True if all values are -1 or +1.
        var areSigns = false

        /// The sizes of a constant with one value per channel.
        var channelSizes: [Int] { isFlat ? [shape.channels] : [shape.channels, 1, 1] }
    }

    /// The name of the format, such as `float-onnx`.
    let format: String
    /// The packing of discrete weights; `nil` for the smallest.
    let packing: ONNXPacking?

    private var nodes: [NodeProto] = []
    private var initializers: [TensorProto] = []
    private var constants: Set<String> = []

    init(format: String, packing: ONNXPacking?) {
        self.format = format
        self.packing = packing
    }

    /// Adds a constant unless there is one with the same name, and returns its name.
    mutating func constant(_ tensor: TensorProto) -> String {
        if constants.insert(tensor.name).inserted { initializers.append(tensor) }
        return tensor.name
    }

    /// Adds a node whose only output has the node's name, and returns that name.
    mutating func add(
        _ operation: String, _ name: String, _ inputs: [String],
        _ attributes: [AttributeProto] = [], domain: String = ""
    ) -> String {
        nodes.append(
            NodeProto(
                operation: operation, name: name, inputs: inputs, outputs: [name],
                attributes: attributes, domain: domain))
        return name
    }

    mutating func cast(_ input: String, to type: TensorProto.ElementType, _ name: String) -> String
    {
        add("Cast", name, [input], [AttributeProto("to", .integer(type.rawValue))])
    }

    mutating func reshape(_ input: String, to sizes: [Int], _ name: String) -> String {
        add("Reshape", name, [input, constant(TensorProto("\(name).sizes", sizes))])
    }

    /// Returns the activation as `[N, channels]`, or as the values of all pixels in the order
    /// (channel, row, column).
    mutating func flattened(_ value: Activation) -> String {
        if value.isFlat { return value.name }
        let name = "\(value.name).flat"
        // A residual block uses its input twice.
        if nodes.contains(where: { $0.name == name }) { return name }
        return add("Flatten", name, [value.name], [AttributeProto("axis", .integer(1))])
    }

    /// Returns the activation as `[N, channels, height, width]`.
    mutating func image(_ value: Activation) -> String {
        if !value.isFlat { return value.name }
        let name = "\(value.name).image"
        if nodes.contains(where: { $0.name == name }) { return name }
        return reshape(value.name, to: [0, value.shape.channels, 1, 1], name)
    }

    /// Adds the sum over all pixels of each channel.
    ///
    /// - Parameter keepsSizes: True if the result is an image of one pixel.
    mutating func sumOfPixels(_ name: String, _ input: String, keepsSizes: Bool) -> String {
        add(
            "ReduceSum", name, [input, constant(TensorProto("pixels", [2, 3]))],
            [
                AttributeProto("keepdims", .integer(keepsSizes ? 1 : 0)),
                AttributeProto("noop_with_empty_axes", .integer(0)),
            ])
    }

    /// Adds a fully connected layer of real numbers.
    mutating func gemm(_ name: String, _ input: String, _ weights: String, _ bias: String)
        -> String
    {
        add(
            "Gemm", name, [input, weights, bias],
            [
                AttributeProto("alpha", .float(1)), AttributeProto("beta", .float(1)),
                AttributeProto("transA", .integer(0)), AttributeProto("transB", .integer(1)),
            ])
    }

    /// Returns the attributes of a convolution.
    static func attributes(_ geometry: PatchGeometry) -> [AttributeProto] {
        window(geometry.window, geometry.window) + [
            AttributeProto("pads", .integers(pads(geometry))),
            AttributeProto("strides", .integers([geometry.stride, geometry.stride])),
        ]
    }

    /// Returns the attributes of a convolution whose window is the whole image.
    static func attributes(whole image: ImageShape) -> [AttributeProto] {
        window(image.height, image.width) + [
            AttributeProto("pads", .integers([0, 0, 0, 0])),
            AttributeProto("strides", .integers([1, 1])),
        ]
    }

    private static func window(_ height: Int, _ width: Int) -> [AttributeProto] {
        [
            AttributeProto("dilations", .integers([1, 1])), AttributeProto("group", .integer(1)),
            AttributeProto("kernel_shape", .integers([height, width])),
        ]
    }

    private static func pads(_ geometry: PatchGeometry) -> [Int] {
        let padding = geometry.padding
        return [padding.top, padding.left, padding.bottom, padding.right]
    }

    mutating func maxPool(_ name: String, _ value: Activation, _ geometry: PatchGeometry)
        -> Activation
    {
        let output = add(
            "MaxPool", name, [image(value)],
            [
                AttributeProto("ceil_mode", .integer(0)),
                AttributeProto("dilations", .integers([1, 1])),
                AttributeProto("kernel_shape", .integers([geometry.window, geometry.window])),
                AttributeProto("pads", .integers(Self.pads(geometry))),
                AttributeProto("storage_order", .integer(0)),
                AttributeProto("strides", .integers([geometry.stride, geometry.stride])),
            ])
        return Activation(
            name: output,
            shape: ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth,
                channels: value.shape.channels), areSigns: value.areSigns)
    }

    /// Adds a selection of every `stride`-th pixel, with zeros in the additional channels.
    mutating func subsample(
        _ name: String, _ value: Activation, _ sampling: Subsampling, zero: TensorProto
    ) -> Activation {
        var result = image(value)
        if sampling.stride > 1 {
            result = add(
                "Slice", "\(name).pixels",
                [
                    result, constant(TensorProto("\(name).starts", [0, 0])),
                    constant(
                        TensorProto("\(name).ends", [sampling.input.height, sampling.input.width])),
                    constant(TensorProto("\(name).axes", [2, 3])),
                    constant(TensorProto("\(name).steps", [sampling.stride, sampling.stride])),
                ])
        }
        let missing = sampling.output.channels - sampling.input.channels
        if missing > 0 {
            result = add(
                "Pad", name,
                [
                    result, constant(TensorProto("\(name).pads", [0, 0, 0, 0, 0, missing, 0, 0])),
                    constant(zero),
                ], [AttributeProto("mode", .text("constant"))])
        }
        return Activation(name: result, shape: sampling.output)
    }

    /// Renames the output of the last node.
    mutating func nameLast(_ name: String) {
        nodes[nodes.count - 1].outputs = [name]
    }

    /// Returns the bytes of the file.
    func model(
        input: ValueInfoProto, outputs: [ValueInfoProto], of network: DeployedNetwork
    ) throws -> [UInt8] {
        var metadata = try network.description.metadata
        metadata["format"] = "lrnet-dist \(format) 1"
        metadata["method"] = network.method
        metadata["source"] = network.source
        return ModelProto(
            irVersion: (packing ?? .trits).irVersion, opset: (packing ?? .trits).opset,
            domains: Set(nodes.map(\.domain)).subtracting([""]).sorted(),
            graph: GraphProto(
                name: network.description.architecture.name, nodes: nodes,
                initializers: initializers, inputs: [input], outputs: outputs),
            metadata: metadata
        ).encoded
    }
}
