internal import LRNetKernels

/// A step with its memory.
struct FixedStage {
    let output: ByteImage
    private let work: Work

    private enum Work {
        case layer(IntegerLayer.Bound)
        case average(FixedAverage, from: ByteImage)
        case maxPool(PatchGeometry, from: ByteImage)
        case residual(FixedResidualStage)
    }

    /// - Parameters:
    ///   - zeroPoint: The zero point of the input.
    ///   - padding: The padding of the output.
    init(
        _ step: FixedStep, weights: (FixedLayer) -> IntegerLayer, input: ByteImage,
        zeroPoint: Int32, padding: Padding
    ) {
        switch step {
        case .layer(let layer):
            let bound = IntegerLayer.Bound(
                weights(layer), input: input, padding: padding,
                zeroPoint: layer.requantization.levels.zeroPoint)
            work = .layer(bound)
            output = bound.output
        case .average(let average):
            let channels = average.shape.channels
            work = .average(average, from: input)
            output = ByteImage(
                ImageShape(height: 1, width: 1, channels: channels), padding: padding,
                value: UInt8(average.requantization.levels.zeroPoint))
        case .maxPool(_, let geometry):
            work = .maxPool(geometry, from: input)
            output = ByteImage(
                ImageShape(
                    height: geometry.outputHeight, width: geometry.outputWidth,
                    channels: geometry.input.channels),
                padding: padding, value: UInt8(zeroPoint))
        case .residual(let block):
            let residual = FixedResidualStage(
                block, weights: weights, input: input, padding: padding)
            work = .residual(residual)
            output = residual.output
        }
    }

    var scratchByteCount: Int {
        switch work {
        case .layer(let layer): layer.scratchByteCount
        case .average, .maxPool: 0
        case .residual(let residual): residual.scratchByteCount
        }
    }

    func run(_ pool: ThreadPool, _ scratch: [ByteBuffer], _ observer: FixedEngine.Observer?) {
        switch work {
        case .layer(let layer):
            layer.run(pool, scratch)
            observer?(layer.layer.name, output.values)
        case .average(let average, let input):
            let sums = ByteSums.channels(input)
            output.store(
                sums.indices.map { average.requantization.apply(sums[$0], channel: $0) })
            observer?(average.name, output.values)
        case .maxPool(let geometry, let input):
            BytePooling.maximum(input, geometry, into: output)
        case .residual(let residual): residual.run(pool, scratch, observer)
        }
    }
}

extension FixedStep {
    /// The padding that the step needs around its input.
    var padding: Padding {
        switch self {
        case .layer(let layer): layer.geometry.padding
        case .average, .maxPool: .none
        case .residual(let block):
            if case .projection(let layer) = block.shortcut {
                block.body[0].geometry.padding.union(layer.geometry.padding)
            } else {
                block.body[0].geometry.padding
            }
        }
    }

    /// The zero point of the step's output, or `nil` if it is that of its input.
    var zeroPoint: Int32? {
        switch self {
        case .layer(let layer): layer.requantization.levels.zeroPoint
        case .average(let average): average.requantization.levels.zeroPoint
        case .maxPool: nil
        case .residual: 0
        }
    }
}

extension Padding {
    /// Returns the larger padding on each side.
    fileprivate func union(_ other: Padding) -> Padding {
        Padding(
            top: max(top, other.top), left: max(left, other.left),
            bottom: max(bottom, other.bottom), right: max(right, other.right))
    }
}
