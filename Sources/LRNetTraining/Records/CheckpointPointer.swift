internal import Foundation
internal import LRNetSupport

/// The file `latest` or `best` in the checkpoint folder: a text file with the name of a checkpoint.
///
/// Earlier versions wrote symbolic links. Some file systems do not support links, and many copy
/// tools follow them: in such a copy, the pointer's name belongs to a folder with the checkpoint's
/// files. Links and such folders are read, too.
struct CheckpointPointer {
    let path: String

    /// The temporary name of a copied folder while a file replaces it.
    private var replacedPath: String { path + ".replaced" }

    /// Returns the name of the checkpoint, which may be missing; `nil` if there is no pointer, or
    /// if it contains no name.
    func target() -> String? { Self.target(of: path) ?? Self.target(of: replacedPath) }

    private static func target(of path: String) -> String? {
        if let link = link(path) { return link }
        guard FileBytes.exists(path) else { return nil }
        if FileBytes.isFolder(path) { return try? CheckpointManifest(inFolder: path).name }
        guard FileBytes.isRegular(path), let count = try? FileBytes.byteCount(ofFileAt: path),
            count < 100,
            let bytes = try? FileBytes.read(path)
        else { return nil }
        let name = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
        return name.wholeMatch(of: /step-[0-9]+/) == nil ? nil : name
    }

    private static func link(_ path: String) -> String? {
        FileBytes.linkTarget(path)
    }

    /// The folder with the checkpoint's files under the pointer's name, left by a copy tool that
    /// follows links.
    var copiedFolder: String? {
        [path, replacedPath].first { FileBytes.isFolder($0) && Self.link($0) == nil }
    }

    /// Points to a checkpoint.
    ///
    /// - Throws: `Failure`; the pointer is then unchanged.
    func point(to name: String) throws {
        try settle()
        if FileBytes.isFolder(path), copiedFolder == path {
            // A copied folder that is damaged.
            try AtomicFile.remove(path + CheckpointStore.damagedSuffix)
            try AtomicFile.rename(path, to: path + CheckpointStore.damagedSuffix)
        }
        try AtomicFile.write(name + "\n", to: path)
    }

    /// Replaces a link or a copied folder with a file. The copied folder becomes the checkpoint of
    /// that name, unless that checkpoint exists. ``target()`` returns the same name after each
    /// intermediate step.
    func settle() throws {
        guard let name = target() else { return }
        if Self.link(path) != nil { return try AtomicFile.write(name + "\n", to: path) }
        guard let copy = copiedFolder else { return }
        if copy == path {
            try AtomicFile.remove(replacedPath)
            try AtomicFile.rename(path, to: replacedPath)
        }
        if !FileBytes.exists(path) { try AtomicFile.write(name + "\n", to: path) }
        let checkpoint = "\(PathText.folder(of: path))/\(name)"
        if FileBytes.exists(checkpoint) {
            try AtomicFile.remove(replacedPath)
        } else {
            try AtomicFile.rename(replacedPath, to: checkpoint)
        }
    }
}
