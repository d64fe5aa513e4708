import LRNetData
import LRNetDeployment
import LRNetSupport
import LRNetTraining
import Testing

/// The last layer in integers.
@Suite struct LastLayerTests {
    private static let networks = [
        "{layers: [8C3, MP2, 32FC], input: 14x13x1, classes: 7}",
        "{layers: [8C3, 8R, GAP], input: 11x10x3, classes: 5, lastLayer: discrete-normalized}",
        "{layers: [8C3, GAP], input: 9x7x1, classes: 5, lastLayer: discrete}",
    ]

    /// A weight and a bias are rounded by at most half a unit.
    @Test(arguments: networks, ["ternary", "bnn", "ttq"])
    func `integer scores times the unit are the real scores up to rounding`(
        network: String, weights: String
    ) throws {
        if weights == "bnn" && network.contains("8R") { return }
        var random = try RandomNetwork(network, weights: weights)
        let calibration = ONNXTests.calibration(&random, .unit)
        let networks = try LastLayer.allCases.map {
            try FixedNetwork(random.deployed, calibration: calibration, lastLayer: $0)
        }
        let output = networks[1].output
        let integer = try #require(output.integer)
        #expect(integer.weights.map { abs(Int($0)) }.max() == 64)
        let engines = networks.map { FixedEngine($0, weights: FixedEngine.Weights($0)) }
        for pixels in random.pictures(6) {
            let results = engines.map { $0.run($0.input(pixels)) }
            #expect(results[0].features == results[1].features)
            #expect(results[0].integerScores.isEmpty)
            #expect(results[1].integerScores.count == output.classes)
            let sum = results[1].features.reduce(0) { $0 + abs(Int($1 - output.zeroPoint)) }
            let bound = 0.5001 * integer.unit * Double(sum + 1)
            for (label, score) in results[1].integerScores.enumerated() {
                let real = Double(results[0].scores[label])
                #expect(abs(Double(score) * integer.unit - real) <= bound)
                let shown = Double(results[1].scores[label])
                #expect(abs(shown - Double(score) * integer.unit) <= 1e-6 * max(abs(shown), 1))
            }
        }
    }

    @Test func `a packed file remembers the arithmetic of the last layer`() throws {
        var random = try RandomNetwork(Self.networks[0])
        let calibration = ONNXTests.calibration(&random, .unit)
        func bytes(_ lastLayer: LastLayer) throws -> [UInt8] {
            try PackedFile.bytes(
                of: random.deployed, calibration: calibration, digits: 4, lastLayer: lastLayer,
                origin: random.stored.file.contents.metadata)
        }
        let written = try FixedNetwork(
            random.deployed, calibration: calibration, lastLayer: .int8)
        let file = try PackedFile(bytes: bytes(.int8), path: "net.lrnet.safetensors")
        #expect(file.fixed?.output == written.output)
        #expect(file.metadata["lastLayer"] == "int8")
        let real = try PackedFile(bytes: bytes(.float), path: "net.lrnet.safetensors")
        #expect(real.fixed?.lastLayer == .float)
        #expect(real.metadata["lastLayer"] == nil)
    }

    /// Large biases need more than 32 bits in the unit of tiny weights.
    @Test func `scores that could exceed int32 are refused`() throws {
        let random = try RandomNetwork(Self.networks[0])
        let calibration = Calibration(maxima: ["bn1": 1e-4, "bn2": 1e-8])
        let error = #expect(throws: Failure.self) {
            try FixedNetwork(random.deployed, calibration: calibration, lastLayer: .int8)
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description.hasSuffix(
                "could exceed 2^31 in integers; use --last-layer float") == true,
            "\(error?.description ?? "")")
    }
}
