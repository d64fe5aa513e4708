import Foundation

/// A log that grows line by line. Each line is passed to the system as soon as it is appended.
package final class AppendedFile {
    private let descriptor: Descriptor

    /// Opens or creates the file; new bytes are appended to existing ones.
    ///
    /// - Throws: ``Failure``, naming the file.
    package init(path: String) throws {
        descriptor = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    /// Appends a line, followed by a line end.
    ///
    /// - Throws: ``Failure`` (74), naming the file. Part of the line can then be in the file.
    package func append(_ line: String) throws {
        try Array("\(line)\n".utf8).withUnsafeBytes {
            try descriptor.writeAll($0, name: descriptor.path)
        }
    }

    /// - Throws: ``Failure`` (74), naming the file. Part of the bytes can then be in the file.
    package func append(bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try descriptor.writeAll($0, name: descriptor.path) }
    }
}
