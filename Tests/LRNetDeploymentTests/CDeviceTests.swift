import Foundation
import LRNetData
import LRNetDeployment
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Exported C on Cortex-M4, Cortex-M0+, RISC-V without multiplication, and big-endian s390x, in
/// qemu.
///
/// `launch/test.sh --devices` installs what these tests need and enables them.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["LRNET_DEVICES"] != nil,
        "needs launch/test.sh --devices"))
struct CDeviceTests {
    private static let networks: [(name: String, example: ONNXTests.Example)] = [
        (
            "mnist",
            ONNXTests.Example(
                network: "{layers: [32C5, MP2, 64C5, MP2, 512FC], input: 28x28x1, classes: 10}")
        ),
        (
            "binary",
            ONNXTests.Example(
                network: "{layers: [16C3, MP2, 16C3, MP3/2, 40FC], input: 18x18x3, classes: 5}",
                weights: "binary")
        ),
        (
            "residual",
            ONNXTests.Example(
                network: "{layers: [8C3, 8R, 12R/2, 20R, GAP], input: 11x10x3, classes: 5}",
                scaling: .image)
        ),
        (
            "signs",
            ONNXTests.Example(
                network: "{layers: [8C3, 8C3, MP2, 24FC], input: 10x12x3, classes: 5, "
                    + "firstLayer: full-precision, lastLayer: discrete}", weights: "bnn")
        ),
        (
            "two-bits",
            ONNXTests.Example(
                network: "{layers: [8C3, MP2, 32FC], input: 14x13x1, classes: 7}", weights: "ttq",
                packing: .int2)
        ),
    ]

    @Test
    func `emulated devices compute equal results without multiplying`() throws {
        try Self.run(Self.networks)
    }

    /// Methods whose C code differs, with all kinds of layers and both kinds of last layers.
    @Test(arguments: ["ternary", "binary", "ttq", "bnn", "ebp"])
    func `no kind of layer multiplies on emulated devices`(method: String) throws {
        try Self.run(
            CCoverageTests.networks(method).enumerated().map { ("\(method)-\($0)", $1) })
    }

    /// Runs networks on all devices. The prefix of the names is not the standard one.
    private static func run(_ networks: [(name: String, example: ONNXTests.Example)]) throws {
        let folder = try TestFolder()
        for (name, example) in networks {
            _ = try CFolder(.random(example, prefix: "tiny"), at: "\(folder.path)/\(name)")
        }
        let script = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }.appendingPathComponent("launch/tools/devices.sh").path
        for (name, _) in networks {
            let outcome = try Launch(script, ["\(folder.path)/\(name)"]).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("FAILED"))
            FileHandle.standardError.write(Data(outcome.errors.utf8))
        }
    }
}
