internal import Foundation

/// A file that is about to be written.
package struct OutputPath {
    /// The kinds of files that commands overwrite.
    package enum Kind: Sendable {
        case page, png, pgm

        /// The first bytes of such a file.
        fileprivate var start: [UInt8] {
            switch self {
            case .page: Array("<!DOCTYPE html>".utf8)
            case .png: [0x89] + Array("PNG".utf8)
            case .pgm: Array("P5".utf8)
            }
        }

        fileprivate var name: String {
            switch self {
            case .page: "an HTML page"
            case .png: "a PNG image"
            case .pgm: "a PGM image"
            }
        }
    }

    private let option: String
    private let path: String

    /// - Parameter option: The option that names the file, such as `--output`.
    package init(_ option: String, _ path: String) {
        self.option = option
        self.path = path
    }

    private var site: FailureSite { FailureSite(option, path.isEmpty ? "''" : path) }

    /// Throws unless a file can be created or replaced at the path.
    package func check() throws {
        guard !path.isEmpty else { throw site.usage("is empty; name a file") }
        let folder = PathText.folder(of: path)
        guard FileBytes.isFolder(folder) else {
            throw site.inputMissing("is in a folder that does not exist; make \(folder) first")
        }
        try checkIsRegular()
    }

    /// Throws unless a folder can be created or replaced at the path. A folder is only replaced if
    /// it contains nothing but files of the given names.
    package func check(folderOf names: [String]) throws {
        guard !path.isEmpty else { throw site.usage("is empty; name a folder") }
        let folder = PathText.folder(of: path)
        guard FileBytes.isFolder(folder) else {
            throw site.inputMissing("is in a folder that does not exist; make \(folder) first")
        }
        guard FileBytes.exists(path) else { return }
        guard FileBytes.isFolder(path), FileBytes.linkTarget(path) == nil else {
            throw site.usage("is not a folder; name another one")
        }
        if let other = try FileBytes.names(inFolder: path).first(where: { !names.contains($0) }) {
            throw site.usage("contains \(other), which would be lost; name another folder")
        }
    }

    private func checkIsRegular() throws {
        guard !FileBytes.exists(path) || FileBytes.isRegular(path) else {
            throw site.usage("is not a regular file; name another one")
        }
    }

    /// Throws if the path exists and is not a file of the given kind.
    package func check(_ kind: Kind) throws {
        try checkIsRegular()
        guard FileBytes.exists(path) else { return }
        let bytes = try FileBytes.read(path)
        guard bytes.isEmpty || bytes.starts(with: kind.start) else {
            throw site.usage("exists and is not \(kind.name); name another file")
        }
    }

    /// Throws if the path is `other`, a file that the command reads or writes for another option.
    package func check(isNot other: String) throws {
        guard !path.isEmpty, PathText.isSame(Self.resolved(path), Self.resolved(other)) else {
            return
        }
        throw site.usage("would replace \(other), which is in use; name another file")
    }

    private static func resolved(_ path: String) -> String {
        if let real = try? PathText.real(path) { return real }
        let folder = PathText.folder(of: path)
        return "\((try? PathText.real(folder)) ?? folder)/\(PathText.lastPart(of: path))"
    }
}
