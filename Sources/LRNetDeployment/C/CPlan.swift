internal import LRNetKernels

/// The calls and buffers of a network in C.
struct CPlan {
    /// A call of a kernel. Indices are those of ``tensors``.
    struct Call {
        var kind: Kind
        var inputs: [Int]
        var output: Int
    }

    enum Kind {
        /// Converts the image to the first activations.
        case load
        /// A product whose results are pooled before they are stored.
        case convolve(FixedLayer, CWeights, zeroPoint: Int32, pool: PatchGeometry?)
        /// A fully connected layer of discrete weights.
        case connect(FixedLayer, CWeights, zeroPoint: Int32)
        case pool(name: String, PatchGeometry)
        case average(FixedAverage)
        /// The sum at the end of a residual block: body, then shortcut.
        case add(FixedResidual)
    }

    private(set) var calls: [Call] = []
    private(set) var tensors: [CTensor] = []
    /// The number of bytes of all activations.
    private(set) var activationCount = 0
    /// The tensor that the features are computed from.
    private(set) var last = 0

    init(_ network: FixedNetwork) {
        last = append(.load, [], network.input.shape)
        var zeroPoint = network.input.zeroPoint
        var index = 0
        while index < network.steps.count {
            switch network.steps[index] {
            case .layer(let layer):
                var pool: PatchGeometry?
                if index + 1 < network.steps.count,
                    case .maxPool(_, let geometry) = network.steps[index + 1],
                    Self.isFusible(geometry)
                {
                    pool = geometry
                    index += 1
                }
                last = add(layer, last, zeroPoint, pool: pool)
                zeroPoint = layer.requantization.levels.zeroPoint
            case .maxPool(let name, let geometry):
                // No value is below 0, so the border never wins.
                tensors[last].widen(geometry.padding, fill: 0)
                last = append(
                    .pool(name: name, geometry), [last],
                    ImageShape(
                        height: geometry.outputHeight, width: geometry.outputWidth,
                        channels: geometry.input.channels))
            case .average(let average):
                last = append(
                    .average(average), [last],
                    ImageShape(height: 1, width: 1, channels: average.shape.channels))
                zeroPoint = average.requantization.levels.zeroPoint
            case .residual(let block): last = add(block, last)
            }
            index += 1
        }
        // Features are read after the last call.
        keep(last)
        place()
    }

    /// True if no result is part of two windows, so that pooling costs nothing.
    private static func isFusible(_ pool: PatchGeometry) -> Bool {
        pool.stride >= pool.window && pool.padding.top == 0 && pool.padding.left == 0
    }

    private mutating func append(_ kind: Kind, _ inputs: [Int], _ shape: ImageShape) -> Int {
        for input in inputs { keep(input) }
        tensors.append(CTensor(shape, writtenBy: calls.count))
        calls.append(Call(kind: kind, inputs: inputs, output: tensors.count - 1))
        return tensors.count - 1
    }

    /// Keeps a tensor until the next call.
    private mutating func keep(_ tensor: Int) {
        tensors[tensor].lifetime = tensors[tensor].lifetime.lowerBound...calls.count
    }

    private mutating func add(
        _ layer: FixedLayer, _ input: Int, _ zeroPoint: Int32, pool: PatchGeometry? = nil
    ) -> Int {
        let weights = CWeights(layer)
        if layer.geometry.isWhole, pool == nil, case .discrete = weights.values {
            return append(
                .connect(layer, weights, zeroPoint: zeroPoint), [input], layer.outputShape)
        }
        if !layer.geometry.isWhole { tensors[input].widen(layer.geometry.padding, fill: zeroPoint) }
        var shape = layer.outputShape
        if let pool {
            shape.height = pool.outputHeight
            shape.width = pool.outputWidth
        }
        return append(
            .convolve(layer, weights, zeroPoint: zeroPoint, pool: pool), [input], shape)
    }

    private mutating func add(_ block: FixedResidual, _ input: Int) -> Int {
        let inner = add(block.body[0], input, 0)
        let body = add(block.body[1], inner, 0)
        var shortcut = input
        if case .projection(let layer) = block.shortcut { shortcut = add(layer, input, 0) }
        return append(.add(block), [body, shortcut], tensors[body].shape)
    }

    /// Assigns offsets so that tensors with common calls do not overlap, the largest first.
    private mutating func place() {
        var placed: [Int] = []
        for index in tensors.indices.sorted(by: {
            (-tensors[$0].count, $0) < (-tensors[$1].count, $1)
        }) {
            let tensor = tensors[index]
            let taken = placed.map { tensors[$0] }
                .filter { $0.lifetime.overlaps(tensor.lifetime) }
                .sorted { $0.offset < $1.offset }
            var offset = 0
            for other in taken where other.offset < offset + tensor.count {
                offset = max(offset, other.offset + other.count)
            }
            tensors[index].offset = offset
            placed.append(index)
            activationCount = max(activationCount, offset + tensor.count)
        }
    }
}
