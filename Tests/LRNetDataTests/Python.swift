import Foundation

/// The Python interpreter, which some tests use to make files and to serve them.
enum Python {
    static let path = "/usr/bin/python3"

    /// Whether it is there; says so, once, if not.
    static let isThere: Bool = {
        if FileManager.default.isExecutableFile(atPath: path) { return true }
        FileHandle.standardError.write(
            Data("SKIPPED: tests that need python3, which is not at \(path)\n".utf8))
        return false
    }()
}
