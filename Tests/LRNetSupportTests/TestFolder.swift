import Foundation

/// A folder that goes away with the object.
final class TestFolder {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lrnet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}

/// Runs a program and waits; its exit code and what it printed.
func launch(_ program: String, _ arguments: [String]) throws -> (
    code: Int32, output: String, error: String
) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let output = Pipe()
    let error = Pipe()
    process.standardOutput = output
    process.standardError = error
    try process.run()
    // What these programs print on standard error fits a pipe's buffer.
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = error.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
        process.terminationStatus, String(decoding: outputData, as: UTF8.self),
        String(decoding: errorData, as: UTF8.self)
    )
}

/// A file system of a given size in memory, mounted at a folder; needs root.
final class TinyDisk {
    let folder: TestFolder

    /// Whether this process may mount one.
    static let isPossible: Bool = {
        guard let disk = try? TinyDisk(size: "16k") else {
            FileHandle.standardError.write(
                Data("SKIPPED: full-disk tests, because mounting a tmpfs needs root\n".utf8))
            return false
        }
        return FileManager.default.fileExists(atPath: disk.path)
    }()

    struct CannotMount: Error {}

    init(size: String) throws {
        folder = try TestFolder()
        let mount = try launch(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder.path])
        guard mount.code == 0 else { throw CannotMount() }
    }

    deinit {
        _ = try? launch("/bin/umount", [folder.path])
    }

    var path: String { folder.path }
}
