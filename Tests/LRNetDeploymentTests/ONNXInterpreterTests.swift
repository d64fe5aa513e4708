import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetSupport
import Testing

/// Compares what `ONNXInterpreter` computes from the bytes of ONNX files with the engines.
@Suite struct ONNXInterpreterTests {
    @Test(arguments: ONNXTests.common + ONNXTests.signs + ONNXTests.averages)
    func `the interpreter computes the scores of the float engine`(
        _ example: ONNXTests.Example
    ) throws {
        var random = try RandomNetwork(example.network, weights: example.weights)
        let network = random.deployed
        let pictures = random.pictures(3).map { $0.map { Float($0 / 4) / 64 - 0.25 } }
        let graph = try ONNXInterpreter(
            bytes: FloatONNX.bytes(network, packing: example.packing))
        let engine = FloatEngine(network, weights: FloatEngine.Weights(network))
        let expected = pictures.flatMap { engine.run(FloatBuffer($0).all).scores }
        let scores = try pictures.flatMap { try #require(graph.run($0)["scores"]) }
        ONNXTests.expectNear(scores.map { Float($0) }, expected)
        let together = try graph.run(pictures.flatMap { $0 }, count: 3)
        #expect(together["scores"] == scores)
    }

    @Test(arguments: ONNXTests.common + ONNXTests.signs + ONNXTests.averages + ONNXTests.inputs)
    func `the interpreter computes the features of the fixed-point engine`(
        _ example: ONNXTests.Example
    ) throws {
        var random = try RandomNetwork(
            example.network, weights: example.weights, scaling: example.scaling)
        let fixed = try FixedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, example.scaling))
        let graph = try ONNXInterpreter(
            bytes: FixedONNX.bytes(fixed, of: random.deployed, packing: example.packing))
        let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed))
        for picture in random.pictures(6) + [[UInt8](repeating: 9, count: random.input.count)] {
            let expected = engine.run(engine.input(picture))
            let outputs = try graph.run(picture.map { Float($0) })
            #expect(outputs["features"] == expected.features.map { Double($0) })
            let scores = try #require(outputs["scores"])
            ONNXTests.expectNear(scores.map { Float($0) }, expected.scores)
        }
    }

    @Test(arguments: [ONNXPacking.trits, .int2])
    func `a damaged file is rejected or computed, without a crash`(packing: ONNXPacking) throws {
        var random = try RandomNetwork(
            "{layers: [4C3/2, MP2, 4R, 8R/2, GAP], input: 8x8x1, classes: 3, "
                + "shortcut: zero-padded}", scaling: .image)
        let fixed = try FixedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, .image))
        let picture = random.pictures(1)[0].map { Float($0) }
        let quantized = try QuantizedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, .image))
        let files = [
            try FloatONNX.bytes(random.deployed, packing: packing),
            try FixedONNX.bytes(fixed, of: random.deployed, packing: packing),
            try QONNX.bytes(quantized),
        ]
        for bytes in files {
            let whole = try ONNXInterpreter(bytes: bytes).run(picture)
            var refusals = 0
            var differences = 0
            for index in stride(from: packing == .int2 ? 1 : 0, to: bytes.count, by: 3) {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(index % 8)
                do {
                    let result = try ONNXInterpreter(bytes: damaged).run(picture)
                    differences += result == whole ? 0 : 1
                } catch is Failure { refusals += 1 }
            }
            #expect(refusals > bytes.count / 12 && differences > 20, "\(refusals) \(differences)")
            for length in bytes.indices where length < 40 || length % 97 == 0 {
                #expect(throws: Failure.self, "\(length) of \(bytes.count)") {
                    try ONNXInterpreter(bytes: Array(bytes.prefix(length)))
                }
            }
        }
    }

    @Test func `an operator of another domain is rejected`() throws {
        var random = try RandomNetwork("{layers: [8FC], input: 4x4x1, classes: 3}")
        let network = try QuantizedNetwork(
            random.deployed, calibration: ONNXTests.calibration(&random, .unit))
        var bytes = try QONNX.bytes(network)
        let place = try #require(bytes.firstRange(of: Array("qonnx.custom".utf8)))
        bytes.replaceSubrange(place, with: Array("other.custom".utf8))
        let error = #expect(throws: Failure.self) { try ONNXInterpreter(bytes: bytes) }
        #expect(error?.exitStatus == .badData)
        #expect(error?.description.hasPrefix("onnx: domains: are ") == true)
    }

    @Test func `an unknown operator is rejected by its name`() throws {
        let random = try RandomNetwork("{layers: [8FC], input: 4x4x1, classes: 3}")
        var bytes = try FloatONNX.bytes(random.deployed)
        let place = try #require(bytes.firstRange(of: Array("Relu".utf8)))
        bytes.replaceSubrange(place, with: Array("Tanh".utf8))
        let error = #expect(throws: Failure.self) { try ONNXInterpreter(bytes: bytes) }
        #expect(error?.description == "onnx: Tanh bn1: is an unknown operator")
    }
}
