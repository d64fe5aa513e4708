import Foundation
import LRNetSupport

/// A folder that contains images at any depth, and the rule for links that lead out of it.
struct ImageTree {
    let root: String

    /// The entries left out so far: `pics/a/.DS_Store: hidden`.
    private(set) var leftOut: [String] = []

    private let realRoot: [UInt8]
    private let followsLinks: Bool

    /// The maximum depth. Deeper folders are probably a link to itself.
    private static let depthLimit = 16

    /// Creates a tree from a folder.
    ///
    /// - Throws: ``Failure`` (66) if the folder is missing.
    init(_ root: String, followsLinks: Bool) throws {
        let real = try PathText.real(root, call: "open")
        self.root = root
        realRoot = PathText.bytes(of: real == "/" ? "/" : "\(real)/")
        self.followsLinks = followsLinks
    }

    /// Returns the names of the class folders in the root, in the order of their bytes.
    ///
    /// - Throws: ``Failure`` if the root cannot be read.
    mutating func folderNames() throws -> [String] {
        try names(in: nil).filter { name in
            if FileBytes.isFolder("\(root)/\(name)") { return true }
            leftOut.append("\(root)/\(name): not in the folder of a class")
            return false
        }
    }

    /// Returns true if a folder in the root directly contains only folders, and at least one. Names
    /// that are left out do not count.
    func containsOnlyFolders(_ folder: String) throws -> Bool {
        var tree = self
        let names = try tree.names(in: folder)
        return !names.isEmpty
            && names.allSatisfy { FileBytes.isFolder("\(root)/\(folder)/\($0)") }
    }

    /// Returns the paths, relative to the root, of all files below a folder, in the order of their
    /// bytes.
    ///
    /// - Throws: ``Failure`` (65) for a link that leads out of the tree, and for a folder that is
    ///   nested too deeply.
    mutating func paths(below folder: String, depth: Int = 0) throws -> [String] {
        guard depth < Self.depthLimit else {
            throw Failure(
                call: "import", subject: "\(root)/\(folder)",
                message:
                    "is nested deeper than \(Self.depthLimit) folders; is it a link to itself?",
                exitStatus: .badData)
        }
        _ = try place(of: folder)
        var found: [String] = []
        for name in try names(in: folder) {
            let path = "\(folder)/\(name)"
            if FileBytes.isFolder("\(root)/\(path)") {
                found += try paths(below: path, depth: depth + 1)
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// Examines a file.
    ///
    /// - Parameter path: The path, relative to the root.
    /// - Returns: The file and its identity: its real path, or its device and inode numbers if it
    ///   has several names (hard links).
    /// - Throws: ``Failure``: 66 if the file is missing, 65 if it is outside the tree or not a
    ///   regular file.
    func file(_ path: String, label: Int32) throws -> (file: ImageFile, place: ByteName) {
        let full = "\(root)/\(path)"
        let status = try ImageFile.status(of: full)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(
                call: "import", subject: full, message: "is not a regular file; move it elsewhere",
                exitStatus: .badData)
        }
        let real = try place(of: path)
        let place = status.st_nlink > 1 ? "\(status.st_dev) \(status.st_ino)" : real
        return (
            ImageFile(path: path, label: label, state: ImageFile.state(status)),
            ByteName(place)
        )
    }

    /// Returns the names in a folder that belong to the tree, and records the others in `leftOut`.
    private mutating func names(in folder: String?) throws -> [String] {
        let path = folder.map { "\(root)/\($0)" } ?? root
        return try FileBytes.names(inFolder: path).filter { name in
            guard let reason = LeftOut.reason(name) else { return true }
            leftOut.append("\(path)/\(name): \(reason)")
            return false
        }
    }

    /// Returns the real path of a file or folder. It must be inside the tree unless links may lead
    /// out.
    private func place(of path: String) throws -> String {
        let full = "\(root)/\(path)"
        let real = try PathText.real(full)
        guard followsLinks || PathText.bytes(of: real).starts(with: realRoot) else {
            throw Failure(
                call: "import", subject: full,
                message: "leads out of the tree, to \(real); use --follow-links to allow this",
                exitStatus: .badData)
        }
        return real
    }
}
