import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct RunFolderTests {
    private func failure(_ work: () throws -> Void) -> (any Failure)? {
        do {
            try work()
            return nil
        } catch {
            return error as? any Failure
        }
    }

    @Test func newFolder() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/runs/a"
        let run = try RunFolder(path: path, recipe: Recipe(), resume: .auto)
        #expect(run.path == path)
        #expect(TestFolder.names(in: path) == [".lock", "recipe.yaml"])
        #expect(try Recipe(file: "\(path)/recipe.yaml") == Recipe())
        // An empty folder is as good as none.
        try AtomicFile.createFolder("\(folder.path)/b")
        _ = try RunFolder(path: "\(folder.path)/b", recipe: Recipe(), resume: .never)
    }

    @Test func lockedByAnotherProcess() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a"
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .auto)
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [
            "-o", "\(path)/.lock", "sh", "-c", "touch \(folder.path)/held; exec sleep 7",
        ]
        try holder.run()
        while !FileBytes.exists("\(folder.path)/held") { usleep(5_000) }
        let start = ContinuousClock.now
        let error = failure { _ = try RunFolder(path: path, recipe: Recipe(), resume: .auto) }
        #expect(ContinuousClock.now - start > .seconds(4))
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.description.contains("\(path)/.lock: another process holds") == true)
        // A holder that goes away in time is waited for.
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.5) {
            kill(holder.processIdentifier, SIGKILL)
        }
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .auto)
        holder.waitUntilExit()
    }

    @Test func anotherRecipesRun() throws {
        let folder = try TestFolder()
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto)
        var other = Recipe()
        other.training.seed = 7
        // Length and threads may differ, and are not what is named.
        other.training.steps = 40
        other.training.epochs = 2
        other.training.threads = 9
        other.checkpoint.keepLatest = 2
        let error = failure { _ = try RunFolder(path: folder.path, recipe: other, resume: .auto) }
        #expect(error?.exitStatus == .badRecipe)
        #expect(
            error?.description
                == "run: \(folder.path): holds a run of another recipe (`seed: 1` there, "
                + "`seed: 7` here); choose another --output")
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == Recipe())
        other.training.seed = 1
        _ = try RunFolder(path: folder.path, recipe: other, resume: .auto)
        #expect(try Recipe(file: "\(folder.path)/recipe.yaml") == other)
        other.initialization.from = "runs/full"
        let source = failure { _ = try RunFolder(path: folder.path, recipe: other, resume: .auto) }
        #expect(source?.description.contains("`from: \"runs/full\"` here") == true)
    }

    @Test func foreignFolder() throws {
        let folder = try TestFolder()
        try AtomicFile.write("x", to: "\(folder.path)/notes.txt")
        for resume in [RunFolder.Resume.auto, .never] {
            let error = failure {
                _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: resume)
            }
            #expect(error?.exitStatus == .usage)
            #expect(error?.description.contains("but holds 'notes.txt'; choose another") == true)
        }
        #expect(folder.names == ["notes.txt"])
        let file = failure {
            _ = try RunFolder(
                path: "\(folder.path)/notes.txt", recipe: Recipe(), resume: .auto)
        }
        #expect(file?.exitStatus == .inputOutput)
    }

    /// A start that was killed before it had written its recipe leaves nothing in the way.
    @Test func leftoversOfAKilledStart() throws {
        let folder = try TestFolder()
        try AtomicFile.write("", to: "\(folder.path)/.lock")
        try AtomicFile.write("network: mn", to: "\(folder.path)/recipe.yaml.partial-4711")
        _ = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto)
        #expect(folder.names == [".lock", "recipe.yaml"])
    }

    @Test func neverAndMust() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/a"
        let missing = failure { _ = try RunFolder(path: path, recipe: Recipe(), resume: .must) }
        #expect(missing?.exitStatus == .inputMissing)
        #expect(!FileBytes.exists(path))
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .never)
        _ = try RunFolder(path: path, recipe: Recipe(), resume: .must)
        let twice = failure { _ = try RunFolder(path: path, recipe: Recipe(), resume: .never) }
        #expect(twice?.exitStatus == .usage)
        #expect(twice?.description.contains("\n") == false)
    }

    private struct Line: Codable, Equatable {
        var step: Int
        var text: String
    }

    @Test func metricsAreCutBack() throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/metrics.jsonl"
        func steps() throws -> [Int] {
            try String(decoding: FileBytes.read(path), as: UTF8.self).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).step
            }
        }
        func open(at step: Int) throws -> RunFolder {
            let run = try RunFolder(path: folder.path, recipe: Recipe(), resume: .auto)
            try run.begin(atStep: step)
            return run
        }
        do {
            let run = try open(at: 0)
            for step in [50, 100, 100, 150] { try run.record(Line(step: step, text: "a/b")) }
            try run.logLine("first")
        }
        #expect(try steps() == [50, 100, 100, 150])
        // The power went while a line was being written.
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
