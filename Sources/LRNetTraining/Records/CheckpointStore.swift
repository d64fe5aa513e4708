internal import Foundation
internal import LRNetSupport

/// The checkpoints in a run's folder. Each is a folder such as `checkpoints/step-00000500/`, with
/// `state.h5` and a manifest with its hash, which is written last. The files `latest` and `best`
/// each name a checkpoint (``CheckpointPointer``).
///
/// Checkpoints appear atomically: a checkpoint's folder is written under a temporary name, synced
/// and renamed. Only rank 0 accesses the store.
package struct CheckpointStore {
    /// A checkpoint that was read, and whose hash is correct.
    package struct Loaded: Equatable {
        package var step: Int
        package var name: String
        package var bytes: [UInt8]
    }

    private static let temporarySuffix = ".partial"
    static let damagedSuffix = ".damaged"

    /// The folder that contains the checkpoints.
    package let folder: String

    package init(runFolder: String) { folder = "\(runFolder)/checkpoints" }

    private var latest: CheckpointPointer { CheckpointPointer(path: "\(folder)/latest") }
    private var best: CheckpointPointer { CheckpointPointer(path: "\(folder)/best") }

    /// Writes a checkpoint, updates `latest` and `best`, and removes old checkpoints.
    ///
    /// - Parameter bestStep: The step of the best checkpoint; `nil` if there was no validation. A
    ///   `best` file that a copy tool lost or damaged is rewritten.
    /// - Throws: `Failure`; older checkpoints and pointers are then unchanged.
    package func save(_ bytes: [UInt8], step: Int, best bestStep: Int?, keepLatest: Int) throws {
        // If the run's folder is missing, it was renamed and must not be created again.
        if !FileBytes.isFolder(folder) { try AtomicFile.createLastFolder(of: folder) }
        for pointer in [latest, best] { try pointer.settle() }
        let name = CheckpointManifest.name(step)
        let final = "\(folder)/\(name)"
        // After a resume from an older checkpoint, this step may already have one. An intact one
        // stays, so that a checkpoint of this step exists at all times.
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

    /// Loads the newest checkpoint whose hash is correct; `nil` if there is none. Damaged ones are
    /// set aside under a name that ends in `.damaged`.
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

    /// Returns true if a checkpoint of this name, or a target of `latest` or `best`, exists.
    package func has(_ name: String) -> Bool {
        place(of: name).map { FileBytes.isFolder($0.path) } ?? false
    }

    /// Loads a checkpoint by its name, or by `latest` or `best`.
    ///
    /// - Throws: `Failure` (65) that names the file whose hash is wrong; 66 if there is no such
    ///   checkpoint.
    package func load(_ name: String) throws -> Loaded {
        guard let (path, step) = place(of: name) else {
            throw FailureSite("checkpoint", "\(folder)/\(name)").inputMissing(
                "does not name an existing checkpoint")
        }
        let manifest = try CheckpointManifest(inFolder: path)
        guard manifest.schemaVersion == 1, manifest.name == step else {
            throw FailureSite("checkpoint", "\(path)/\(CheckpointManifest.fileName)").badData(
                "is damaged: it describes step \(manifest.step), "
                    + "schema version \(manifest.schemaVersion)")
        }
        let bytes = try FileBytes.read("\(path)/\(manifest.file)")
        guard bytes.count == manifest.byteCount, ContentHash.of(bytes) == manifest.sha256 else {
            throw FailureSite("checkpoint", "\(path)/\(manifest.file)").badData(
                "does not match the SHA-256 in its manifest")
        }
        return Loaded(step: manifest.step, name: name, bytes: bytes)
    }

    /// Returns the folder and the name of a checkpoint. If `latest` is missing or unusable, returns
    /// the newest checkpoint.
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

    /// Returns the steps of all checkpoints in ascending order.
    package func steps() throws -> [Int] {
        guard FileBytes.isFolder(folder) else { return [] }
        return try FileBytes.names(inFolder: folder).compactMap { name in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)),
                CheckpointManifest.name(step) == name
            else { return nil }
            return step
        }.sorted()
    }

    private func prune(keepLatest: Int) throws {
        let best = best.target()
        for step in try steps().dropLast(keepLatest) where CheckpointManifest.name(step) != best {
            try AtomicFile.remove("\(folder)/\(CheckpointManifest.name(step))")
        }
        try removeLeftovers()
    }

    /// Removes incomplete files and folders of killed runs.
    package func removeLeftovers() throws {
        guard FileBytes.isFolder(folder) else { return }
        for name in try FileBytes.names(inFolder: folder)
        where name.hasSuffix(Self.temporarySuffix) || AtomicFile.isLeftover(name) {
            try AtomicFile.remove("\(folder)/\(name)")
        }
    }

    /// True if damaged checkpoints were set aside.
    package var hasDamaged: Bool {
        ((try? FileBytes.names(inFolder: folder)) ?? []).contains {
            $0.hasSuffix(Self.damagedSuffix)
        }
    }
}
