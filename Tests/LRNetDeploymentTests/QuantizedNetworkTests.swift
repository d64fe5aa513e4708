import Foundation
import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// Networks with 8-bit activations whose units are powers of two, as QONNX files contain them.
@Suite struct QuantizedNetworkTests {
    private static let stack =
        "layers: [8C5/2, MP3/2, 12C3, 12C3/2, 24FC], input: 29x27x3, classes: 5"
    private static let small = "layers: [8C3, MP2, 12C3, 24FC], input: 12x11x3, classes: 5"
    private static let mean = "layers: [8C3, GAP, 16FC], input: 8x6x3, classes: 5"
    private static let residual =
        "layers: [8C3, 8R, 12R/2, 12R, GAP], input: 9x8x3, classes: 5"

    /// Each method with convolutions, strides, both paddings, pooling, means, fully connected
    /// layers and residual blocks.
    static let methods: [ONNXTests.Example] =
        [
            "ternary", "binary", "gumbel-ternary", "gumbel-binary", "log-derivative", "bwn", "twn",
            "ttq", "binary-connect",
        ].flatMap { weights in
            [
                "{\(stack), padding: symmetric}", "{\(small)}", "{\(mean)}", "{\(residual)}",
            ].map { ONNXTests.Example(network: $0, weights: weights) }
        }
        + [
            "{\(residual), shortcut: zero-padded}",
            "{\(residual), padding: symmetric, firstLayer: full-precision}",
            "{layers: [MP3, 8C3/2, 16FC, 16R, 24R, 64FC], input: 11x10x3, classes: 5}",
            "{\(small), lastLayer: discrete}", "{\(small), lastLayer: discrete-normalized}",
        ].map { ONNXTests.Example(network: $0) }
        + [ONNXTests.Example(network: "{\(small), lastLayer: discrete}", weights: "ttq")]
        + ONNXTests.signs + ONNXTests.inputs

    /// A network, its quantized form and some standardized images.
    struct Sample {
        var random: RandomNetwork
        let network: QuantizedNetwork
        let images: [[Float]]

        init(_ example: ONNXTests.Example, count: Int = 3) throws {
            random = try RandomNetwork(
                example.network, weights: example.weights, scaling: example.scaling)
            network = try QuantizedNetwork(
                random.deployed, calibration: ONNXTests.calibration(&random, example.scaling))
            images = random.pictures(count).map { pixels in
                ONNXTests.standardized(pixels, example.scaling).values
            }
        }

        /// The scores of the quantized engine for all images.
        var scores: [Float] {
            let engine = network.engine(FloatEngine.Weights(network.network))
            return images.flatMap { engine.run(FloatBuffer($0).all).scores }
        }

        /// The scores with real activations.
        var realScores: [Float] {
            let network = random.deployed
            let engine = FloatEngine(network, weights: FloatEngine.Weights(network))
            return images.flatMap { engine.run(FloatBuffer($0).all).scores }
        }
    }

