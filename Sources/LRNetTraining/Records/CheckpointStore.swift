internal import Foundation
internal import LRNetSupport

/// The checkpoints of a run's folder: `checkpoints/step-00000500/` with `state.h5` and a manifest of
/// its hash, written last; `latest` and `best` are links.
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

    private struct Manifest: Codable {
        var schemaVersion = 1
        var step: Int
        var file = "state.h5"
        var byteCount: Int
        var sha256: String
    }

    private static let manifestName = "manifest.json"
    private static let temporarySuffix = ".partial"
    private static let damagedSuffix = ".damaged"

    /// The folder of the checkpoints.
    package let folder: String

    package init(runFolder: String) { folder = "\(runFolder)/checkpoints" }

    /// Writes a checkpoint, moves `latest` (and `best`), and removes old ones.
    ///
    /// - Throws: `Failure`; older checkpoints and links are then as they were.
    package func save(_ bytes: [UInt8], step: Int, isBest: Bool, keepLatest: Int) throws {
        try AtomicFile.createFolder(folder)
        let name = Self.name(step)
        let final = "\(folder)/\(name)"
        // A checkpoint of this step is there after a resume from an older one: it stays, if it is
        // sound, so that there is no moment without it.
        if FileBytes.exists(final), (try? load(name)) == nil { try AtomicFile.remove(final) }
        if !FileBytes.exists(final) { try write(bytes, step: step, to: final) }
        try AtomicFile.link("\(folder)/latest", to: name)
        if isBest { try AtomicFile.link("\(folder)/best", to: name) }
        try prune(keepLatest: keepLatest)
    }

    private func write(_ bytes: [UInt8], step: Int, to final: String) throws {
        let temporary = final + Self.temporarySuffix
        try AtomicFile.remove(temporary)
        try AtomicFile.createFolder(temporary)
        let manifest = Manifest(
            step: step, byteCount: bytes.count, sha256: ContentHash.of(bytes))
        do {
            try AtomicFile.write(bytes, to: "\(temporary)/\(manifest.file)")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try AtomicFile.write(
                Array(try encoder.encode(manifest)), to: "\(temporary)/\(Self.manifestName)")
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
            let name = Self.name(step)
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

    /// A checkpoint by name or link.
    ///
    /// - Throws: `Failure` naming the file whose hash is wrong.
    package func load(_ name: String) throws -> Loaded {
        let path = "\(folder)/\(name)"
        let text = try FileBytes.read("\(path)/\(Self.manifestName)")
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(text)) else {
            throw FailureSite("checkpoint", "\(path)/\(Self.manifestName)").badData("is damaged")
        }
        let target = FileBytes.linkTarget(path)
        guard manifest.schemaVersion == 1, Self.name(manifest.step) == target ?? name else {
            throw FailureSite("checkpoint", "\(path)/\(Self.manifestName)").badData(
                "is damaged: it speaks of step \(manifest.step), schema \(manifest.schemaVersion)")
        }
        let bytes = try FileBytes.read("\(path)/\(manifest.file)")
        guard bytes.count == manifest.byteCount, ContentHash.of(bytes) == manifest.sha256 else {
            throw FailureSite("checkpoint", "\(path)/\(manifest.file)").badData(
                "does not have the SHA-256 of its manifest")
        }
        return Loaded(step: manifest.step, name: name, bytes: bytes)
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
        let best = FileBytes.linkTarget("\(folder)/best")
        for step in try steps().dropLast(keepLatest) where Self.name(step) != best {
            try AtomicFile.remove("\(folder)/\(Self.name(step))")
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

    private static func name(_ step: Int) -> String {
        "step-" + String(repeating: "0", count: max(8 - "\(step)".count, 0)) + "\(step)"
    }
}
