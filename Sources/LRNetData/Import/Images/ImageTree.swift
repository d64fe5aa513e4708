import Foundation
import LRNetSupport

/// A folder that pictures lie below, and whether links may lead out of it.
struct ImageTree {
    /// The folder.
    let root: String

    /// What was passed over so far: `pics/a/.DS_Store: hidden`.
    private(set) var leftOut: [String] = []

    private let realRoot: [UInt8]
    private let followsLinks: Bool

    /// Deeper folders are taken for a link to itself.
    private static let depthLimit = 16

    /// Looks at a folder.
    ///
    /// - Throws: ``Failure`` (66) if it is missing.
    init(_ root: String, followsLinks: Bool) throws {
        let real = try PathText.real(root, call: "open")
        self.root = root
        realRoot = PathText.bytes(of: real == "/" ? "/" : "\(real)/")
        self.followsLinks = followsLinks
    }

    /// The names of the classes' folders in the root, in the order of their bytes.
    ///
    /// - Throws: ``Failure`` if the root cannot be read.
    mutating func folderNames() throws -> [String] {
        try names(in: nil).filter { name in
            if FileBytes.isFolder("\(root)/\(name)") { return true }
            leftOut.append("\(root)/\(name): not in the folder of a class")
            return false
        }
    }

    /// There are folders directly in a folder of the root, and no files; names that are left out
    /// do not count.
    func holdsFoldersAlone(_ folder: String) throws -> Bool {
        var tree = self
        let names = try tree.names(in: folder)
        return !names.isEmpty
            && names.allSatisfy { FileBytes.isFolder("\(root)/\(folder)/\($0)") }
    }

    /// The paths, from the root, of all files below a folder, in the order of their bytes.
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

    /// Looks at a file.
    ///
    /// - Parameter path: From the root.
    /// - Returns: The file, and what tells whether another one is the same: where it really is, or
    ///   its number on its device if it has several names (hard links).
    /// - Throws: ``Failure`` (66) if the file is missing; ``Failure`` (65) if it lies
    ///   outside the tree or is no regular file.
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

    /// The names in a folder that belong to the tree; the others are noted.
    private mutating func names(in folder: String?) throws -> [String] {
        let path = folder.map { "\(root)/\($0)" } ?? root
        return try FileBytes.names(inFolder: path).filter { name in
            guard let reason = LeftOut.reason(name) else { return true }
            leftOut.append("\(path)/\(name): \(reason)")
            return false
        }
    }

    /// The real path of a file or folder, which must be below the tree's unless links may lead out.
    private func place(of path: String) throws -> String {
        let full = "\(root)/\(path)"
        let real = try PathText.real(full)
        guard followsLinks || PathText.bytes(of: real).starts(with: realRoot) else {
            throw Failure(
                call: "import", subject: full,
                message: "leads out of the tree, to \(real); use --follow-links if it may",
                exitStatus: .badData)
        }
        return real
    }
}
