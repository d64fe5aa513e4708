internal import Foundation
internal import LRNetSupport

/// The folder of one run: its lock, recipe, log, metrics, checkpoints and results. Only rank 0
/// writes to it.
package final class RunFolder {
    /// The treatment of a run that the folder already contains.
    package enum Resume: String, Sendable, CaseIterable {
        /// Resumes the run if there is one, and starts one otherwise.
        case auto
        /// Starts a run; an existing run is an error.
        case never
        /// Resumes the run; a missing run is an error.
        case must
    }

    /// The folder's path when it was last located.
    package private(set) var path: String

    package var checkpoints: CheckpointStore { CheckpointStore(runFolder: path) }

    private let recipe: Recipe
    private let handle: FolderHandle
    private let lock: FileLock
    private var metrics: AppendedFile?
    private var log: AppendedFile?
    private var earlyLines: [String] = []

    /// The problem with the `recipe.yaml` in the folder, if any; the recipe in the checkpoints is
    /// then authoritative.
    package let recipeProblem: String?

    /// Opens or creates the folder, and locks it against a second run.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: Steps per epoch of this run. They determine which part of a schedule is
    ///     still ahead.
    ///   - patience: The maximum time to wait for another run to end. Ranks outlive a killed mpirun
    ///     by about a second, and a run that was asked to stop first finishes its step.
    /// - Throws: `Failure`: 74 if another process still holds the lock after that time, 78 if the
    ///   folder contains a run with a different recipe, 64 if it contains something else.
    package init(
        path: String, recipe: Recipe, resume: Resume, stepsPerEpoch: Int,
        patience: Duration = .seconds(15)
    ) throws {
        self.path = path
        try RecordedRun.checkOwner(of: path, resume: resume)
        try AtomicFile.createFolder(path)
        handle = try FolderHandle(path)
        lock = try Self.lock(path, patience: patience)
        self.recipe = recipe
        // From here on, the lock excludes other runs.
        recipeProblem = try RecordedRun(
            path: path, recipe: recipe, resume: resume, stepsPerEpoch: stepsPerEpoch
        ).recipeProblem
        for name in try FileBytes.names(inFolder: path) where AtomicFile.isLeftover(name) {
            try AtomicFile.remove("\(path)/\(name)")
        }
        try checkpoints.removeLeftovers()
        // A recipe that cannot be compared is rewritten once the checkpoint has been compared.
        if recipeProblem == nil { try writeRecipe() }
    }

    private func writeRecipe() throws {
        try AtomicFile.write(Recipe.sealed(recipe.yaml), to: "\(path)/\(Recipe.recordedName)")
    }

    private static func lock(_ path: String, patience: Duration) throws -> FileLock {
        do {
            return try FileLock(path: "\(path)/\(lockName)", patience: patience)
        } catch let failure as Failure where failure.call == "flock" {
            throw Self.site(path).inputOutput(
                String(
                    format: "is in use by another run, which did not end within %g s; let it ",
                    patience.seconds)
                    + "finish or stop it, or choose another --output")
        }
    }

    static let lockName = ".lock"

    /// True if the folder was renamed since the start.
    package private(set) var isMoved = false

    /// Updates ``path`` before something is written there: the folder may have been renamed during
    /// the run, and its former name may now belong to another run.
    ///
    /// - Returns: A log line about the new name; `nil` if the folder was not renamed.
    /// - Throws: `Failure` (74) if the folder was removed.
    package func locate() throws -> String? {
        guard let folder = handle.currentPath(knownAs: path) else {
            throw Self.removed(path)
        }
        guard folder != path else { return nil }
        defer { (path, isMoved) = (folder, true) }
        return "run: \(path): is now \(folder); the run continues there"
    }

    private static func removed(_ path: String) -> Failure {
        site(path).inputOutput(
            "was removed during training, with everything that was saved, so nothing more is "
                + "saved; run the same command again to start over")
    }

    /// Wraps a write to the folder, which is repeated at the new path if the folder is renamed
    /// meanwhile.
    ///
    /// - Parameter write: Writes files below the folder's path.
    /// - Returns: A closure that may run on any thread.
    package func writing(
        _ write: @escaping @Sendable (_ path: String) throws -> Void
    ) -> @Sendable () throws -> Void {
        { [path, handle] in
            let place = handle.currentPath(knownAs: path) ?? path
            do {
                try write(place)
            } catch {
                guard let now = handle.currentPath(knownAs: path) else {
                    throw Self.removed(path)
                }
                if now == place { throw error }
                try write(now)
            }
        }
    }

    /// Truncates the metrics to the step of a checkpoint, and opens the logs. Also rewrites a
    /// damaged recipe, since the checkpoint has confirmed it.
    ///
    /// - Parameters:
    ///   - step: The step of the checkpoint; `nil` for a fresh start, which keeps no records.
    ///   - isValidated: True if the records of a validation at this step are kept.
    /// - Returns: A warning about unreadable records, if any; the original file is then kept under
    ///   another name.
    @discardableResult
    package func begin(atStep step: Int?, isValidated: Bool = true) throws -> String? {
        var warning: String?
        if recipeProblem != nil { try writeRecipe() }
        let metricsPath = "\(path)/\(RunMetrics.name)"
        if FileBytes.exists(metricsPath) {
            let bytes = try FileBytes.read(metricsPath)
            let text = String(decoding: bytes, as: UTF8.self)
            // A killed run may have left an incomplete last line.
            let isWhole = text.last?.isNewline ?? true
            let lines = text.split(whereSeparator: \.isNewline)
            var lostCount = 0
            let kept = lines.enumerated().filter { number, line in
                guard
                    let entry = try? JSONDecoder().decode(
                        RunMetrics.Step.self, from: Data(line.utf8))
                else {
                    if isWhole || number < lines.count - 1 { lostCount += 1 }
                    return false
                }
                let isOfValidation = ["validation", "distributions"].contains(entry.kind)
                if !isValidated && entry.step == step && isOfValidation { return false }
                return entry.step <= step ?? -1
            }
            if lostCount > 0 {
                let aside = "\(RunMetrics.name).damaged"
                try AtomicFile.write(bytes, to: "\(path)/\(aside)")
                warning =
                    "metrics: \(metricsPath): \(lostCount) of \(lines.count) lines cannot be read "
                    + "and are dropped; the original file is kept as \(aside)"
            }
            try AtomicFile.write(kept.map { $0.element + "\n" }.joined(), to: metricsPath)
        }
        metrics = try AppendedFile(path: metricsPath)
        let log = try AppendedFile(path: "\(path)/train.log")
        self.log = log
        for line in earlyLines { try log.append(line) }
        earlyLines = []
        return warning
    }

    /// Appends a line to `metrics.jsonl`; it must have a `step`.
    package func record(_ entry: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try metrics?.append(String(decoding: try encoder.encode(entry), as: UTF8.self))
    }

    /// Appends a line to `train.log`. Lines before ``begin(atStep:isValidated:)`` are kept until
    /// then.
    package func logLine(_ line: String) throws {
        if let log { try log.append(line) } else { earlyLines.append(line) }
    }

    /// Writes a JSON file into the folder.
    func writeJSON(_ value: some Encodable, to name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(value)) + [10]
        try writing { try AtomicFile.write(bytes, to: "\($0)/\(name)") }()
    }

    /// Creates the site of failures about the folder `path`.
    static func site(_ path: String) -> FailureSite { FailureSite("run", path) }
}
