internal import Foundation
internal import LRNetSupport

/// `latest` or `best` in the folder of checkpoints: a text file with the name of one of them.
///
/// Earlier versions wrote symbolic links, which some file systems lack and many copies follow; in such a copy
/// the name is that of a folder with the checkpoint's files. Both are read.
struct CheckpointPointer {
    /// The pointer's path.
    let path: String

    /// While a folder of a copy is replaced, it has this name.
    private var replacedPath: String { path + ".replaced" }

    /// The name of the checkpoint, which need not be there; `nil` if there is no pointer, or if it holds none.
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

    /// A folder with the checkpoint's files under the pointer's own name, as a copy that follows links has it.
    var copiedFolder: String? {
        [path, replacedPath].first { FileBytes.isFolder($0) && Self.link($0) == nil }
    }

    /// Points to a checkpoint.
    ///
    /// - Throws: `Failure`; the pointer is then as it was.
    func point(to name: String) throws {
        try settle()
        if FileBytes.isFolder(path), copiedFolder == path {
            // Of a copy, and damaged.
            try AtomicFile.remove(path + CheckpointStore.damagedSuffix)
            try AtomicFile.rename(path, to: path + CheckpointStore.damagedSuffix)
        }
        try AtomicFile.write(name + "\n", to: path)
    }

    /// Makes a file of a link, or of the folder that a copy has; the folder's files become the checkpoint of that name, unless there
    /// is one. ``target()`` is the same after each call in between.
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
