import Foundation
import LRNetSupport

/// A file to import as a sample: its location and the properties that are known without reading it.
struct ImageFile: Codable, Equatable {
    /// The path, relative to the root of the tree.
    let path: String

    let label: Int32

    /// The size and modification time, by which a resumed import detects a changed file.
    let state: String

    /// Returns the current state of a file.
    ///
    /// - Throws: ``Failure`` (66) if the file is missing.
    static func state(of path: String) throws -> String { state(try status(of: path)) }

    static func state(_ status: stat) -> String {
        "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    static func status(of path: String) throws -> stat {
        var status = stat()
        guard stat(PathText.cString(path), &status) == 0 else {
            throw Failure.system(call: "stat", subject: path, code: errno)
        }
        return status
    }
}
