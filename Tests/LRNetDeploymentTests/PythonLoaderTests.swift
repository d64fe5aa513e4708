import Foundation
import LRNetDeployment
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// Tests `launch/python/lrnet_packed.py`, which reads packed files and winners. With PyTorch, it
/// computes their scores.
@Suite(.enabled(if: PythonEnvironment.isInstalled, "no NumPy; see PythonEnvironment"))
struct PythonLoaderTests {
    private static func floats(_ path: String) throws -> [Float] {
        let bytes = try FileBytes.read(path)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1))
                })
        }
    }

    @Test(
        arguments: DeployedNetworkTests.networks.filter { !["ebp"].contains($0.weights) },
        [true, false])
    func `the Python loader reads the weights and computes the scores`(
        example: (network: String, weights: String), isPacked: Bool
    ) throws {
        var random = try RandomNetwork(example.network, weights: example.weights)
        let folder = try TestFolder()
        let path = "\(folder.path)/net.safetensors"
        let bytes =
            isPacked
            ? try PackedFile.bytes(
                of: random.deployed, calibration: nil, digits: 4,
                origin: random.stored.file.contents.metadata)
            : random.bytes
        try AtomicFile.write(bytes, to: path)
        let pictures = random.pictures(4)
        try AtomicFile.write(pictures.flatMap { $0 }, to: "\(folder.path)/pictures")
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent().path
        let outcome = try Launch(
            PythonEnvironment.path,
            [
                tests.appendingPathComponent("check_loader.py").path, "\(root)/launch/python", path,
                "\(folder.path)/pictures", "4", folder.path,
            ]
        ).wait()
        let hasSigns = ["bnn", "xnor"].contains(example.weights)
        let isRefusal = hasSigns && outcome.errors.contains("has sign activations")
        #expect(outcome.status == 0 || isRefusal, "\(outcome.errors)")
        if isPacked {
            let weights = random.deployed.products.sorted { $0.name < $1.name }.flatMap {
                $0.weights.values.reals
            }
            #expect(try Self.floats("\(folder.path)/weights") == weights)
        }
        guard !outcome.output.contains("no torch"), !hasSigns else { return }
        let scores = try Self.floats("\(folder.path)/scores")
        let engine = FloatEngine(
            random.deployed, weights: FloatEngine.Weights(random.deployed))
        let expected = pictures.flatMap { picture in
            engine.run(FloatBuffer(picture.map { Float($0) / 255 }).all).scores
        }
        let rms = (expected.reduce(0) { $0 + Double($1) * Double($1) } / Double(expected.count))
            .squareRoot()
        let largest = zip(scores, expected).map { abs(Double($0) - Double($1)) }.max() ?? .infinity
        #expect(scores.count == expected.count && largest < 2e-5 * rms)
    }
}
