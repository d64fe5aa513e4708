import Foundation
import LRNetSupport

/// A folder that pictures lie below, and whether links may lead out of it.
struct PictureTree {
    /// The folder.
    let root: String

    private let realRoot: String
    private let followsLinks: Bool

    /// Deeper folders are taken for a link to itself.
    private static let depthLimit = 16

    /// Looks at a folder.
    ///
    /// - Throws: ``Failure`` (66) if it is missing.
    init(_ root: String, followsLinks: Bool) throws {
        guard let real = realpath(root, nil) else {
            throw Failure.system(call: "open", subject: root, code: errno)
        }
        defer { free(real) }
        self.root = root
        realRoot = String(cString: real)
        self.followsLinks = followsLinks
    }

    /// The names of the folders in the root, sorted, without hidden ones.
    ///
    /// - Throws: ``Failure`` if the root cannot be read.
    func folderNames() throws -> [String] {
        try FileBytes.names(inFolder: root).filter {
            !$0.hasPrefix(".") && FileBytes.isFolder("\(root)/\($0)")
        }
    }

    /// There are folders directly in a folder of the root, and no files; hidden names are passed over.
    func holdsFoldersAlone(_ folder: String) throws -> Bool {
        let names = try FileBytes.names(inFolder: "\(root)/\(folder)").filter {
            !$0.hasPrefix(".")
        }
        return !names.isEmpty
            && names.allSatisfy { FileBytes.isFolder("\(root)/\(folder)/\($0)") }
    }

    /// The paths, from the root, of all files below a folder, sorted; hidden names are passed over.
    ///
    /// - Throws: ``Failure`` (65) for a link that leads out of the tree, and for a folder that is
    ///   nested too deeply.
    func paths(below folder: String, depth: Int = 0) throws -> [String] {
        guard depth < Self.depthLimit else {
            throw Failure(
                call: "import", subject: "\(root)/\(folder)",
                message:
                    "is nested deeper than \(Self.depthLimit) folders; is it a link to itself?",
                exitStatus: .badData)
        }
        try checkInside(folder)
        var found: [String] = []
        for name in try FileBytes.names(inFolder: "\(root)/\(folder)") where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            if FileBytes.isFolder("\(root)/\(path)") {
                found += try paths(below: path, depth: depth + 1)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// Looks at a file.
    ///
    /// - Parameter path: From the root.
    /// - Throws: ``Failure`` (66) if the file is missing; ``Failure`` (65) if it lies
    ///   outside the tree or is no regular file.
    func file(_ path: String, label: Int32) throws -> PictureFile {
        let full = "\(root)/\(path)"
        let status = try PictureFile.status(of: full)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(
                call: "import", subject: full, message: "is no regular file; remove it",
                exitStatus: .badData)
        }
        try checkInside(path)
        return PictureFile(path: path, label: label, state: PictureFile.state(status))
    }

    /// Refuses a file or folder whose real path is not below the tree's, unless links may lead there.
    private func checkInside(_ path: String) throws {
        if followsLinks { return }
        let full = "\(root)/\(path)"
        guard let real = realpath(full, nil) else {
            throw Failure.system(call: "realpath", subject: full, code: errno)
        }
        defer { free(real) }
        let name = String(cString: real)
        guard name.hasPrefix(realRoot == "/" ? "/" : "\(realRoot)/") else {
            throw Failure(
                call: "import", subject: full,
                message: "leads out of the tree, to \(name); use --follow-links if it may",
                exitStatus: .badData)
        }
    }
}
