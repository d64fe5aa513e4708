import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining

/// Networks with random weights and unusual batch norm: negative, tiny and zero gammas, and
/// channels that saturate.
struct RandomNetwork {
    let deployed: DeployedNetwork
    let stored: StoredNetwork
    /// The bytes of the winner's file.
    let bytes: [UInt8]
    let input: ImageShape
    private var numbers: RandomNumbers

    /// - Parameter faint: The name of a batch norm whose first channel hardly depends on its input.
    init(
        _ network: String, weights: String = "ternary", scaling: Preprocessing.Scaling = .unit,
        faint: String? = nil, seed: UInt64 = 1
    ) throws {
        numbers = RandomNumbers(state: seed)
        let recipe = try Recipe(
            yaml: "network: \(network)\nweights: \(weights)\n", file: "recipe.yaml", overrides: [])
        let layers = recipe.makeNetwork()
        input = layers.input
        let description = NetworkDescription(
            architecture: layers.architecture, classes: layers.classes,
            preprocessing: Preprocessing(shorterSide: nil, shape: input, scaling: scaling),
            classNames: nil)
        var file = SafeTensors()
        file.metadata = try description.metadata
        let zeros = String(repeating: "0", count: 64)
        file.metadata.merge([
            "format": "lrnet-dist network 3", "weights": recipe.weights.model.rawValue,
            "network": layers.architecture.name, "batchNormEpsilon": "0.001", "sha256": zeros,
        ]) { $1 }
        var fanIn = 1
        for layer in layers.layers {
            switch layer {
            case let layer as WeightedLayer:
                fanIn = layer.shape.fanIn
                Self.add(layer, recipe, to: &file, &numbers)
            case let layer as BatchNormalization:
                Self.add(layer, fanIn: fanIn, isFaint: layer.name == faint, to: &file, &numbers)
            default: continue
            }
        }
        let hash = ContentHash.of(try file.bytes())
        file.metadata["sha256"] = hash
        bytes = try file.bytes()
        stored = try StoredNetwork(
            NetworkFile(bytes: bytes, path: "random.safetensors"))
        deployed = try DeployedNetwork(stored)
    }

    private static func add(
        _ layer: WeightedLayer, _ recipe: Recipe, to file: inout SafeTensors,
        _ numbers: inout RandomNumbers
    ) {
        let count = layer.shape.count
        let name = layer.name
        let levels = layer.model.levels
        let values = (0..<count).map { _ -> Float in
            switch levels {
            case nil: numbers.real(-1, 1)
            case 2: numbers.whole(2) == 0 ? -1 : 1
            default: Float(numbers.whole(3)) - 1
            }
        }
        file.add(
            "\(name).weight", type: levels == nil ? .float32 : .int8, shape: layer.shape.sizes,
            values: values)
        if levels != nil {
            let scales =
                switch recipe.weights.model {
                case .bwn, .xnor: layer.shape.outputs
                case .twn, .ttq: 1
                default: 0
                }
            let scale = (0..<scales).map { _ in numbers.real(0.2, 1.5) }
            if scales > 0 {
                file.add("\(name).scale", type: .float32, shape: [scales], values: scale)
            }
            if recipe.weights.model == .ttq {
                file.add(
                    "\(name).negativeScale", type: .float32, shape: [1],
                    values: [numbers.real(0.2, 1.5)])
            }
        }
        if layer.bias != nil {
            let bias = (0..<layer.shape.outputs).map { _ in numbers.real(-3, 3) }
            file.add("\(name).bias", type: .float32, shape: [bias.count], values: bias)
        }
    }

    private static func add(
        _ layer: BatchNormalization, fanIn: Int, isFaint: Bool, to file: inout SafeTensors,
        _ numbers: inout RandomNumbers
    ) {
        let channels = layer.inputShape.channels
        let spread = Float(fanIn).squareRoot()
        func add(_ part: String, _ value: (Int) -> Float) {
            file.add(
                "\(layer.name).\(part)", type: .float32, shape: [channels],
                values: (0..<channels).map { channel in
                    let faint: [String: Float] = [
                        "mean": 0, "variance": 1, "gamma": 1 / 65_536, "beta": 1.0005,
                    ]
                    return isFaint && channel == 0 ? faint[part] ?? 0 : value(channel)
                })
        }
        add("mean") { _ in numbers.real(-0.3, 0.3) * spread }
        add("variance") { _ in numbers.real(0.3, 1.5) * Float(fanIn) }
        add("gamma") { channel in
            // Channels that are dead, nearly dead and large.
            switch channel {
            case 1: 0
            case 2: 1e-7
            case 3: -4
            default: numbers.real(0.3, 1.5) * (numbers.whole(3) == 0 ? -1 : 1)
            }
        }
        add("beta") { _ in numbers.real(-0.5, 1) }
    }

    /// Returns images of random pixels, `[height, width, channels]`.
    mutating func pictures(_ count: Int) -> [[UInt8]] {
        (0..<count).map { _ in
            let high = 64 + numbers.whole(192)
            return (0..<input.count).map { _ in UInt8(numbers.whole(high)) }
        }
    }
}

/// SplitMix64.
struct RandomNumbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// Returns a random integer from 0 to `limit` - 1.
    mutating func whole(_ limit: Int) -> Int { Int(next() >> 33) % limit }

    mutating func real(_ low: Float, _ high: Float) -> Float {
        low + (high - low) * Float(next() >> 40) / 16_777_216
    }
}
