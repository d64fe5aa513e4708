internal import Foundation
internal import LRNetSupport

/// The files of a C export, compiled with this machine's compiler.
final class CProgram: Sendable {
    private let folder: String

    /// A program that reads images from a file and writes features and scores to another.
    private static let main = """
        #include <stdio.h>

        #include "net.h"

        int main(int count, char **arguments)
        {
            static uint8_t image[NET_IMAGE];
            float scores[NET_CLASSES];
            FILE *in = fopen(count > 1 ? arguments[1] : "", "rb");
            FILE *out = fopen(count > 2 ? arguments[2] : "", "wb");
            if (in == 0 || out == 0) return 1;
            while (fread(image, 1, sizeof image, in) == sizeof image) {
                const net_feature *features = net_features(image);
                fwrite(features, sizeof features[0], NET_FEATURES, out);
                net_run(image, scores);
                fwrite(scores, sizeof scores[0], NET_CLASSES, out);
            }
            return fclose(out);
        }

        """

    /// Compiles the files and runs `test.c`.
    ///
    /// - Returns: `nil` if this machine has no C compiler.
    /// - Throws: `Failure` (70) if a file does not compile or the test fails.
    init?(_ files: [(name: String, text: String)]) throws {
        guard let compiler = Self.compiler else { return nil }
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("lrnet-c-\(UUID().uuidString)").path
        try AtomicFile.createFolder(folder)
        do {
            for (name, text) in files + [("main.c", Self.main)] {
                try AtomicFile.write(text, to: "\(folder)/\(name)")
            }
            for (program, source) in [("test", "test.c"), ("main", "main.c")] {
                let output = try Self.run(
                    compiler,
                    ["-std=c99", "-O2", "-o", program, "net.c", source], in: folder)
                if let output {
                    let lines = output.split(whereSeparator: \.isNewline)
                    let reason = lines.first { $0.contains("error") } ?? lines.first
                    throw Self.failure("does not compile with cc: \(reason ?? "no message")")
                }
            }
            guard try Self.run("\(folder)/test", [], in: folder) == nil else {
                throw Self.failure("fails its own test.c")
            }
        } catch {
            try? AtomicFile.remove(folder)
            throw error
        }
    }

    deinit { try? AtomicFile.remove(folder) }

    /// Returns the features and scores of an image.
    func run(_ pixels: [UInt8], _ output: FixedOutput) throws -> FixedEngine.Result {
        let name = "\(folder)/\(UUID().uuidString)"
        defer {
            try? AtomicFile.remove("\(name).in")
            try? AtomicFile.remove("\(name).out")
        }
        // Not an atomic file: syncing every image to the disk would be slow.
        try Data(pixels).write(to: URL(fileURLWithPath: "\(name).in"))
        guard
            try Self.run("\(folder)/main", ["\(name).in", "\(name).out"], in: folder) == nil
        else { throw Self.failure("ends with an error") }
        let bytes = try FileBytes.read("\(name).out")
        let size = output.pixelCount > 1 ? 4 : 1
        let split = output.inputs * size
        guard bytes.count == split + 4 * output.classes else {
            throw Self.failure("has another number of features or scores")
        }
        let features =
            size == 1
            ? bytes[..<split].map { Int32($0) }
            : Self.words(bytes[..<split]).map { Int32(bitPattern: $0) }
        let scores = Self.words(bytes[split...]).map { Float(bitPattern: $0) }
        return FixedEngine.Result(scores: scores, features: features)
    }

    /// Returns the little-endian words of a file that this machine wrote.
    private static func words(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private static func failure(_ message: String) -> Failure {
        FailureSite("export", "net.c").failure(
            .internalError, "\(message); nothing was written")
    }

    private static let compiler: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/cc" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Runs a program; returns `nil` if it succeeds, or else what it printed.
    private static func run(
        _ program: String, _ arguments: [String], in folder: String
    ) throws -> String? {
        let log = "\(folder)/\(UUID().uuidString).log"
        defer { try? AtomicFile.remove(log) }
        try Data().write(to: URL(fileURLWithPath: log))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        let handle = FileHandle(forWritingAtPath: log)
        process.standardOutput = handle ?? FileHandle.nullDevice
        process.standardError = handle ?? FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try? handle?.close()
        if process.terminationReason == .exit, process.terminationStatus == 0 { return nil }
        return String(decoding: try FileBytes.read(log), as: UTF8.self)
    }
}
