internal import Foundation
internal import LRNetSupport

/// The contents of an output folder, inspected before a run starts there. The inspection changes
/// nothing.
package struct RecordedRun {
    /// The step that training would resume from. It is 0 if the run has not saved a checkpoint yet,
    /// and `nil` if there is no run.
    package let step: Int?

    /// The problem with the folder's `recipe.yaml`, if any; the recipe in the checkpoints is then
    /// authoritative.
    package let recipeProblem: String?

    /// The permitted differences between the recipe and the run's recipe.
    package let changes: [RecipeChange]

    /// Inspects a folder.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: Steps per epoch of the run that is about to start. They determine which
    ///     part of a schedule is still ahead.
    /// - Throws: `Failure`: 78 if the folder contains a run with a different recipe, or a longer
    ///   run; 64 if it contains something else, or a run although `resume` is `never`; 66 if it
    ///   contains no run although `resume` is `must`.
    package init(
        path: String, recipe: Recipe, resume: RunFolder.Resume, stepsPerEpoch: Int
    ) throws {
        try Self.checkOwner(of: path, resume: resume)
        let recipePath = "\(path)/\(Recipe.recordedName)"
        let store = CheckpointStore(runFolder: path)
        guard FileBytes.exists(recipePath), try Self.hasProgress(path, store) else {
            (step, recipeProblem, changes) = (nil, nil, [])
            return
        }
        if resume == .never {
            throw RunFolder.site(path).usage(
                "--resume never requires a new --output; this one already contains a run")
        }
        let latest = try store.steps().last ?? 0
        step = latest
        let old: Recipe
        do {
            old = try Recipe(sealed: FileBytes.read(recipePath), file: recipePath)
        } catch {
            recipeProblem =
                "\(error); it is rewritten, and the recipe is compared with the checkpoints instead"
            changes = []
            return
        }
        recipeProblem = nil
        changes = try Self.changes(
            to: recipe, from: old, of: path, trainedEpochs: Self.epochs(latest, stepsPerEpoch))
        try Self.checkLength(
            of: path, trained: latest,
            requested: BatchSequence.totalSteps(recipe.training, stepsPerEpoch: stepsPerEpoch),
            changes)
    }

    /// Rejects a length that the run has already exceeded: its records would state too short a
    /// length.
    private static func checkLength(
        of path: String, trained: Int, requested: Int, _ changes: [RecipeChange]
    ) throws {
        guard trained > requested else { return }
        let remedies = changes.filter { ["training.epochs", "training.steps"].contains($0.key) }
            .map(\.remedy).joined(separator: " ")
        throw RunFolder.site(path).badRecipe(
            "is already longer: it has trained \(trained) steps, "
                + "and the requested length is \(requested); "
                + (remedies.isEmpty ? "request more steps" : "undo that with \(remedies)")
                + ", or use a new --output for a shorter run")
    }

    /// Rejects a folder that does not belong to a run, before anything is created in it.
    ///
    /// A killed start leaves at most the lock and a temporary file. A folder with other files but
    /// no recipe does not belong to a run.
    static func checkOwner(of path: String, resume: RunFolder.Resume) throws {
        let site = RunFolder.site(path)
        if FileBytes.exists(path) && !FileBytes.isFolder(path) {
            throw site.usage("is a file; --output requires a folder, or a name for a new one")
        }
        try checkParent(of: path)
        let isFolder = FileBytes.isFolder(path)
        if resume == .must && !FileBytes.exists("\(path)/\(Recipe.recordedName)") {
            throw site.inputMissing(
                "contains no run to resume; use --resume auto to start one")
        }
        guard isFolder else { return }
        let names = try FileBytes.names(inFolder: path)
        guard !names.contains(Recipe.recordedName),
            let first = names.first(where: {
                $0 != RunFolder.lockName && !AtomicFile.isLeftover($0)
            })
        else { return }
        throw site.usage("is not a run's folder but contains '\(first)'; choose another --output")
    }

    /// Rejects a folder that cannot be created: its nearest existing parent must be a writable
    /// folder.
    private static func checkParent(of path: String) throws {
        var folder = PathText.absolute(path)
        while !FileBytes.exists(folder), folder != "/" { folder = PathText.folder(of: folder) }
        let site = FailureSite("run", path)
        guard FileBytes.isFolder(folder) else {
            throw site.inputOutput("cannot be created, because \(folder) is a file")
        }
        guard access(PathText.cString(folder), W_OK | X_OK) == 0 else {
            throw site.inputOutput(
                "cannot be written: \(folder): \(String(cString: strerror(errno))); "
                    + "choose another --output")
        }
    }

    /// Returns true if the folder contains more than a failed start, which leaves a recipe and
    /// perhaps the records of step 0. The folder of a failed start is not a run, so a different
    /// recipe may start in it.
    private static func hasProgress(_ path: String, _ store: CheckpointStore) throws -> Bool {
        let names = try FileBytes.names(inFolder: path)
        if names.contains(RunResult.name) || names.contains(NetworkFile.name) { return true }
        if try !store.steps().isEmpty || store.hasDamaged { return true }
        guard names.contains(RunMetrics.name) else { return false }
        let text = String(
            decoding: try FileBytes.read("\(path)/\(RunMetrics.name)"), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).contains { line in
            let entry = try? JSONDecoder().decode(RunMetrics.Step.self, from: Data(line.utf8))
            return entry.map { $0.step > 0 } ?? false
        }
    }

    /// Returns the number of epochs that `step` steps have completed or begun.
    static func epochs(_ step: Int, _ stepsPerEpoch: Int) -> Int {
        (step + stepsPerEpoch - 1) / max(stepsPerEpoch, 1)
    }

    /// Rejects a recipe that differs from the recipe of the run.
    ///
    /// A schedule may change only for future epochs: the learning rate of every epoch that was
    /// trained or begun must stay the same.
    ///
    /// - Parameters:
    ///   - path: The run's folder.
    ///   - trainedEpochs: The number of epochs that were trained or begun.
    /// - Returns: The permitted differences.
    static func changes(
        to recipe: Recipe, from old: Recipe, of path: String, trainedEpochs: Int
    ) throws -> [RecipeChange] {
        let changes = recipe.changes(from: old)
        let isScheduleKept = (0..<trainedEpochs).allSatisfy {
            old.schedule.scale(epoch: $0) == recipe.schedule.scale(epoch: $0)
        }
        let wrong = changes.filter { !$0.isAllowed && !($0.isOfSchedule && isScheduleKept) }
        guard wrong.isEmpty else {
            let remedies = wrong.map(\.remedy).joined(separator: " ")
            let past =
                wrong.allSatisfy(\.isOfSchedule)
                ? "; a schedule may change from epoch \(trainedEpochs) (counted from 0) on" : ""
            throw RunFolder.site(path).badRecipe(
                "already contains a run with a different recipe ("
                    + wrong.map(\.description).joined(separator: ", ") + "); undo that with "
                    + "\(remedies) or use a new --output\(past)")
        }
        return changes
    }
}
