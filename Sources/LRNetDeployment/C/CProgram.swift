internal import Foundation
internal import LRNetSupport

/// The files of a C export, compiled with this machine's compiler.
final class CProgram: Sendable {
    private let folder: String
    /// The name of the C file, for errors.
    private let name: String

    /// Compiles the files and runs `test.c`.
    ///
    /// - Returns: `nil` if this machine has no C compiler.
    /// - Throws: `Failure` (70) if a file does not compile or the test fails.
    init?(_ code: CExport) throws {
        guard let compiler = Self.compiler else { return nil }
        name = code.names.files[1]
        folder = try Interruption.makeFolder("lrnet-c")
        do {
            let files = code.files + [("\(Self.runner).c", Self.source(code.names))]
            for (name, text) in files { try AtomicFile.write(text, to: "\(folder)/\(name)") }
            let objects = [code.names.prefix, "test", Self.runner]
            for object in objects {
                try compile(compiler, ["-O2", "-c"], [object + ".c"], object + ".o")
            }
            for program in objects.dropFirst() {
                try compile(
                    compiler, [], [objects[0] + ".o", program + ".o"], program)
            }
            guard try Interruption.run(["\(folder)/test"]).code == 0 else {
                throw failure("fails its own test.c")
            }
        } catch {
            Interruption.removeFolder(folder)
            throw error
        }
    }

    deinit { Interruption.removeFolder(folder) }

    private static let compiler: String? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/cc" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private func compile(
        _ compiler: String, _ options: [String], _ sources: [String], _ output: String
    ) throws {
        // The compiler's own temporary files are in the folder, too.
        let outcome = try Interruption.run(
            ["env", "TMPDIR=\(folder)", compiler, "-std=c99"] + options
                + ["-o", "\(folder)/\(output)"] + sources.map { "\(folder)/\($0)" })
        guard outcome.code != 0 else { return }
        let lines = outcome.words.split(whereSeparator: \.isNewline)
        let reason = lines.first { $0.contains("error") } ?? lines.first
        throw failure("does not compile with cc: \(reason ?? "no message")")
    }

    private func failure(_ message: String) -> Failure {
        FailureSite("export", name).failure(
            .internalError, "\(message); nothing was written")
    }

    // MARK: Running

    /// The name of the program that runs images. It is not an identifier, so no prefix equals it.
    private static let runner = "run-images"

    /// A program that reads images from a file and writes features and scores to another.
    private static func source(_ names: CNames) -> String {
        let (prefix, macro) = (names.prefix, names.macro)
        return """
            #include <stdio.h>

            #include "\(prefix).h"

            int main(int count, char **arguments)
            {
                static uint8_t image[\(macro)_IMAGE];
                static \(prefix)_score scores[\(macro)_CLASSES];
                const \(prefix)_feature *features = 0;
                FILE *in = fopen(count > 1 ? arguments[1] : "", "rb");
                FILE *out = fopen(count > 2 ? arguments[2] : "", "wb");
                if (in == 0 || out == 0) return 1;
                while (fread(image, 1, sizeof image, in) == sizeof image) {
                    /* The features of all images have one place, so the others run only once. */
                    if (features == 0) features = \(prefix)_features(image);
                    \(prefix)_run(image, scores);
                    fwrite(features, sizeof features[0], \(macro)_FEATURES, out);
                    fwrite(scores, sizeof scores[0], \(macro)_CLASSES, out);
                }
                return fclose(out);
            }

            """
    }

    /// Returns the features and scores of images, which one process computes.
    func run(_ pictures: [[UInt8]], _ output: FixedOutput) throws -> [FixedEngine.Result] {
        let (images, results) = ("\(folder)/images", "\(folder)/results")
        // Not an atomic file: syncing images to the disk would be slow.
        try Data(pictures.joined()).write(to: URL(fileURLWithPath: images))
        guard
            try Interruption.run(["\(folder)/\(Self.runner)", images, results]).code == 0
        else { throw failure("ends with an error") }
        let bytes = try FileBytes.read(results)
        let size = (output.pixelCount > 1 ? 4 : 1) * output.inputs + 4 * output.classes
        guard bytes.count == pictures.count * size else {
            throw failure("has another number of features or scores")
        }
        return stride(from: 0, to: bytes.count, by: size).map {
            Self.result(bytes[$0..<$0 + size], output)
        }
    }

    private static func result(
        _ bytes: ArraySlice<UInt8>, _ output: FixedOutput
    ) -> FixedEngine.Result {
        let split = bytes.endIndex - 4 * output.classes
        let features =
            output.pixelCount > 1
            ? words(bytes[..<split]).map { Int32(bitPattern: $0) }
            : bytes[..<split].map { Int32($0) }
        let scores = words(bytes[split...])
        guard let integer = output.integer else {
            return FixedEngine.Result(
                scores: scores.map { Float(bitPattern: $0) }, features: features)
        }
        return FixedEngine.Result(
            scores.map { Int32(bitPattern: $0) }, of: integer, features: features)
    }

    /// Returns the little-endian words of a file that this machine wrote.
    private static func words(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
            bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}
