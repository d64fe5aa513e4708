internal import LRNetKernels

/// A network with rounded activations, as some formats contain it.
enum RoundedNetwork: Sendable {
    case fixed(FixedNetwork)
    case quantized(QuantizedNetwork)

    /// The arithmetic, by its name in messages.
    enum Arithmetic: String, Sendable, Encodable {
        case fixed = "fixed point"
        case quantized = "8-bit activations"
    }

    var arithmetic: Arithmetic {
        switch self {
        case .fixed: .fixed
        case .quantized: .quantized
        }
    }

    /// The network in fixed point, or `nil` for another arithmetic.
    var fixed: FixedNetwork? {
        if case .fixed(let network) = self { network } else { nil }
    }

    /// The number of channels that are constant in fixed point, or `nil` for another arithmetic.
    var constantChannelCount: Int? { fixed?.constantChannelCount }

    /// The largest sum of each product in steps of its input, and the unit of its results, by name.
    var layers: [String: (largestSum: Int?, unit: Double)] {
        var result: [String: (largestSum: Int?, unit: Double)] = [:]
        switch self {
        case .fixed(let network):
            for layer in network.layers {
                result[layer.name] = (layer.largestSum, layer.requantization.unit)
            }
        case .quantized(let network):
            for (product, affine) in network.network.pairs {
                guard let product, let affine, let rule = network.activations[affine.name] else {
                    continue
                }
                result[product.name] = (nil, Double(rule.unit))
            }
        }
        return result
    }

    /// Computes images one at a time. Several threads can share it.
    struct Engine: Sendable {
        private enum Weights: Sendable {
            case fixed(FixedNetwork, FixedEngine.Weights)
            case quantized(QuantizedNetwork, FloatEngine.Weights)
        }

        private let weights: Weights

        init(_ network: RoundedNetwork) {
            switch network {
            case .fixed(let network): weights = .fixed(network, FixedEngine.Weights(network))
            case .quantized(let network):
                weights = .quantized(network, FloatEngine.Weights(network.network))
            }
        }

        /// Returns the results for an image, which is given standardized and as pixels.
        ///
        /// Quantized networks have no features, because their files have no such output.
        func run(_ input: FloatView, _ pixels: [UInt8]) -> FixedEngine.Result {
            switch weights {
            case .fixed(let network, let weights):
                let engine = FixedEngine(network, weights: weights)
                return engine.run(engine.input(pixels))
            case .quantized(let network, let weights):
                return FixedEngine.Result(
                    scores: network.engine(weights).run(input).scores, features: [])
            }
        }
    }
}