    @Test(arguments: methods)
    func `the interpreter computes the scores of the quantized engine`(
        _ example: ONNXTests.Example
    ) throws {
        let sample = try Sample(example)
        let bytes = try QONNX.bytes(sample.network)
        #expect(try QONNX.bytes(sample.network) == bytes)
        let graph = try ONNXInterpreter(bytes: bytes)
        #expect(graph.outputNames == ["scores"])
        let scores = try sample.images.flatMap { try #require(graph.run($0)["scores"]) }
        ONNXTests.expectNear(scores.map { Float($0) }, sample.scores)
        #expect(Set(scores).count > sample.images.count)
    }

    /// Images that the calibration has not seen are also clipped, so the difference is not tiny.
    @Test(
        arguments: [
            ("ternary", "{\(small)}"), ("binary", "{\(stack)}"), ("ttq", "{\(small)}"),
            ("ternary", "{\(residual)}"),
        ])
    func `8-bit activations hardly change the scores`(weights: String, network: String) throws {
        let sample = try Sample(ONNXTests.Example(network: network, weights: weights), count: 20)
        let (real, rounded) = (sample.realScores, sample.scores)
        let square = real.reduce(0) { $0 + $1 * $1 }
        let difference = zip(real, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let share = (difference / square).squareRoot()
        #expect(share > 1e-4 && share < 0.2, "\(share)")
    }

    @Test func `weights have the smallest quantizers of their values`() throws {
        func quantizers(_ weights: String, _ more: String = "") throws -> [String: Quantizer] {
            let network = "{\(Self.small)\(more)}"
            return try Sample(ONNXTests.Example(network: network, weights: weights)).network.weights
        }
        let bits = { (bits: Int, unit: Float) in
            Quantizer.steps(
                Quantizer.Steps(unit: unit, bits: bits, isSigned: true, isNarrow: true))
        }
        let names = ["conv1", "conv2", "fc1"]
        for (weights, rule) in [
            ("ternary", bits(2, 1)), ("twn", bits(2, 1)), ("binary", .signs), ("bwn", .signs),
            ("ttq", bits(8, 1 / 128)),
        ] {
            // The last layer is real.
            #expect(
                try quantizers(weights)
                    == Dictionary(uniqueKeysWithValues: names.map { ($0, rule) }), "\(weights)")
        }
        let all = try quantizers("ternary", ", lastLayer: discrete")
        #expect(all["output"] == bits(2, 1) && all.count == 4)
        let first = try quantizers("ternary", ", firstLayer: full-precision")
        #expect(first["conv1"] == bits(8, 1 / 128) && first["conv2"] == bits(2, 1))
    }

    @Test func `rounded weights times their scale are the weights to half a step`() throws {
        for (weights, more) in [("ttq", ""), ("ternary", ", firstLayer: full-precision")] {
            let sample = try Sample(
                ONNXTests.Example(network: "{\(Self.small)\(more)}", weights: weights))
            let (real, rounded) = (sample.random.deployed.pairs[0], sample.network.network.pairs[0])
            let (product, affine) = (try #require(real.product), try #require(real.affine))
            let found = try #require(rounded.product)
            let scales = try #require(rounded.affine).scale
            let fanIn = product.fanIn
            let expected = product.weights.expanded(outputs: product.outputs)
            let values = found.weights.values.reals
            #expect(
                values.allSatisfy { abs($0) <= 127.0 / 128 && ($0 * 128).rounded() == $0 * 128 })
            for output in 0..<product.outputs where affine.scale[output] != 0 {
                let row = output * fanIn..<(output + 1) * fanIn
                let largest = expected[row].map(abs).max() ?? 0
                let ratio = scales[output] / affine.scale[output]
                for index in row {
                    #expect(abs(values[index] * ratio - expected[index]) <= 0.51 / 127 * largest)
                }
            }
        }
    }

    @Test func `the unit is the smallest power of two with at most 256 steps`() throws {
        var random = try RandomNetwork("{\(Self.small)}")
        for (largest, unit) in [
            (Float(1), Float(1) / 256), (0.75, 1 / 256), (1.001, 1 / 128), (256, 1), (257, 2),
            (100, 0.5), (0.001, 0x1p-17),
        ] {
            let network = try QuantizedNetwork(
                random.deployed, calibration: Calibration(maxima: ["bn1": largest]))
            #expect(network.activations["bn1"]?.unit == unit, "\(largest)")
        }
        // Pixels divided by 255, and images standardized to -2 ... 2.5.
        let network = try QuantizedNetwork(random.deployed, calibration: Calibration())
        #expect(
            network.activations["input"]
                == .steps(
                    Quantizer.Steps(unit: 1 / 256, bits: 8, isSigned: false, isNarrow: false)))
        random = try RandomNetwork(
            "{\(Self.small)}",
            scaling: .channels(mean: [0.5, 0.5, 0.5], deviation: [0.2, 0.2, 0.2]))
        let signed = try QuantizedNetwork(random.deployed, calibration: Calibration())
        #expect(
            signed.activations["input"]
                == .steps(Quantizer.Steps(unit: 1 / 32, bits: 8, isSigned: true, isNarrow: false)))
    }

    /// Sums of equal units are exact in hardware.
    @Test(arguments: ["projection", "zero-padded"])
    func `both terms of a residual sum have the unit of the block`(shortcut: String) throws {
        let network = "{\(Self.residual), shortcut: \(shortcut)}"
        let rules = try Sample(ONNXTests.Example(network: network)).network.activations
        let blocks = rules.keys.filter { $0.hasPrefix("block") && !$0.contains(".") }
        #expect(blocks.count == 3)
        for block in blocks {
            let inner = rules.keys.filter { $0.hasPrefix("\(block).") }
            #expect(inner.count >= 2, "\(rules.keys.sorted())")
            for name in inner {
                guard case .steps(let steps) = rules[name], steps.isSigned else { continue }
                #expect(steps.unit == rules[block]?.unit, "\(name)")
            }
            let signed = inner.count {
                if case .steps(let steps) = rules[$0] { steps.isSigned } else { false }
            }
            #expect(signed >= 1)
        }
    }

    @Test(arguments: ["full-precision", "binary-connect-stochastic"])
    func `real weights are refused`(weights: String) throws {
        let random = try RandomNetwork("{\(Self.small)}", weights: weights)
        let error = #expect(throws: Failure.self) {
            try QuantizedNetwork(random.deployed, calibration: Calibration())
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "qonnx: conv2: weights are real, which qonnx does not support; packed and "
                + "float-onnx do")
    }

    @Test func `the objections of compilers name their layers`() throws {
        func lines(
            _ network: String, _ weights: String = "ternary",
            _ scaling: Preprocessing.Scaling = .unit
        ) throws -> [String] {
            let random = try RandomNetwork(network, weights: weights, scaling: scaling)
            return CompilerObjections(random.deployed).lines
        }
        let last = "FINN: output: weights are real; the host computes this layer"
        #expect(try lines("{layers: [40FC, 8FC], input: 6x5x1, classes: 5}") == [last])
        #expect(
            try lines(
                "{layers: [40FC, 8FC], input: 6x5x1, classes: 5, lastLayer: discrete}"
            ).isEmpty)
        #expect(
            try lines("{\(Self.small)}") == [
                "FINN: fc1: is fully connected to 6x5 pixels; the build needs RemoveCNVtoFCFlatten",
                last,
            ])
        #expect(
            try lines("{layers: [8C3, 8C3, GAP], input: 9x9x3, classes: 5}", "bnn") == [
                "FINN, hls4ml: conv2: pads signs with 0, which types of one bit do not have", last,
            ])
        #expect(
            try lines("{layers: [8C3, 8R, GAP], input: 9x9x3, classes: 5}", "ternary", .image) == [
                "FINN: images are standardized one by one; do this on the host",
                "FINN: block1: is a residual block; the build needs its own streamlining", last,
            ])
        let different = Preprocessing.Scaling.channels(
            mean: [0.4, 0.1, 0.7], deviation: [0.2, 0.2, 0.2])
        #expect(
            try lines("{layers: [8C3, GAP], input: 9x9x3, classes: 5}", "ternary", different) == [
                "FINN: images have a scale for each channel, not one for all; standardize them on the "
                    + "host", last,
            ])
        let equal = Preprocessing.Scaling.channels(
            mean: [0.4, 0.4, 0.4], deviation: [0.2, 0.2, 0.2])
        #expect(
            try lines("{layers: [8C3, GAP], input: 9x9x3, classes: 5}", "ternary", equal) == [last])
    }
}
