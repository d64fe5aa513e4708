internal import LRNetKernels

/// The weights of a fixed-point layer, prepared for the kernel that computes it.
struct IntegerLayer: Sendable {
    let name: String
    let geometry: PatchGeometry
    let outputShape: ImageShape
    private let kernel: Kernel

    private enum Kernel: Sendable {
        case convolution(IntegerConvolution)
        case product(PackedProduct)
    }

    /// - Parameter zeroPoint: The zero point of the layer's input.
    init(_ layer: FixedLayer, zeroPoint: Int32) {
        name = layer.name
        geometry = layer.geometry
        outputShape = layer.outputShape
        let weights = IntegerPanels(
            layer.weights, outputs: layer.outputs, geometry: layer.geometry)
        let rule = OutputRule(
            bias: layer.requantization.bias, factor: layer.requantization.factor,
            offset: layer.requantization.levels.offset,
            ceiling: layer.requantization.levels.ceiling)
        if weights.isPacked && geometry.isIdentity && geometry.outputPixelCount == 1 {
            kernel = .product(PackedProduct(weights, rule: rule, zeroPoint: zeroPoint))
        } else {
            kernel = .convolution(IntegerConvolution(weights, rule: rule, zeroPoint: zeroPoint))
        }
    }

    /// A layer with the memory of one engine.
    final class Bound {
        let layer: IntegerLayer
        let output: ByteImage
        private let input: ByteImage
        private let memory: PackedProduct.Memory?

        /// - Parameters:
        ///   - padding: The padding of the output.
        init(_ layer: IntegerLayer, input: ByteImage, padding: Padding, zeroPoint: Int32) {
            self.layer = layer
            let shape = layer.geometry.input
            self.input = input.shape == shape ? input : input.reshaped(shape)
            output = ByteImage(layer.outputShape, padding: padding, value: UInt8(zeroPoint))
            memory =
                if case .product(let product) = layer.kernel { PackedProduct.Memory(product) } else
                { nil }
        }

        /// The number of bytes of memory that a thread needs.
        var scratchByteCount: Int {
            if case .convolution(let kernel) = layer.kernel { kernel.scratchByteCount } else { 0 }
        }

        func run(_ pool: ThreadPool, _ scratch: [ByteBuffer]) {
            switch layer.kernel {
            case .convolution(let kernel):
                kernel.run(input, into: output, pool: pool, scratch: scratch)
            case .product(let kernel):
                guard let memory else { preconditionFailure("\(layer.name) has no memory") }
                kernel.run(input, into: output, pool: pool, memory: memory)
            }
        }
    }
}
