internal import Foundation
internal import LRNetSupport

/// What the folder of a run contains when a run is about to start there. Looking changes nothing.
package struct RecordedRun {
    /// The step that training would resume from, 0 where a run has saved no checkpoint yet; `nil` for no run.
    package let step: Int?

    /// What is wrong with the folder's `recipe.yaml`, if anything; checkpoints then say what the run is.
    package let recipeProblem: String?

    /// Keys of the recipe that differ from the run's, and may.
    package let changes: [RecipeChange]

    /// Looks at a folder.
    ///
    /// - Parameters:
    ///   - stepsPerEpoch: Of the run that is about to start, to tell which part of a schedule lies ahead.
    /// - Throws: `Failure`: 78 if the folder contains a run of another recipe, or a longer one; 64 if it contains something else,
    ///   or a run and `resume` is `never`; 66 if it contains no run and `resume` is `must`.
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
            recipeProblem = "\(error); it is written anew, and checkpoints tell the recipe"
            changes = []
            return
        }
        recipeProblem = nil
        changes = try Self.changes(
            to: recipe, from: old, of: path, trainedEpochs: Self.epochs(latest, stepsPerEpoch))
        try Self.checkLength(
            of: path, trained: latest,
            wanted: BatchSequence.totalSteps(recipe.training, stepsPerEpoch: stepsPerEpoch), changes
        )
    }

    /// Refuses a length that the run has passed: its records would say that it is shorter than it is.
    private static func checkLength(
        of path: String, trained: Int, wanted: Int, _ changes: [RecipeChange]
    ) throws {
        guard trained > wanted else { return }
        let remedies = changes.filter { ["training.epochs", "training.steps"].contains($0.key) }
            .map(\.remedy).joined(separator: " ")
        throw RunFolder.site(path).badRecipe(
            "is longer already: it has trained \(trained) steps, and the length asked for is \(wanted); "
                + (remedies.isEmpty ? "ask for more" : "undo that with \(remedies)")
                + ", or use a new --output for a shorter run")
    }

    /// Refuses a folder that is not of a run, before anything is made in it. A start that was killed leaves the
    /// lock and a part of the recipe; more without a recipe is not ours.
    static func checkOwner(of path: String, resume: RunFolder.Resume) throws {
        let site = RunFolder.site(path)
        if FileBytes.exists(path) && !FileBytes.isFolder(path) {
            throw site.usage("is a file; --output requires a folder, or a name for a new one")
        }
        try checkParent(of: path)
        let isFolder = FileBytes.isFolder(path)
        if resume == .must && !FileBytes.exists("\(path)/\(Recipe.recordedName)") {
            throw site.inputMissing(
                "contains no run; --resume must requires one to resume, --resume auto starts one")
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

    /// Refuses a folder that cannot be made: the nearest one above it that exists must be a folder that may be
    /// written.
    private static func checkParent(of path: String) throws {
        var folder = PathText.absolute(path)
        while !FileBytes.exists(folder), folder != "/" { folder = PathText.folder(of: folder) }
        let site = FailureSite("run", path)
        guard FileBytes.isFolder(folder) else {
            throw site.inputOutput("cannot be made, since \(folder) is a file")
        }
        guard access(PathText.cString(folder), W_OK | X_OK) == 0 else {
            throw site.inputOutput(
                "cannot be written: \(folder): \(String(cString: strerror(errno))); "
                    + "choose another --output")
        }
    }

    /// A start that failed has left a recipe and perhaps the records of step 0. Such a folder is not a run, so
    /// another recipe may start in it.
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

    /// The epochs that `step` steps have touched.
    static func epochs(_ step: Int, _ stepsPerEpoch: Int) -> Int {
        (step + stepsPerEpoch - 1) / max(stepsPerEpoch, 1)
    }

    /// Refuses to resume a run of another recipe.
    ///
    /// A schedule may change in what lies ahead: the learning rate of every epoch that was trained, or begun,
    /// must be what it was.
    ///
    /// - Parameters:
    ///   - path: The run's folder.
    ///   - trainedEpochs: Epochs that were trained or begun.
    /// - Returns: The keys that differ, and may.
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
