import LRNetData
import LRNetDeployment
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Every training method with every kind of layer in C, several networks in one program.
@Suite(.enabled(if: !CCompiler.installed.isEmpty, "no C compiler"))
struct CCoverageTests {
    private static let real = [
        "ternary", "gumbel-ternary", "log-derivative", "binary", "gumbel-binary",
        "binary-connect", "bwn", "twn", "ttq",
    ]
    private static let signs = ["bnn", "xnor", "ebp"]

    /// Strides, both paddings, pooling with padding, residual blocks, fully connected layers, and
    /// means before the last layer and before another one.
    static func networks(_ method: String) -> [ONNXTests.Example] {
        let texts: [String]
        switch method {
        case "ebp":
            texts = [
                "[40FC, 32FC], input: 6x5x1, classes: 5",
                "[30FC], input: 3x4x2, classes: 4, lastLayer: discrete",
            ]
        case "xnor":
            texts = [
                "[8C3/2, MP3/2, 8C3, MP2, 24FC, 10FC], input: 15x13x2, classes: 5",
                "[8C5, MP3/2, 12C3/2, 9FC], input: 14x11x3, classes: 5, padding: symmetric, "
                    + "lastLayer: discrete",
                "[8C3, 8C3, GAP], input: 9x7x2, classes: 4",
            ].map { $0 + ", firstLayer: full-precision" }
        case "bnn":
            texts = [
                "[8C3/2, MP3/2, 8C3, MP2, 24FC, 10FC], input: 15x13x2, classes: 5",
                "[8C5, MP3/2, 12C3/2, GAP], input: 14x11x3, classes: 5, padding: symmetric, "
                    + "firstLayer: full-precision",
                "[8C3, GAP, 16FC], input: 9x7x2, classes: 4, lastLayer: discrete",
            ]
        default:
            texts = [
                "[8C3/2, MP3/2, 8C3, MP2, 24FC, 10FC], input: 15x13x2, classes: 5",
                "[8C3, MP3/2, 8R, 12R/2, GAP], input: 14x11x3, classes: 5, padding: symmetric, "
                    + "firstLayer: full-precision",
                "[8C5/2, 8R, 12R/2, 9FC], input: 13x12x3, classes: 5, shortcut: zero-padded, "
                    + "lastLayer: discrete-normalized",
                "[8C3, GAP, 16FC], input: 9x7x2, classes: 4, lastLayer: discrete",
            ]
        }
        return texts.enumerated().map { index, text in
            ONNXTests.Example(
                network: "{layers: \(text)}", weights: method,
                lastLayer: index.isMultiple(of: 2) ? .float : .int8)
        }
    }

    /// Calls the test programs of all networks.
    private static func program(_ prefixes: [String]) -> String {
        let tests = prefixes.map {
            """
            #define main \($0)_main
            #include "\($0)/test.c"
            #undef main
            """
        }
        let sum = prefixes.map { "\($0)_main()" }.joined(separator: " + ")
        return tests.joined(separator: "\n") + "\nint main(void) { return \(sum); }\n"
    }

    @Test(arguments: real + signs)
    func `the networks of each method link into one program that computes their vectors`(
        method: String
    ) throws {
        let folder = try TestFolder()
        let examples = Self.networks(method)
        let prefixes = examples.indices.map { "net\($0)" }
        var sources = ["\(folder.path)/all.c"]
        for (prefix, example) in zip(prefixes, examples) {
            let export = try CExport.random(example, prefix: prefix)
            let path = "\(folder.path)/\(prefix)"
            _ = try CFolder(export, at: path)
            sources.append("\(path)/\(prefix).c")
        }
        try AtomicFile.write(Self.program(prefixes), to: "\(folder.path)/all.c")
        let compiler = CCompiler.installed[0]
        try compiler.compile(
            compiler.strict + ["-O1"] + compiler.sanitizers + ["-o", "\(folder.path)/all"] + sources
        )
        let outcome = try Launch("\(folder.path)/all", []).wait()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.output == String(repeating: "all vectors are equal\n", count: prefixes.count))
    }

    /// Batch norm then follows the mean.
    @Test func `a mean over pixels before a hidden layer of xnor is refused`() throws {
        let example = ONNXTests.Example(
            network: "{layers: [8C3, GAP, 16FC], input: 8x8x2, classes: 5, "
                + "firstLayer: full-precision}", weights: "xnor")
        let error = #expect(throws: Failure.self) { try CExport.random(example) }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "fixed: bn2: batch norm without a product before it, which fixed point does not "
                + "support; packed and float-onnx do")
    }

    /// The random networks contain the channels whose rounding is delicate.
    @Test(arguments: real)
    func `the networks contain dead, negative and saturated channels`(method: String) throws {
        for example in Self.networks(method) {
            var random = try RandomNetwork(example.network, weights: method)
            let fixed = try FixedNetwork(
                random.deployed, calibration: ONNXTests.calibration(&random, .unit))
            #expect(fixed.constantChannelCount > 0, "\(example)")
            let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed))
            var seen: Set<UInt8> = []
            for pixels in random.pictures(6) {
                _ = engine.run(engine.input(pixels)) { seen.formUnion($1) }
            }
            #expect(seen.isSuperset(of: [0, 255]), "\(example)")
        }
    }

    @Test(arguments: ["full-precision", "binary-connect-stochastic"])
    func `a method with real weights is refused`(method: String) throws {
        let example = ONNXTests.Example(
            network: "{layers: [8C3, MP2, 12FC], input: 8x8x1, classes: 5}", weights: method)
        let error = #expect(throws: Failure.self) { try CExport.random(example) }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "fixed: fc1: weights are real, which fixed point does not support; packed and "
                + "float-onnx do")
    }
}
