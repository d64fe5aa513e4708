internal import Foundation

/// A folder that goes away with the object.
package final class TestFolder: Sendable {
    /// The folder.
    package let path: String

    /// Makes the folder.
    ///
    /// - Parameter parent: The folder above it; that of temporary files by default, also where the
    ///   one asked for is none.
    package init(in parent: String? = nil) throws {
        var above = FileManager.default.temporaryDirectory
        if let parent, FileManager.default.isWritableFile(atPath: parent) {
            above = URL(fileURLWithPath: parent)
        }
        let folder = above.appendingPathComponent("lrnet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// What it holds, sorted.
    package var names: [String] { Self.names(in: path) }

    /// What a folder holds, sorted; nothing if there is none.
    package static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}

/// Turns over one bit of a file, in place.
package func flip(_ path: String, byte: Int, bit: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(byte))
    let old = try file.read(upToCount: 1)?.first ?? 0
    try file.seek(toOffset: UInt64(byte))
    try file.write(contentsOf: [old ^ 1 << UInt8(bit)])
    try file.close()
}
