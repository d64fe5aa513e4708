import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// The Python environment of `launch/tools/python-env.sh`, whose packages read exported files.
enum PythonEnvironment {
    /// The path of the interpreter; LRNET_PYTHON overrides it.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["LRNET_PYTHON"] { return path }
        let folder = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        return folder.appendingPathComponent(".venv-tests/bin/python").path
    }()

    /// True if the required packages are installed. Otherwise, the first use prints a note.
    static let isInstalled: Bool = {
        if FileManager.default.isExecutableFile(atPath: path),
            let launch = try? Launch(path, ["-c", "import numpy, onnx, onnxruntime"]),
            let outcome = try? launch.wait(), outcome.status == 0
        {
            return true
        }
        FileHandle.standardError.write(
            Data(
                "SKIPPED: tests that need onnx and onnxruntime, which \(path) does not have; run "
                    .appending("launch/tools/python-env.sh\n").utf8))
        return false
    }()
}

/// The results of onnxruntime for an exported file and some images.
struct ONNXRun {
    /// Contains a file per output, with the values of all images one after the other.
    private let folder: TestFolder
    let count: Int
    /// The operations per image after loading; each line has a name and a number.
    let operations: [String]

    /// - Parameter pictures: The bytes of all images, in the type of the input.
    init(_ bytes: [UInt8], pictures: [UInt8], count: Int) throws {
        self.count = count
        folder = try TestFolder()
        let net = "\(folder.path)/net.onnx"
        try AtomicFile.write(bytes, to: net)
        try AtomicFile.write(pictures, to: "\(folder.path)/pictures")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("check_onnx.py").path
        let outcome = try Launch(
            PythonEnvironment.path, [script, net, "\(folder.path)/pictures", "\(count)"]
        ).wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let text = String(
            decoding: try FileBytes.read("\(folder.path)/operations"), as: UTF8.self)
        operations = text.split(separator: "\n").map(String.init)
    }

    /// Returns an output as 32-bit words.
    private func words(_ name: String) throws -> [UInt32] {
        let bytes = try FileBytes.read("\(folder.path)/\(name)")
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
        }
    }

    func floats(_ name: String) throws -> [Float] { try words(name).map { Float(bitPattern: $0) } }

    func integers(_ name: String) throws -> [Int32] {
        try words(name).map { Int32(bitPattern: $0) }
    }
}
