internal import Foundation
internal import LRNetSupport

/// The checkpoints of a run's folder: `checkpoints/step-00000500/` with `state.h5` and a manifest of
/// its hash, written last; `latest` and `best` are files that name one (``CheckpointPointer``).
///
/// A checkpoint appears whole or not at all: its folder is written under a temporary name, synced
/// and renamed. Only rank 0 touches the store.
package struct CheckpointStore {
    /// A checkpoint that was read and whose hash was right.
    package struct Loaded: Equatable {
        package var step: Int
        package var name: String
        package var bytes: [UInt8]
    }

    private static let temporarySuffix = ".partial"
    static let damagedSuffix = ".damaged"

    /// The folder of the checkpoints.
    package let folder: String

    package init(runFolder: String) { folder = "\(runFolder)/checkpoints" }

    private var latest: CheckpointPointer { CheckpointPointer(path: "\(folder)/latest") }
    private var best: CheckpointPointer { CheckpointPointer(path: "\(folder)/best") }

    /// Writes a checkpoint, moves `latest` and `best`, and removes old ones.
    ///
    /// - Parameter best: The step of the best checkpoint; `nil` if there was no validation. A `best` that a copy
    ///   has lost or damaged is made again.
    /// - Throws: `Failure`; older checkpoints and pointers are then as they were.
    package func save(_ bytes: [UInt8], step: Int, best bestStep: Int?, keepLatest: Int) throws {
        // The run's folder is there, or has been renamed and must not be made anew.
        if !FileBytes.isFolder(folder) { try AtomicFile.createLastFolder(of: folder) }
        for pointer in [latest, best] { try pointer.settle() }
        let name = CheckpointManifest.name(step)
        let final = "\(folder)/\(name)"
        // A checkpoint of this step is there after a resume from an older one: it stays, if it is
        // sound, so that there is no moment without it.
        if FileBytes.exists(final), (try? load(name)) == nil { try AtomicFile.remove(final) }
        if !FileBytes.exists(final) { try write(bytes, step: step, to: final) }
        try latest.point(to: name)
        if let bestStep {
            let name = CheckpointManifest.name(bestStep)
            if best.target() != name, FileBytes.isFolder("\(folder)/\(name)") {
                try best.point(to: name)
            }
        }
        try prune(keepLatest: keepLatest)
    }

    private func write(_ bytes: [UInt8], step: Int, to final: String) throws {
        let temporary = final + Self.temporarySuffix
        try AtomicFile.remove(temporary)
        try AtomicFile.createLastFolder(of: temporary)
        let manifest = CheckpointManifest(step: step, bytes: bytes)
        do {
            try AtomicFile.write(bytes, to: "\(temporary)/\(manifest.file)")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(
                Array(try encoder.encode(manifest)),
                to: "\(temporary)/\(CheckpointManifest.fileName)")
        } catch {
            try? AtomicFile.remove(temporary)
            throw error
        }
        try AtomicFile.rename(temporary, to: final)
    }

    /// The newest checkpoint whose hash is right. A damaged one is set aside under a name that ends
    /// in `.damaged`.
    ///
    /// - Parameter warn: Called with a line about each checkpoint that was set aside.
    package func loadLatest(warn: (String) -> Void) throws -> Loaded? {
        for step in try steps().reversed() {
            let name = CheckpointManifest.name(step)
            do {
                return try load(name)
            } catch let failure as Failure {
                let aside = name + Self.damagedSuffix
                warn("\(failure); set aside as \(aside)")
                try AtomicFile.remove("\(folder)/\(aside)")
                try AtomicFile.rename("\(folder)/\(name)", to: "\(folder)/\(aside)")
            }
        }
        return nil
    }

    /// Whether ``load(_:)`` finds something under a name.
    package func has(_ name: String) -> Bool {
        place(of: name).map { FileBytes.isFolder($0.path) } ?? false
    }

    /// A checkpoint by its name, or by `latest` or `best`.
    ///
    /// - Throws: `Failure` (65) naming the file whose hash is wrong; 66 if there is none.
    package func load(_ name: String) throws -> Loaded {
        guard let (path, step) = place(of: name) else {
            throw FailureSite("checkpoint", "\(folder)/\(name)").inputMissing(
                "points to no checkpoint")
        }
        let manifest = try CheckpointManifest(inFolder: path)
        guard manifest.schemaVersion == 1, manifest.name == step else {
            throw FailureSite("checkpoint", "\(path)/\(CheckpointManifest.fileName)").badData(
                "is damaged: it speaks of step \(manifest.step), schema \(manifest.schemaVersion)")
        }
        let bytes = try FileBytes.read("\(path)/\(manifest.file)")
        guard bytes.count == manifest.byteCount, ContentHash.of(bytes) == manifest.sha256 else {
            throw FailureSite("checkpoint", "\(path)/\(manifest.file)").badData(
                "does not have the SHA-256 of its manifest")
        }
        return Loaded(step: manifest.step, name: name, bytes: bytes)
    }

    /// The folder of a checkpoint, and its name. Where a copy has lost `latest`, that is the newest one.
    private func place(of name: String) -> (path: String, step: String)? {
        let pointer: CheckpointPointer
        switch name {
        case "latest": pointer = latest
        case "best": pointer = best
        default: return ("\(folder)/\(name)", name)
        }
        if let target = pointer.target() {
            if FileBytes.isFolder("\(folder)/\(target)") { return ("\(folder)/\(target)", target) }
            if let copy = pointer.copiedFolder { return (copy, target) }
        }
        guard name == "latest", let newest = try? steps().last else { return nil }
        let target = CheckpointManifest.name(newest)
        return ("\(folder)/\(target)", target)
    }

    /// The steps of all checkpoints, rising.
    package func steps() throws -> [Int] {
        guard FileBytes.isFolder(folder) else { return [] }
        return try FileBytes.names(inFolder: folder).compactMap { name in
            guard name.hasPrefix("step-") else { return nil }
            return Int(name.dropFirst(5))
        }.sorted()
    }

    private func prune(keepLatest: Int) throws {
        let best = best.target()
        for step in try steps().dropLast(keepLatest) where CheckpointManifest.name(step) != best {
            try AtomicFile.remove("\(folder)/\(CheckpointManifest.name(step))")
        }
        try removeLeftovers()
    }

    /// Removes what killed runs were writing.
    package func removeLeftovers() throws {
        guard FileBytes.isFolder(folder) else { return }
        for name in try FileBytes.names(inFolder: folder)
        where name.hasSuffix(Self.temporarySuffix) || AtomicFile.isLeftover(name) {
            try AtomicFile.remove("\(folder)/\(name)")
        }
    }

    /// Whether checkpoints were set aside.
    package var hasDamaged: Bool {
        ((try? FileBytes.names(inFolder: folder)) ?? []).contains {
            $0.hasSuffix(Self.damagedSuffix)
        }
    }
}
