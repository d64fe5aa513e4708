import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Synchronization
import Testing

@Suite struct RunFolderTests {
    private func failure(_ work: () throws -> Void) -> Failure? {
        do {
            try work()
            return nil
        } catch {
            return error as? Failure
        }
    }

    /// Adds a checkpoint, so that the folder contains a run that has trained.
    private func addCheckpoint(_ path: String) throws {
        try CheckpointStore(runFolder: path).save(
            [1, 2, 3], step: 10, best: nil, keepLatest: 2)
    }

    @Test func `a new run creates its folder with a lock and a recipe`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/runs/a"
        let run = try RunFolder(path: path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        #expect(run.path == path)
        #expect(TestFolder.names(in: path) == [".lock", "recipe.yaml"])
        #expect(try Recipe(file: "\(path)/recipe.yaml") == Recipe())
        // An empty folder is treated like a missing one.
        try AtomicFile.createFolder("\(folder.path)/b")
        _ = try RunFolder(
            path: "\(folder.path)/b", recipe: Recipe(), resume: .never, stepsPerEpoch: 4)
    }

    @Test func `a folder in use is refused unless its run ends in time`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a"
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [
            "-o", "\(path)/.lock", "sh", "-c", "touch \(folder.path)/held; exec sleep 7",
        ]
        try holder.run()
        while !FileBytes.exists("\(folder.path)/held") { usleep(5_000) }
        let start = ContinuousClock.now
        let error = failure {
            _ = try RunFolder(
                path: path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4, patience: .seconds(2)
            )
        }
        #expect(ContinuousClock.now - start > .seconds(1.9))
        #expect(error?.exitStatus == .inputOutput)
        #expect(
            error?.description
                == "run: \(path): is in use by another run, which did not end within 2 s; let it "
                + "finish or stop it, or choose another --output")
        // A holder that ends in time is awaited.
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.5) {
            kill(holder.processIdentifier, SIGKILL)
        }
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        holder.waitUntilExit()
    }

    @Test func `a run that begins during the wait for the lock is detected`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a"
        try AtomicFile.createFolder(path)
        var other = Recipe()
        other.training.seed = 7
        let sealed = Recipe.sealed(other.yaml)
        for resume in [RunFolder.Resume.never, .auto] {
            let lock = Mutex<FileLock?>(try FileLock(path: "\(path)/.lock"))
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) {
                try? AtomicFile.write(sealed, to: "\(path)/recipe.yaml")
                try? CheckpointStore(runFolder: path).save(
                    [1, 2, 3], step: 10, best: nil, keepLatest: 2)
                lock.withLock { $0 = nil }
            }
            let error = failure {
                _ = try RunFolder(path: path, recipe: Recipe(), resume: resume, stepsPerEpoch: 4)
            }
            #expect(error?.exitStatus == (resume == .never ? .usage : .badRecipe))
            #expect(try Recipe(file: "\(path)/recipe.yaml") == other)
            try AtomicFile.remove("\(path)/recipe.yaml")
            try AtomicFile.remove("\(path)/checkpoints")
        }
    }

    /// `--resume never` may start there, too.
    @Test func `a different recipe may start in the folder of a failed start`() throws {
        let folder = try TestFolder()
        var run: RunFolder? = try RunFolder(
            path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try run?.begin(atStep: nil)
        struct Record: Encodable {
            let kind: String
            let step: Int
        }
        try run?.record(Record(kind: "run", step: 0))
        run = nil
        var other = Recipe()
        other.training.seed = 7
        run = try RunFolder(path: folder.path, recipe: other, resume: .never, stepsPerEpoch: 4)
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == other)
        run = nil
        // One finished step makes it a run.
        try AtomicFile.write(
            "{\"kind\":\"weights\",\"step\":1}\n", to: "\(folder.path)/metrics.jsonl")
        let error = failure {
            _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        }
        #expect(error?.exitStatus == .badRecipe)
        let again = failure {
            _ = try RunFolder(path: folder.path, recipe: other, resume: .never, stepsPerEpoch: 4)
        }
        #expect(again?.exitStatus == .usage)
    }

    @Test func `a damaged or edited recipe is reported and then rewritten`() throws {
        let folder = try TestFolder()
        var run: RunFolder? = try RunFolder(
            path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        #expect(run?.recipeProblem == nil)
        run = nil
        try addCheckpoint(folder.path)
        let recipe = "\(folder.path)/recipe.yaml"
        let text = String(decoding: try FileBytes.read(recipe), as: UTF8.self)
        for changed in [
            text.replacing("seed: 1", with: "seed: 3"), Recipe().yaml, "", text + "x: 1\n",
            text.replacing("keepLatest: 3", with: "keepLatest: 7"),
        ] {
            try AtomicFile.write(changed, to: recipe)
            let run = try RunFolder(
                path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
            #expect(
                run.recipeProblem
                    == "recipe: \(recipe): is damaged or was edited: its last line is not the SHA-256 "
                    + "of the others; it is rewritten, and the recipe is compared with the "
                    + "checkpoints instead")
            #expect(try FileBytes.read(recipe) == Array(changed.utf8))
            try run.begin(atStep: 0)
            #expect(try FileBytes.read(recipe) == Array(text.utf8))
        }
    }

    @Test func `a folder with a run of a different recipe is refused`() throws {
        let folder = try TestFolder()
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try addCheckpoint(folder.path)
        var other = Recipe()
        other.training.seed = 7
        // Length, threads and checkpoints may differ and are not named.
        other.training.steps = 40
        other.training.epochs = 3
        other.training.threads = 9
        other.checkpoint.keepLatest = 2
        let error = failure {
            _ = try RunFolder(path: folder.path, recipe: other, resume: .auto, stepsPerEpoch: 4)
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "run: \(folder.path): already contains a run with a different recipe "
                + "(training.seed: 1 -> 7); undo that with --set training.seed=1 or use a new --output"
        )
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == Recipe())
        other.training.seed = 1
        _ = try RunFolder(path: folder.path, recipe: other, resume: .auto, stepsPerEpoch: 4)
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == other)
        other.initialization.from = "runs/full"
        let source = failure {
            _ = try RunFolder(path: folder.path, recipe: other, resume: .auto, stepsPerEpoch: 4)
        }
        #expect(
            source?.description.contains(
                "(initialization.from: none -> runs/full); undo that with --set "
                    + "initialization.from=null or use") == true)
    }

    @Test func `a length that the run has passed is refused before anything is written`() throws {
        let folder = try TestFolder()
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try addCheckpoint(folder.path)
        var other = Recipe()
        other.training.epochs = 2
        let error = failure {
            _ = try RunFolder(path: folder.path, recipe: other, resume: .auto, stepsPerEpoch: 4)
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "run: \(folder.path): is already longer: it has trained 10 steps, and the requested "
                + "length is 8; undo that with --set training.epochs=190, or use a new --output for a "
                + "shorter run")
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == Recipe())
        other.training.epochs = 190
        _ = try RunFolder(path: folder.path, recipe: other, resume: .auto, stepsPerEpoch: 4)
    }

    @Test func `a folder with other files is refused and left unchanged`() throws {
        let folder = try TestFolder()
        try AtomicFile.write("x", to: "\(folder.path)/notes.txt")
        for resume in [RunFolder.Resume.auto, .never] {
            let error = failure {
                _ = try RunFolder(
                    path: folder.path, recipe: Recipe(), resume: resume, stepsPerEpoch: 4)
            }
            #expect(error?.exitStatus == .usage)
            #expect(error?.description.contains("but contains 'notes.txt'; choose another") == true)
        }
        #expect(folder.names == ["notes.txt"])
        let file = failure {
            _ = try RunFolder(
                path: "\(folder.path)/notes.txt", recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        }
        #expect(file?.exitStatus == .usage)
    }

    @Test func `leftovers of a killed start are removed and block nothing`() throws {
        let folder = try TestFolder()
        try AtomicFile.write("", to: "\(folder.path)/.lock")
        try AtomicFile.write("network: mn", to: "\(folder.path)/recipe.yaml.partial-4711")
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        #expect(folder.names == [".lock", "recipe.yaml"])
        // The same is true of a run that was killed later. Files of the user stay.
        let checkpoints = "\(folder.path)/checkpoints"
        try AtomicFile.createFolder("\(checkpoints)/step-00000010.partial")
        try AtomicFile.write("step-00000010", to: "\(checkpoints)/latest.partial-4711")
        try AtomicFile.write("{", to: "\(folder.path)/result.json.partial-4711")
        try AtomicFile.write("a user's", to: "\(folder.path)/notes.partial-draft")
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        #expect(
            folder.names == [".lock", "checkpoints", "notes.partial-draft", "recipe.yaml"])
        #expect(TestFolder.names(in: checkpoints).isEmpty)
    }

    @Test func `resume must requires a run and resume never forbids one`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a"
        let missing = failure {
            _ = try RunFolder(path: path, recipe: Recipe(), resume: .must, stepsPerEpoch: 4)
        }
        #expect(missing?.exitStatus == .inputMissing)
        #expect(!FileBytes.exists(path))
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .never, stepsPerEpoch: 4)
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .must, stepsPerEpoch: 4)
        try addCheckpoint(path)
        let twice = failure {
            _ = try RunFolder(path: path, recipe: Recipe(), resume: .never, stepsPerEpoch: 4)
        }
        #expect(twice?.exitStatus == .usage)
        #expect(twice?.description.contains("\n") == false)
    }

    private struct Line: Codable, Equatable {
        var step: Int
        var text: String
    }

    /// An editor on another system may have changed the line ends.
    @Test func `metrics with other line ends are kept and converted back`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/metrics.jsonl"
        var run: RunFolder? = try RunFolder(
            path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try run?.begin(atStep: nil)
        for step in [50, 100] { try run?.record(Line(step: step, text: "a")) }
        run = nil
        let plain = String(decoding: try FileBytes.read(path), as: UTF8.self)
        try AtomicFile.write(plain.replacing("\n", with: "\r\n"), to: path)
        run = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        #expect(try run?.begin(atStep: 100) == nil)
        #expect(try String(decoding: FileBytes.read(path), as: UTF8.self) == plain)
    }

    @Test func `a metrics file with unreadable lines is reported and kept aside`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/metrics.jsonl"
        let text = "{\"step\":50,\"text\":\"a\"}\n{\"step\":\n{\"step\":60,\"text\":\"b\"}\n"
        var run: RunFolder? = try RunFolder(
            path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try run?.begin(atStep: nil)
        run = nil
        try AtomicFile.write(text, to: path)
        run = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        let warning = try run?.begin(atStep: 60)
        #expect(
            warning
                == "metrics: \(path): 1 of 3 lines cannot be read and are dropped; the original file "
                + "is kept as metrics.jsonl.damaged")
        #expect(
            try String(decoding: FileBytes.read(path + ".damaged"), as: UTF8.self) == text)
    }

    @Test func `a run whose lock file was removed does not count as moved`() throws {
        let folder = try TestFolder()
        let run = try RunFolder(
            path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
        try run.begin(atStep: nil)
        try AtomicFile.remove("\(folder.path)/.lock")
        #expect(try run.locate() == nil)
        #expect(run.path == folder.path)
    }

    @Test func `metrics are cut back to the step that a run resumes from`() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/metrics.jsonl"
        func steps() throws -> [Int] {
            try String(decoding: FileBytes.read(path), as: UTF8.self).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).step
            }
        }
        func open(at step: Int) throws -> RunFolder {
            let run = try RunFolder(
                path: folder.path, recipe: Recipe(), resume: .auto, stepsPerEpoch: 4)
            try run.begin(atStep: step)
            return run
        }
        do {
            let run = try open(at: 0)
            for step in [50, 100, 100, 150] { try run.record(Line(step: step, text: "a/b")) }
            try run.logLine("first")
        }
        #expect(try steps() == [50, 100, 100, 150])
        // A power failure interrupted the write of a line.
        let torn = try FileBytes.read(path) + Array("{\"step\":160,\"te".utf8)
        try AtomicFile.write(torn, to: path)
        do {
            let run = try open(at: 100)
            #expect(try steps() == [50, 100, 100])
            try run.record(Line(step: 120, text: "c"))
            try run.logLine("second")
        }
        #expect(try steps() == [50, 100, 100, 120])
        #expect(
            try FileBytes.read("\(folder.path)/train.log") == Array("first\nsecond\n".utf8))
        _ = try open(at: 0)
        #expect(try steps().isEmpty)
    }
}
