internal import LRNetKernels

/// A residual block with its memory. The second layer's output becomes that of the block.
struct FixedResidualStage {
    private let name: String
    private let entry, exit: IntegerLayer.Bound
    private let projection: IntegerLayer.Bound?
    private let input: ByteImage
    private let stride: Int

    var output: ByteImage { exit.output }

    init(
        _ block: FixedResidual, weights: (FixedLayer) -> IntegerLayer, input: ByteImage,
        padding: Padding
    ) {
        name = block.name
        self.input = input
        entry = IntegerLayer.Bound(
            weights(block.body[0]), input: input, padding: block.body[1].geometry.padding,
            zeroPoint: 0)
        exit = IntegerLayer.Bound(
            weights(block.body[1]), input: entry.output, padding: padding, zeroPoint: 0)
        switch block.shortcut {
        case .identity: (projection, stride) = (nil, 1)
        case .projection(let layer):
            stride = 1
            projection = IntegerLayer.Bound(
                weights(layer), input: input, padding: .none, zeroPoint: 0)
        case .subsampling(let sampling): (projection, stride) = (nil, sampling.stride)
        }
    }

    var scratchByteCount: Int {
        [entry, exit].reduce(projection?.scratchByteCount ?? 0) {
            max($0, $1.scratchByteCount)
        }
    }

    func run(_ pool: ThreadPool, _ scratch: [ByteBuffer], _ observer: FixedEngine.Observer?) {
        if let projection {
            projection.run(pool, scratch)
            observer?(projection.layer.name, projection.output.values)
        }
        entry.run(pool, scratch)
        observer?(entry.layer.name, entry.output.values)
        exit.run(pool, scratch)
        observer?(exit.layer.name, output.values)
        if let projection {
            ByteSums.add(projection.output, zeroPoint: 128, to: output, zeroPoint: 128)
        } else {
            ByteSums.add(input, zeroPoint: 0, stride: stride, to: output, zeroPoint: 128)
        }
        observer?(name, output.values)
    }
}
