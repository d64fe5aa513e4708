import LRNetDeployment
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// The size of ONNX files.
@Suite struct ONNXBytesTests {
    @Test(arguments: [("ternary", 1.75), ("binary", 1.1)])
    func `discrete weights take fewer than two bits each`(weights: String, bits: Double) throws {
        let network = try RandomNetwork("mnist", weights: weights).deployed
        let count = network.products.filter(\.weights.isDiscrete).reduce(0) {
            $0 + $1.fanIn * $1.outputs
        }
        let last = try #require(network.products.last)
        let realBytes = 4 * last.fanIn * last.outputs
        let size = try FloatONNX.bytes(network).count
        #expect(Double(8 * (size - realBytes)) / Double(count) < bits, "\(size) bytes")
        #expect(try FloatONNX.bytes(network, packing: .int2).count > size)
    }

    @Test func `ternary weights cannot be packed as bits`() throws {
        let network = try RandomNetwork("{layers: [8FC], input: 4x4x1, classes: 3}").deployed
        let error = #expect(throws: Failure.self) {
            try FloatONNX.bytes(network, packing: .bits)
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "float-onnx: fc1: bits cannot store zeros; choose --packing trits or int2")
    }
}
