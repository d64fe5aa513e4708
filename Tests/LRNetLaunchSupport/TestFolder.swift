internal import Foundation

/// A folder that is removed with its object.
package final class TestFolder: Sendable {
    package let path: String

    /// Creates the folder.
    ///
    /// - Parameter parent: The parent folder. The default, also if this one is not writable, is the
    ///   folder of temporary files.
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

    /// The sorted names of its content.
    package var names: [String] { Self.names(in: path) }

    /// Returns the sorted names of a folder's content, which is empty if the folder does not exist.
    package static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}

/// Flips one bit of a file in place.
package func flip(_ path: String, byte: Int, bit: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(byte))
    let old = try file.read(upToCount: 1)?.first ?? 0
    try file.seek(toOffset: UInt64(byte))
    try file.write(contentsOf: [old ^ 1 << UInt8(bit)])
    try file.close()
}
