import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// The Python environment of `launch/tools/python-env.sh --fpga`, with QONNX and hls4ml.
///
/// `launch/test.sh --devices` installs it and enables the tests that need it.
enum FPGAEnvironment {
    static let isEnabled = ProcessInfo.processInfo.environment["LRNET_DEVICES"] != nil

    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private static let root = tests.deletingLastPathComponent().deletingLastPathComponent()

    /// The path of the interpreter; LRNET_FPGA_PYTHON overrides it.
    private static let python: String =
        ProcessInfo.processInfo.environment["LRNET_FPGA_PYTHON"]
        ?? root.appendingPathComponent(".venv-fpga/bin/python").path

    /// Runs a script of this folder and returns its output.
    ///
    /// Python finds the modules of `launch/python`.
    static func run(_ script: String, _ arguments: [String]) throws -> String {
        let path = tests.appendingPathComponent(script).path
        let modules = root.appendingPathComponent("launch/python").path
        let outcome = try Launch(
            python, [path] + arguments, environment: ["PYTHONPATH": modules]
        ).wait()
        try #require(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
        return outcome.output
    }

    /// Returns the Float32 numbers of a file.
    static func floats(_ path: String) throws -> [Float] {
        let bytes = try FileBytes.read(path)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) {
                    $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1))
                })
        }
    }
}
