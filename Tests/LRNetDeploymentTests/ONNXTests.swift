import Foundation
import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Compares what onnxruntime computes from exported files with the engines.
@Suite(.enabled(if: PythonEnvironment.isInstalled, "no onnxruntime; see PythonEnvironment"))
struct ONNXTests {
    struct Example: Sendable, CustomStringConvertible {
        var network: String
        var weights = "ternary"
        var packing: ONNXPacking?
        var scaling = Preprocessing.Scaling.unit
        var lastLayer = LastLayer.float

        var description: String {
            "\(weights) \(network) \(packing?.rawValue ?? "") \(lastLayer.rawValue)"
        }
    }

    private static let plain =
        "{layers: [8C3, MP2, 12C5, MP2, 32FC, dropout], input: 14x13x1, classes: 7}"
    private static let residual =
        "layers: [8C3, 8R, 12R/2, 12R, 20R, GAP], input: 11x10x3, classes: 5"

    static let common: [Example] =
        [
            Example(network: plain), Example(network: plain, packing: .int2),
            Example(network: plain, packing: .int8),
            Example(network: plain, weights: "binary"),
            Example(network: plain, weights: "binary", packing: .trits),
            Example(
                network:
                    "{layers: [8C5/2, MP3/2, 12C3/2, 24FC], input: 33x29x3, classes: 5, "
                    + "padding: symmetric}"),
            Example(
                network: "{layers: [8C7/2, MP3/2, 9C3/3], input: 33x29x3, classes: 5}",
                packing: .int2),
            Example(network: "{\(residual)}"),
            Example(network: "{\(residual), shortcut: zero-padded}"),
            Example(
                network:
                    "{layers: [MP3, 8C3/2, 16FC, 16R, 24R, 64FC], input: 11x10x3, classes: 5}"),
            Example(network: "{\(residual), padding: symmetric, firstLayer: full-precision}"),
            Example(network: "{\(residual)}", weights: "bwn"),
            Example(network: plain, weights: "twn"), Example(network: plain, weights: "ttq"),
            Example(network: plain, weights: "ttq", packing: .int2),
            Example(network: plain, weights: "ttq", packing: .int8),
        ]
        + ["full-precision", "discrete", "discrete-normalized"].map { last in
            Example(
                network:
                    "{layers: [8C3, MP2, 32FC], input: 14x13x1, classes: 7, lastLayer: \(last)}")
        }

    static let signs: [Example] =
        ["bnn", "xnor"].map {
            Example(
                network:
                    "{layers: [8C3, 8C3, MP2, 24FC], input: 10x12x3, classes: 5, "
                    + "firstLayer: full-precision}", weights: $0)
        } + [
            Example(
                network: "{layers: [8C3, MP2, 12C3/2, 24FC], input: 10x12x3, classes: 5}",
                weights: "bnn"),
            Example(
                network:
                    "{layers: [8C3, MP2, 8C3, MP2, 24FC], input: 11x10x3, classes: 5, "
                    + "firstLayer: full-precision}", weights: "xnor"),
            Example(
                network: "{layers: [8C3, 12C3, GAP], input: 9x9x3, classes: 5}", weights: "bnn"),
            Example(
                network: "{layers: [8C3, 8C3, GAP, 16FC], input: 9x9x3, classes: 5}",
                weights: "bnn"),
            Example(
                network: "{layers: [40FC, 32FC], input: 6x5x1, classes: 5, lastLayer: discrete}",
                weights: "ebp"),
        ]

    static let averages: [Example] = [
        Example(network: "{layers: [8C3, GAP, 24FC], input: 10x7x3, classes: 5}"),
        Example(network: "{layers: [8C3, 8R, 12R/2, GAP, 16FC], input: 8x8x3, classes: 5}"),
    ]

    static let inputs: [Example] = [
        Example(network: "{layers: [8C3, 8C3], input: 9x9x3, classes: 5}", scaling: .image),
        Example(
            network: "{layers: [8C3, 8C3], input: 9x9x3, classes: 5}",
            scaling: .channels(mean: [0.4, 0.1, 0.7], deviation: [0.2, 0.5, 0.1])),
        Example(
            network: plain, scaling: .channels(mean: [0.3], deviation: [0.25])),
        Example(
            network: "{layers: [MP3/2, 8C3], input: 9x9x1, classes: 5, padding: symmetric}",
            scaling: .channels(mean: [0.3], deviation: [0.25])),
        Example(
            network: "{layers: [8C3, 8C3], input: 9x9x3, classes: 5}", weights: "bnn",
            scaling: .channels(mean: [0.4, 0.1, 0.7], deviation: [0.2, 0.5, 0.1])),
    ]

