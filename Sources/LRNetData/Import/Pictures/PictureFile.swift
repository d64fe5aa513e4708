import Foundation
import LRNetSupport

/// A file that should become a sample: where it is, and what is known without reading it.
struct PictureFile: Codable, Equatable {
    /// The path from the tree's root.
    let path: String

    /// The class.
    let label: Int32

    /// The size and the time of the last change, by which a resumed import knows the file again.
    let state: String

    /// Looks at a file.
    ///
    /// - Parameters:
    ///   - root: The tree; its real path is `realRoot`.
    ///   - followsLinks: Whether a link may lead out of the tree.
    /// - Throws: ``SupportFailure`` (66) if the file is missing; ``DataFailure`` (65) if it lies
    ///   outside the tree or is no regular file.
    init(
        path: String, label: Int32, root: String, realRoot: String, followsLinks: Bool
    ) throws {
        let full = "\(root)/\(path)"
        var status = stat()
        guard stat(full, &status) == 0 else {
            throw SupportFailure(call: "stat", subject: full, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DataFailure(
                call: "import", subject: full, message: "is no regular file; remove it")
        }
        if !followsLinks { try Self.checkInside(full, realRoot) }
        self.path = path
        self.label = label
        state = Self.state(status)
    }

    /// The state of a file now.
    ///
    /// - Throws: ``SupportFailure`` (66) if it is missing.
    static func state(of path: String) throws -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SupportFailure(call: "stat", subject: path, code: errno)
        }
        return state(status)
    }

    private static func state(_ status: stat) -> String {
        "\(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    /// Refuses a file or folder whose real path is not below the tree's.
    static func checkInside(_ path: String, _ realRoot: String) throws {
        guard let real = realpath(path, nil) else {
            throw SupportFailure(call: "realpath", subject: path, code: errno)
        }
        defer { free(real) }
        let name = String(cString: real)
        guard name.hasPrefix(realRoot == "/" ? "/" : "\(realRoot)/") else {
            throw DataFailure(
                call: "import", subject: path,
                message: "leads out of the tree, to \(name); use --follow-links if it may")
        }
    }
}
