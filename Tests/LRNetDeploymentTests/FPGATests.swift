import Foundation
import LRNetDeployment
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Reads QONNX files with qonnx, and compiles them with hls4ml.
///
/// `launch/test.sh --devices` installs what these tests need and enables them.
@Suite(.enabled(if: FPGAEnvironment.isEnabled, "needs launch/test.sh --devices"))
struct FPGATests {
    private func write(_ sample: QuantizedNetworkTests.Sample, _ folder: TestFolder) throws {
        try AtomicFile.write(QONNX.bytes(sample.network), to: "\(folder.path)/net.onnx")
        let words = sample.images.flatMap { $0.map(\.bitPattern) }
        try AtomicFile.write(
            words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 255) } },
            to: "\(folder.path)/images")
    }

    @Test(arguments: QuantizedNetworkTests.methods)
    func `qonnx computes the values of a reference and of the quantized engine`(
        _ example: ONNXTests.Example
    ) throws {
        let folder = try TestFolder()
        let sample = try QuantizedNetworkTests.Sample(example)
        try write(sample, folder)
        let output = try FPGAEnvironment.run(
            "check_qonnx.py",
            ["\(folder.path)/net.onnx", "\(folder.path)/images", "3", "\(folder.path)/scores"])
        let words = output.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        let numbers = words.compactMap { Double($0) }
        try #require(numbers.count == 3, "\(output)")
        // All rounded activations and weights are equal.
        #expect(numbers[1] == 0 && numbers[2] > 500, "\(output)")
        ONNXTests.expectNear(try FPGAEnvironment.floats("\(folder.path)/scores"), sample.scores)
    }

    /// Batch norm and the last layer are computed in `fixed<40,16>`.
    @Test(
        arguments: [
            ("ternary", "fixed<2,2,", "[4C3, MP2, 6C3, 10FC]"),
            ("binary", "uint<1>", "[4C3, MP2, 6C3, 10FC]"), ("ternary", "fixed<2,2,", "[4C3, GAP]"),
            ("binary", "uint<1>", "[4C3, 4R, 6R/2, GAP]"), ("ttq", "fixed<8,1,", "[4C3/2, 6FC]"),
        ])
    func `hls4ml compiles a network to weights of few bits`(
        weights: String, type: String, layers: String
    ) throws {
        let folder = try TestFolder()
        let sample = try QuantizedNetworkTests.Sample(
            ONNXTests.Example(
                network: "{layers: \(layers), input: 8x8x1, classes: 4}", weights: weights),
            count: 8)
        try write(sample, folder)
        let output = try FPGAEnvironment.run(
            "check_hls4ml.py",
            [
                "\(folder.path)/net.onnx", "\(folder.path)/images", "8", "\(folder.path)/scores",
                "\(folder.path)/project",
            ])
        let types = output.split(separator: "\n").filter { $0.hasPrefix("weight ") }
        #expect(
            types.count { $0.contains(" \(type)") } == sample.network.weights.count, "\(types)")
        ONNXTests.expectNear(
            try FPGAEnvironment.floats("\(folder.path)/scores"), sample.scores, tolerance: 1e-4)
    }
}
