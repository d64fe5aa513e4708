package import LRNetKernels

/// Runs a deployed network with real or quantized activations, one image at a time.
///
/// Each thread requires its own engine. Engines can share the weights.
package final class FloatEngine {
    /// A closure that is called after each affine map and residual block with its name and output.
    package typealias Observer = (_ name: String, _ values: FloatView) -> Void

    /// The weights of the products: 2 bits each in fully connected layers of discrete weights, real
    /// numbers in others, whose many pixels make use of each weight.
    package struct Weights: Sendable {
        fileprivate let kernels: [String: Kernel]

        package init(_ network: DeployedNetwork) {
            var kernels: [String: Kernel] = [:]
            for product in network.products { kernels[product.name] = Kernel(product) }
            self.kernels = kernels
        }
    }

    fileprivate enum Kernel: Sendable {
        case matrix(PackedMatrix)
        case lookup(LookupProduct)

        init(_ product: DeployedProduct) {
            let isSingle = product.geometry.isIdentity && product.geometry.outputPixelCount == 1
            switch product.weights.values {
            case .signs(let values), .trits(let values):
                guard isSingle && product.weights.negativeFactor.isEmpty else { break }
                self = .lookup(
                    LookupProduct(
                        IntegerPanels(values, outputs: product.outputs, geometry: product.geometry))
                )
                return
            case .reals: break
            }
            self = .matrix(
                PackedMatrix(
                    rows: product.weights.expanded(outputs: product.outputs),
                    outputs: product.outputs, fanIn: product.fanIn))
        }
    }

    private let network: DeployedNetwork
    private let weights: Weights
    private let pool: ThreadPool
    /// The tables of lookups by the name of the product.
    private let memories: [String: LookupProduct.Memory]
    /// The rules for activations by the name of the step, and of the input.
    private let quantizers: [String: Quantizer]

    /// Creates an engine and its memory.
    ///
    /// - Parameter pool: The threads that share the work of an image; by default, the caller's.
    package init(
        _ network: DeployedNetwork, weights: Weights, quantizers: [String: Quantizer] = [:],
        pool: ThreadPool = ThreadPool()
    ) {
        self.network = network
        self.weights = weights
        self.quantizers = quantizers
        self.pool = pool
        memories = weights.kernels.compactMapValues { kernel in
            if case .lookup(let product) = kernel { LookupProduct.Memory(product) } else { nil }
        }
    }

    /// Returns the scores of an image and the input of the last product.
    ///
    /// - Parameter image: The network's input, `[height, width, channels]`.
    package func run(_ image: FloatView, observer: Observer? = nil) -> (
        scores: [Float], features: [Float]
    ) {
        var values = image
        if let rule = quantizers[Calibration.inputName] {
            values = FloatBuffer(image.values).all
            rule.apply(values)
        }
        var features = values
        for step in network.steps {
            if case .product = step { features = values }
            values = run(step, values, observer)
        }
        return (values.values, features.values)
    }

    private func run(
        _ steps: [DeployedStep], _ input: FloatView, _ observer: Observer?
    ) -> FloatView {
        steps.reduce(input) { run($1, $0, observer) }
    }

    private func run(_ step: DeployedStep, _ input: FloatView, _ observer: Observer?) -> FloatView {
        switch step {
        case .product(let product): return multiply(product, input)
        case .affine(let affine):
            let output = Self.apply(affine, input)
            quantizers[affine.name]?.apply(output)
            observer?(affine.name, output)
            return output
        case .maxPool(_, let geometry): return Windows.maxPool(input, geometry)
        case .averagePool(let name, let shape):
            let sums = FloatBuffer(count: shape.channels).all
            Elementwise.sumRows(of: input, into: sums, accumulate: false)
            // A product with the reciprocal would move some means off the middle of two steps.
            let output = FloatBuffer(sums.values.map { $0 / Float(shape.pixelCount) }).all
            quantizers[name]?.apply(output)
            return output
        case .residual(let block):
            let other: FloatView =
                switch block.shortcut {
                case .identity: input
                case .projection(let steps): run(steps, input, observer)
                case .subsampling(let sampling): Windows.subsample(input, sampling)
                }
            let sum = run(block.body, input, observer)
            Elementwise.add(other, to: sum)
            Elementwise.clamp(sum, to: 0...(.infinity))
            quantizers[block.name]?.apply(sum)
            observer?(block.name, sum)
            return sum
        }
    }

    private func multiply(_ product: DeployedProduct, _ input: FloatView) -> FloatView {
        switch (weights.kernels[product.name], memories[product.name]) {
        case (.matrix(let matrix), _): return Windows.multiply(input, product.geometry, matrix)
        case (.lookup(let kernel), let memory?):
            let output = FloatBuffer(count: product.outputs).all
            kernel.run(input, into: output, pool: pool, memory: memory)
            return output
        case (.lookup, nil), (nil, _):
            preconditionFailure("\(product.name) has no prepared weights")
        }
    }

    private static func apply(_ affine: DeployedAffine, _ input: FloatView) -> FloatView {
        let output = FloatBuffer(count: input.count).all
        output.copy(from: input)
        ChannelAffine(factors: affine.scale, offsets: affine.shift).apply(output)
        switch affine.activation {
        case .none: break
        case .rectified: Elementwise.clamp(output, to: 0...(.infinity))
        case .sign: SignActivations.forward(output, into: output)
        }
        return output
    }
}
