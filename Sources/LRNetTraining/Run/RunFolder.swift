internal import Foundation
internal import LRNetSupport

/// The folder of one run: its lock, recipe, log, metrics, checkpoints and results. Only rank 0
/// touches it, but for reading.
public final class RunFolder {
    /// Whether to go on with a run that the folder holds.
    public enum Resume: String, Sendable, CaseIterable {
        /// Go on if there is a run, else start one.
        case auto
        /// Start; an existing run is an error.
        case never
        /// Go on; a missing run is an error.
        case must
    }

    /// The folder.
    public let path: String

    /// The checkpoints.
    package let checkpoints: CheckpointStore

    private let lock: FileLock
    private var metrics: AppendedFile?
    private var log: AppendedFile?

    /// Opens the folder, or makes it, and locks it against a second run.
    ///
    /// - Throws: `SupportFailure` if another process has the lock for more than five seconds (ranks
    ///   outlive a killed mpirun by about one), or `TrainingFailure` if the folder holds a run of
    ///   another recipe.
    public init(path: String, recipe: Recipe, resume: Resume) throws {
        self.path = path
        let recipePath = "\(path)/recipe.yaml"
        let exists = FileBytes.exists(recipePath)
        if resume == .must && !exists {
            throw Self.failure(
                path, "holds no run; --resume must wants one to go on with", .inputMissing)
        }
        if FileBytes.isFolder(path), !exists, !(try FileBytes.names(inFolder: path)).isEmpty {
            // A start that was killed leaves the lock and a part of the recipe behind.
            let names = try FileBytes.names(inFolder: path)
            let leftovers = names.filter { $0.hasPrefix("recipe.yaml.partial-") }
            if let first = names.first(where: { $0 != Self.lockName && !leftovers.contains($0) }) {
                throw Self.failure(
                    path, "is no run's folder but holds '\(first)'; choose another --output",
                    .usage)
            }
            for name in leftovers { try AtomicFile.remove("\(path)/\(name)") }
        }
        try AtomicFile.createFolder(path)
        lock = try FileLock(path: "\(path)/\(Self.lockName)")
        checkpoints = CheckpointStore(runFolder: path)
        if exists {
            if resume == .never {
                throw Self.failure(
                    path, "holds a run already; --resume never wants a new --output", .usage)
            }
            try Self.checkSame(recipe, folder: path)
        }
        try AtomicFile.write(recipe.yaml, to: recipePath)
    }

    private static let lockName = ".lock"

    /// Cuts the metrics back to what had been trained at a checkpoint, and opens the logs.
    package func begin(atStep step: Int) throws {
        let metricsPath = "\(path)/metrics.jsonl"
        if FileBytes.exists(metricsPath) {
            let text = String(decoding: try FileBytes.read(metricsPath), as: UTF8.self)
            let kept = text.split(separator: "\n").filter { line in
                guard let entry = try? JSONDecoder().decode(Stamp.self, from: Data(line.utf8))
                else { return false }
                return entry.step <= step
            }
            try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: metricsPath)
        }
        metrics = try AppendedFile(path: metricsPath)
        log = try AppendedFile(path: "\(path)/train.log")
    }

    private struct Stamp: Codable { var step: Int }

    /// Appends a line to `metrics.jsonl`; it must have a `step`.
    package func record(_ entry: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try metrics?.append(String(decoding: try encoder.encode(entry), as: UTF8.self))
    }

    /// Appends a line to `train.log`.
    package func logLine(_ line: String) throws {
        try log?.append(line)
    }

    /// Writes a JSON file of the folder.
    func writeJSON(_ value: some Encodable, to name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(value)) + [10], to: "\(path)/\(name)")
    }

    /// Throws if a folder's run was started with another recipe.
    static func checkSame(_ recipe: Recipe, folder path: String) throws {
        let old = try Recipe(file: "\(path)/recipe.yaml")
        guard old.fingerprint != recipe.fingerprint else { return }
        let difference = zip(
            old.fingerprintedYAML.split(separator: "\n"),
            recipe.fingerprintedYAML.split(separator: "\n")
        ).first { $0 != $1 }
        let detail = difference.map {
            " (`\($0.trimmingCharacters(in: .whitespaces))` there, "
                + "`\($1.trimmingCharacters(in: .whitespaces))` here)"
        }
        throw failure(
            path,
            "holds a run of another recipe\(detail ?? ""); choose another --output",
            .badRecipe)
    }

    static func failure(
        _ subject: String, _ message: String, _ status: ExitStatus
    ) -> TrainingFailure {
        TrainingFailure(call: "run", subject: subject, message: message, exitStatus: status)
    }
}
