import Foundation

/// The Python interpreter, which some tests use to write and serve files.
enum Python {
    static let path = "/usr/bin/python3"

    /// True if the interpreter exists. Otherwise, the first use prints a note.
    static let isInstalled: Bool = {
        if FileManager.default.isExecutableFile(atPath: path) { return true }
        FileHandle.standardError.write(
            Data("SKIPPED: tests that need python3, which is not at \(path)\n".utf8))
        return false
    }()
}