    /// Real and discrete last layers in integers, for activations, signs and sums over pixels.
    static let integers: [Example] =
        ["full-precision", "discrete", "discrete-normalized"].flatMap { last in
            [("ternary", "32FC"), ("binary", "GAP"), ("ttq", "GAP")].map { weights, end in
                Example(
                    network: "{layers: [8C3, MP2, \(end)], input: 14x13x1, classes: 7, "
                        + "lastLayer: \(last)}",
                    weights: weights, lastLayer: .int8)
            }
        } + [
            Example(network: "{\(residual)}", lastLayer: .int8),
            Example(network: plain, packing: .int2, lastLayer: .int8),
            Example(
                network: "{layers: [8C3, 12C3, GAP], input: 9x9x3, classes: 5}", weights: "bnn",
                lastLayer: .int8),
            Example(
                network: "{layers: [8C3, MP2, 12C3/2, 24FC], input: 10x12x3, classes: 5}",
                weights: "bnn", lastLayer: .int8),
            Example(
                network: "{layers: [40FC, 32FC], input: 6x5x1, classes: 5, lastLayer: discrete}",
                weights: "ebp", lastLayer: .int8),
        ]

    @Test(arguments: common + signs + averages)
    func `onnxruntime computes the scores of the float engine`(_ example: Example) throws {
        var random = try RandomNetwork(example.network, weights: example.weights)
        let network = random.deployed
        let count = 6
        // The values have few bits, so no sum in a first layer of signs is rounded. Otherwise, the
        // order of summation would decide signs near 0.
        let pictures = random.pictures(count).map { $0.map { Float($0 / 4) / 64 - 0.25 } }
        let bytes = try FloatONNX.bytes(network, packing: example.packing)
        #expect(try FloatONNX.bytes(network, packing: example.packing) == bytes)
        let run = try ONNXRun(
            bytes, pictures: littleEndian(pictures.flatMap { $0.map(\.bitPattern) }), count: count)
        let graph = try ONNXInterpreter(bytes: bytes).run(pictures.flatMap { $0 }, count: count)
        Self.expectNear(
            try run.floats("scores"), try #require(graph["scores"]).map { Float($0) })
        let engine = FloatEngine(network, weights: FloatEngine.Weights(network))
        let expected = pictures.flatMap { engine.run(FloatBuffer($0).all).scores }
        Self.expectNear(try run.floats("scores"), expected)
        expectFolded(run)
    }

    @Test(arguments: common + signs + averages + inputs + integers)
    func `onnxruntime computes the features of the fixed-point engine`(_ example: Example) throws {
        var random = try RandomNetwork(
            example.network, weights: example.weights, scaling: example.scaling)
        let network = random.deployed
        let fixed = try FixedNetwork(
            network, calibration: Self.calibration(&random, example.scaling),
            lastLayer: example.lastLayer)
        let count = 6
        var pictures = random.pictures(count - 1)
        // An image of one color has a standard deviation of 0.
        pictures.append([UInt8](repeating: 9, count: pictures[0].count))
        let bytes = try FixedONNX.bytes(fixed, of: network, packing: example.packing)
        #expect(try FixedONNX.bytes(fixed, of: network, packing: example.packing) == bytes)
        let run = try ONNXRun(bytes, pictures: pictures.flatMap { $0 }, count: count)
        let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed))
        let expected = pictures.map { engine.run(engine.input($0)) }
        let features = try run.integers("features")
        #expect(features == expected.flatMap(\.features))
        let graph = try ONNXInterpreter(bytes: bytes).run(
            pictures.flatMap { $0.map { Float($0) } }, count: count)
        #expect(graph["features"] == features.map { Double($0) })
        // The features are not all the same.
        let areSigns = ["bnn", "ebp"].contains(example.weights)
        let least = areSigns && !example.network.contains("GAP]") ? 2 : 20
        #expect(Set(features).count >= least, "\(Set(features).count)")
        if example.lastLayer == .int8 {
            let scores = try run.integers("scores")
            #expect(scores == expected.flatMap(\.integerScores))
            #expect(graph["scores"] == scores.map { Double($0) })
        } else {
            Self.expectNear(try run.floats("scores"), expected.flatMap(\.scores))
        }
        if example.scaling != .image { expectFolded(run, except: fixed.comparisons) }
    }

    /// Groups, zero points and windows that are not square do not occur in the exported files.
    @Test func `the interpreter matches onnxruntime on further forms of operators`() throws {
        let folder = try TestFolder()
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let outcome = try Launch(
            PythonEnvironment.path,
            [tests.appendingPathComponent("write_operators.py").path, folder.path]
        ).wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let picture = try FileBytes.read("\(folder.path)/picture").map { Float($0) }
        let graph = try ONNXInterpreter(bytes: FileBytes.read("\(folder.path)/net.onnx"))
        let features = try FileBytes.read("\(folder.path)/features")
        let expected = stride(from: 0, to: features.count, by: 4).map { start in
            Int32(
                truncatingIfNeeded: (0..<4).reduce(0) { $0 | Int(features[start + $1]) << (8 * $1) }
            )
        }
        #expect(expected.count == 4 && Set(expected).count > 2)
        #expect(try graph.run(picture)["features"] == expected.map { Double($0) })
    }

    /// Returns the maxima of the activations on only two images, so that others saturate.
    static func calibration(
        _ random: inout RandomNetwork, _ scaling: Preprocessing.Scaling
    ) -> Calibration {
        var maxima: [String: Float] = [:]
        func add(_ name: String, _ values: [Float]) {
            maxima[name] = values.reduce(maxima[name] ?? 0) { max($0, abs($1)) }
        }
        let engine = FloatEngine(
            random.deployed, weights: FloatEngine.Weights(random.deployed))
        for pixels in random.pictures(2) {
            let picture = standardized(pixels, scaling)
            add(Calibration.inputName, picture.values)
            _ = engine.run(picture) { add($0, $1.values) }
        }
        return Calibration(maxima: maxima)
    }

    /// Returns the network's input for an image.
    static func standardized(_ pixels: [UInt8], _ scaling: Preprocessing.Scaling) -> FloatView {
        let picture = FloatBuffer(pixels.map { Float($0) }).all
        switch scaling {
        case .unit: Elementwise.scale(picture, by: 1 / 255)
        case .image: ImageKernels.standardize(picture)
        case .channels(let mean, let deviation):
            ChannelAffine(standardizing: mean, deviation: deviation).apply(picture)
        }
        return picture
    }

    private func littleEndian(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 255) } }
    }

    /// Expects scores that differ only by the order of summation.
    static func expectNear(
        _ scores: [Float], _ expected: [Float], tolerance share: Float = 2e-5
    ) {
        let square = expected.reduce(0) { $0 + $1 * $1 } / Float(expected.count)
        let tolerance = share * square.squareRoot()
        #expect(scores.count == expected.count)
        #expect(
            zip(scores, expected).allSatisfy { abs($0 - $1) <= tolerance },
            "\(zip(scores, expected).map { ($0 - $1) / square.squareRoot() })")
    }

    /// Expects that weights are unpacked when the file is loaded, not for each image.
    ///
    /// - Parameter comparisons: The numbers of `Max` and `Min` that do not unpack weights.
    private func expectFolded(_ run: ONNXRun, except comparisons: [String: Int] = [:]) {
        for operation in run.operations {
            let parts = operation.split(separator: " ")
            let name = parts.first.map(String.init) ?? ""
            if ["Max", "Min"].contains(name) {
                #expect(parts.last == "\(comparisons[name] ?? 0)", "\(run.operations)")
            }
            if name == "Gather" { #expect(operation == "Gather 1", "\(run.operations)") }
        }
    }
}

extension FixedNetwork {
    /// The numbers of `Max` and `Min` in the graph.
    fileprivate var comparisons: [String: Int] {
        var result: [String: Int] = [:]
        for step in steps {
            guard case .average = step else { continue }
            result["Min", default: 0] += 1
            result["Max", default: 0] += 1
        }
        return result
    }
}
