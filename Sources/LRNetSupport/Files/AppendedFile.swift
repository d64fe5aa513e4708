import Foundation

/// A log that grows line by line; each line is handed to the system when it is appended.
package final class AppendedFile {
    private let descriptor: Descriptor

    /// Opens the file, or makes it; new bytes go behind the old ones.
    ///
    /// - Throws: ``Failure`` that names the file.
    package init(path: String) throws {
        descriptor = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    /// Appends a line; the end of the line is added.
    ///
    /// - Throws: ``Failure`` (74), naming the file. A part of the line may then be there.
    package func append(_ line: String) throws {
        try Array("\(line)\n".utf8).withUnsafeBytes {
            try descriptor.writeAll($0, name: descriptor.path)
        }
    }

    /// Appends bytes.
    ///
    /// - Throws: ``Failure`` (74), naming the file. A part of the bytes may then be there.
    package func append(bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try descriptor.writeAll($0, name: descriptor.path) }
    }
}
