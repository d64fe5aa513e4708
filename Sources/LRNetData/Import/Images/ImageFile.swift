import Foundation
import LRNetSupport

/// A file that should become a sample: where it is, and what is known without reading it.
struct ImageFile: Codable, Equatable {
    /// The path from the tree's root.
    let path: String

    /// The class.
    let label: Int32

    /// The size and the time of the last change, by which a resumed import knows the file again.
    let state: String

    /// The state of a file now.
    ///
    /// - Throws: ``Failure`` (66) if it is missing.
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
