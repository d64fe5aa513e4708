internal import Foundation
internal import LRNetSupport

/// The folder of one run: its lock, recipe, log, metrics, checkpoints and results. Only rank 0
/// touches it, but for reading.
package final class RunFolder {
    /// What to do with a run that the folder contains.
    package enum Resume: String, Sendable, CaseIterable {
        /// Resume it if there is one, else start one.
        case auto
        /// Start one; an existing run is an error.
        case never
        /// Resume it; a missing run is an error.
        case must
    }

    /// The folder, as it was called when it was last looked for.
    package private(set) var path: String

    /// The checkpoints.
    package var checkpoints: CheckpointStore { CheckpointStore(runFolder: path) }

    private let recipe: Recipe
    private let handle: FolderHandle
    private let lock: FileLock
    private var metrics: AppendedFile?
    private var log: AppendedFile?
    private var earlyLines: [String] = []

    /// What is wrong with the `recipe.yaml` that the folder held, if anything; checkpoints then say
    /// what the run is.
    package let recipeProblem: String?

    /// Opens the folder, or makes it, and locks it against a second run.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: Of this run, to tell which part of a schedule lies ahead.
    ///   - patience: How long another run is waited for: ranks outlive a killed mpirun by about a second, and one
    ///     that was asked to stop takes the time of a step.
    /// - Throws: `Failure` (74) if another process still has the lock then; 78 if the folder
    ///   holds a run of another recipe; 64 if it holds something else.
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
        // Only now is no other run at work here.
        recipeProblem = try RecordedRun(
            path: path, recipe: recipe, resume: resume, stepsPerEpoch: stepsPerEpoch
        ).recipeProblem
        for name in try FileBytes.names(inFolder: path) where AtomicFile.isLeftover(name) {
            try AtomicFile.remove("\(path)/\(name)")
        }
        try checkpoints.removeLeftovers()
        // Where it cannot be compared the checkpoint has the last word.
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
                    format: "is in use by another run, whose end was waited for %g s; let it ",
                    patience.seconds)
                    + "finish or stop it, or choose another --output")
        }
    }

    static let lockName = ".lock"

    /// The folder has another name than at the start.
    package private(set) var isMoved = false

    /// Looks for the folder before something is written by its name: it may have been renamed while the run
    /// trains, and another run may have its name now.
    ///
    /// - Returns: A line about a new name.
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
            "was removed while the run trained, with all that was saved, so nothing more is; run the same "
                + "command again to start over")
    }

    /// Writes something whose files have the folder's path, and writes it again if the folder was renamed meanwhile.
    ///
    /// - Parameter write: Takes the folder's path.
    /// - Returns: A closure for any thread.
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

    /// Cuts the metrics back to what had been trained at a checkpoint, and opens the logs; also writes
    /// a recipe in the place of a damaged one, now that the checkpoint agrees with it.
    ///
    /// - Parameters:
    ///   - step: The checkpoint's; `nil` for a fresh start, which keeps nothing.
    ///   - isValidated: Whether a validation of this step counts as done.
    /// - Returns: A line about records that cannot be read; the file is kept under another name.
    @discardableResult
    package func begin(atStep step: Int?, isValidated: Bool = true) throws -> String? {
        var warning: String?
        if recipeProblem != nil { try writeRecipe() }
        let metricsPath = "\(path)/\(RunMetrics.name)"
        if FileBytes.exists(metricsPath) {
            let bytes = try FileBytes.read(metricsPath)
            let text = String(decoding: bytes, as: UTF8.self)
            // A killed run may have left a part of its last line.
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
                    "metrics: \(metricsPath): \(lostCount) of \(lines.count) lines cannot be read and are left "
                    + "out; the file is kept as \(aside)"
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

    /// Appends a line to `train.log`; lines before ``begin(atStep:)`` wait for it.
    package func logLine(_ line: String) throws {
        if let log { try log.append(line) } else { earlyLines.append(line) }
    }

    /// Writes a JSON file of the folder.
    func writeJSON(_ value: some Encodable, to name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(value)) + [10]
        try writing { try AtomicFile.write(bytes, to: "\($0)/\(name)") }()
    }

    /// Failures of the folder `path`.
    static func site(_ path: String) -> FailureSite { FailureSite("run", path) }
}
