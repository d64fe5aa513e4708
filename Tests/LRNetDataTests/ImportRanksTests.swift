import Foundation
import LRNetData
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Runs `lrnet-data import images` under mpirun, one launch at a time.
@Suite(.serialized) struct ImportRanksTests {
    static let classes = ["ant", "bee", "cow"]

    /// Two trees, and the options of an import into five training shards, one validation shard and
    /// one test shard.
    private struct Sources {
        let folder: TestFolder
        var options: [String]

        init() throws {
            folder = try TestFolder()
            try ImageFixture.writeTree("\(folder.path)/train", classes: classes, count: 11)
            try ImageFixture.writeTree(
                "\(folder.path)/test", classes: classes, count: 4, first: 50)
            options = [
                "--train", "\(folder.path)/train", "--test", "\(folder.path)/test", "--validation",
                "7", "--shards", "5", "--shorter-side", "30", "--workers", "2",
            ]
        }

        func start(
            _ output: String, ranks: Int? = nil, _ more: [String] = [],
            environment: [String: String] = [:]
        ) throws -> Launch {
            try Launch(
                Launch.program("lrnet-data"),
                ["import", "images", "--output", set(output)] + options + more,
                ranks: ranks, environment: environment)
        }

        func run(_ output: String, ranks: Int? = nil, _ more: [String] = []) throws
            -> Launch.Outcome
        {
            try start(output, ranks: ranks, more).wait()
        }

        /// Returns the folder of a data set. All have one name because the index contains it.
        func set(_ output: String) -> String { "\(folder.path)/\(output)/set" }

        func content(_ output: String) throws -> [String: [UInt8]] {
            try ImageFixture.content(of: set(output))
        }

        /// Replaces an image by a file that is not one.
        func damage(_ path: String) throws {
            try AtomicFile.write("no picture\n", to: "\(folder.path)/\(path)")
        }
    }

    @Test(arguments: [[], ["--raw", "8x9"]])
    func `any number of ranks writes the same files as one process`(storage: [String]) throws {
        var sources = try Sources()
        if !storage.isEmpty { sources.options.removeAll { $0 == "--shorter-side" || $0 == "30" } }
        let alone = try sources.run("alone", storage)
        try #require(alone.status == 0, "\(alone.errors)")
        let expected = try sources.content("alone")
        #expect(expected.count == 8)
        for ranks in [1, 2, 3, 8] {
            let outcome = try sources.run("\(ranks)", ranks: ranks, storage)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.complaints == [])
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].contains("/\(ranks)/set: train 26, validation 7, test 12 "))
            #expect(lines[1].hasSuffix(ranks > 1 ? "; \(ranks) ranks of 2 workers" : " images/s"))
            #expect(try sources.content("\(ranks)") == expected, "\(ranks) ranks")
            #expect(TestFolder.names(in: "\(sources.folder.path)/\(ranks)") == ["set"])
        }
    }

    /// Three ranks fail at the last image; two ranks resume.
    @Test func `a failed import resumes with fewer ranks and replaces a damaged shard`() throws {
        let sources = try Sources()
        try #require(sources.run("expected").status == 0)
        let path = "test/cow/p1003.jpg"
        let good = try FileBytes.read("\(sources.folder.path)/\(path)")
        try sources.damage(path)
        #expect(try sources.run("again", ranks: 3).status == 65)
        let notes = TestFolder.names(in: "\(sources.set("again")).partial").filter {
            $0.hasSuffix(".h5.json")
        }
        #expect(notes.count == 7)
        try flip("\(sources.set("again")).partial/train-00001.h5", byte: 3_000, bit: 1)
        try AtomicFile.write(good, to: "\(sources.folder.path)/\(path)")
        let outcome = try sources.run("again", ranks: 2)
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("5 shards kept from an interrupted import"))
        #expect(try sources.content("again") == sources.content("expected"))
    }

    /// Kills one rank, or mpirun with all ranks, as soon as some shards exist.
    @Test(arguments: zip(["rank", "mpirun"], [1, 4]))
    func `an import resumes after a rank or mpirun is killed`(victim: String, shards: Int) throws {
        let sources = try Sources()
        try #require(sources.run("expected").status == 0)
        // Each write of a shard takes three seconds, so the kill interrupts the import.
        let slow = ["LRNET_FILE_FAULT": "slow:path=.h5.partial,call=write"]
        let launch = try sources.start("again", ranks: 3, environment: slow)
        let partial = "\(sources.set("again")).partial"
        #expect(
            launch.waits {
                TestFolder.names(in: partial).count { $0.hasSuffix(".h5.json") } >= shards
            })
        let output = sources.set("again")
        let ranks = rankProcesses(of: "lrnet-data", with: output)
        try #require(ranks.count == 3)
        kill(victim == "rank" ? try #require(ranks[1]) : launch.processID, SIGKILL)
        let end = try launch.wait()
        #expect(end.status != 0 && end.duration < .seconds(60))
        #expect(!FileBytes.exists(output))
        // Resumes at once: ranks of a killed mpirun may still run, and the import waits for them.
        let outcome = try sources.run("again", ranks: 2)
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(" shards kept from an interrupted import"))
        #expect(try sources.content("again") == sources.content("expected"))
    }

    @Test func `several ranks report the same unreadable images as one process`() throws {
        let sources = try Sources()
        let damaged = [
            "train/ant/p1000.jpg", "train/ant/p1007.jpg", "train/bee/p1002.jpg",
            "train/cow/p1004.jpg", "test/ant/p1001.jpg",
        ]
        for path in damaged { try sources.damage(path) }
        let alone = try sources.run("alone", ["--max-unreadable", "5"])
        try #require(alone.status == 0, "\(alone.errors)")
        let refusedAlone = try sources.run("refused", ["--max-unreadable", "4"])
        #expect(refusedAlone.status == 65)
        let report = try FileBytes.read("\(sources.set("refused")).partial/unreadable.txt")
        try AtomicFile.remove("\(sources.set("refused")).partial")
        for ranks in [2, 3] {
            let refused = try sources.run("refused", ranks: ranks, ["--max-unreadable", "4"])
            #expect(refused.status == 65)
            #expect(refused.complaints == refusedAlone.complaints)
            #expect(refused.complaints.count == 1)
            #expect(
                try FileBytes.read("\(sources.set("refused")).partial/unreadable.txt")
                    == report)
            try AtomicFile.remove("\(sources.set("refused")).partial")

            let outcome = try sources.run("\(ranks)", ranks: ranks, ["--max-unreadable", "5"])
            #expect(outcome.status == 0)
            #expect(outcome.complaints == alone.complaints)
            #expect(outcome.complaints.count == 5)
            #expect(try sources.content("\(ranks)") == sources.content("alone"))
        }
        let text = String(decoding: report, as: UTF8.self)
        for path in damaged {
            #expect(text.contains("\(sources.folder.path)/\(path): is text that begins "))
        }
    }

    @Test func `hundreds of unreadable files end an import of three ranks early`() throws {
        let folder = try TestFolder()
        for name in ["a", "b"] {
            try AtomicFile.createFolder("\(folder.path)/train/\(name)")
            for number in 0..<300 {
                try AtomicFile.write("x", to: "\(folder.path)/train/\(name)/\(number).png")
            }
        }
        let outcome = try Launch(
            Launch.program("lrnet-data"),
            [
                "import", "images", "--train", "\(folder.path)/train", "--output",
                "\(folder.path)/set", "--shards", "60", "--workers", "1",
            ], ranks: 3
        ).wait()
        #expect(outcome.status == 65)
        // 101 bad images are too many; after four rounds of three shards of ten there are 120.
        #expect(outcome.complaints.count == 1)
        #expect(outcome.complaints.first?.contains("(120 unreadable so far, listed in ") == true)
    }

    /// Only rank 0 checks these inputs; all ranks end.
    @Test func `several ranks report the same errors as one process`() throws {
        let sources = try Sources()
        func expectSame(_ output: String, _ more: [String] = [], status: Int32) throws {
            let alone = try sources.run(output, more)
            let ranks = try sources.run(output, ranks: 3, more)
            #expect(alone.status == status && ranks.status == status)
            #expect(ranks.complaints == alone.complaints)
            #expect(ranks.complaints.count == 1 || status == 64, "\(ranks.errors)")
        }
        try expectSame("new", ["--validation", "33"], status: 64)
        try expectSame("new", ["--shards", "0"], status: 64)
        try expectSame("new", ["--list", "\(sources.folder.path)/none.txt"], status: 66)
        try AtomicFile.createFolder("\(sources.set("full"))/inner")
        try expectSame("full", status: 74)
        try AtomicFile.createFolder("\(sources.folder.path)/train/dog")
        try expectSame("new", status: 65)
        #expect(!FileBytes.exists("\(sources.folder.path)/new"))
    }

    @Test(.enabled(if: TinyDisk.isPossible, "mounting a tmpfs needs root"))
    func `a full or read-only disk stops the import, which resumes later`() throws {
        var sources = try Sources()
        try #require(sources.run("expected").status == 0)
        let disk = try TinyDisk(size: "60k")
        sources.options += ["--output", "\(disk.path)/set"]
        let full = try sources.run("-", ranks: 3)
        #expect(full.status == 74)
        #expect(full.complaints.count == 1)
        let line = full.complaints.first ?? ""
        #expect(line.hasPrefix("lrnet-data: rank "), "\(line)")
        #expect(line.contains(": write: \(disk.path)/set.partial/"), "\(line)")
        #expect(line.contains("No space left on device; free some space"), "\(line)")
        try disk.resize(to: "10m")
        let mount = try ReadOnlyMount(disk.path)
        let refused = try sources.run("-", ranks: 2)
        #expect(refused.status == 74)
        #expect(refused.complaints.count == 1)
        #expect(
            refused.complaints.first?.hasSuffix("choose a folder on a writable file system")
                == true, "\(refused.errors)")
        mount.lift()
        let outcome = try sources.run("-", ranks: 2)
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(
            try ImageFixture.content(of: "\(disk.path)/set") == sources.content("expected"))
    }

    /// Mounts another disk at the path of the output or of the images, for rank 1 only.
    @Test(
        .enabled(if: TinyDisk.isPossible, "mounting a tmpfs needs root"),
        arguments: ["output", "train"])
    func `a folder that the ranks do not share is named in the error`(hidden: String) throws {
        let sources = try Sources()
        try AtomicFile.createFolder("\(sources.folder.path)/output")
        let script = "\(sources.folder.path)/rank.sh"
        let place = "\(sources.folder.path)/\(hidden)"
        try AtomicFile.write(
            """
            #!/bin/sh
            [ "$\(RankLauncher.current.rankVariable)" = 0 ] && exec "$@"
            exec unshare --mount sh -c 'mount -t tmpfs tmpfs \(place) && exec "$@"' sh "$@"

            """, to: script)
        chmod(script, 0o755)
        let outcome = try Launch(
            script,
            [
                Launch.program("lrnet-data"), "import", "images", "--output",
                "\(sources.folder.path)/output/set",
            ] + sources.options, ranks: 2
        ).wait()
        #expect(outcome.status == (hidden == "output" ? 74 : 66))
        #expect(outcome.complaints.count == 1)
        let line = outcome.complaints.first ?? ""
        #expect(line.hasPrefix("lrnet-data: rank 1: import: \(place)/"), "\(line)")
        #expect(line.hasSuffix("that all hosts share"), "\(line)")
    }

    /// The import first waits for the ranks other than 0, which hold a separate lock.
    @Test func `an import is rejected while ranks of an earlier one remain`() throws {
        let sources = try Sources()
        try AtomicFile.createFolder("\(sources.set("again")).partial")
        let path = "\(sources.set("again")).partial/members.lock"
        let lock = try FileLock(path: path, isShared: true)
        let outcome = try sources.run("again", ranks: 2)
        #expect(outcome.status == 74)
        #expect(outcome.complaints.count == 1)
        #expect(
            outcome.complaints.first?.hasPrefix(
                "lrnet-data: flock: \(path): another process holds this lock after ") == true)
        withExtendedLifetime(lock) {}
    }

    /// Rank 0 prints the line after ten seconds. The import takes five rounds of two shards, each
    /// three seconds long.
    @Test func `the progress line counts the images of all ranks`() throws {
        let sources = try Sources()
        let launch = try sources.start(
            "again", ranks: 2, ["--shards", "8"],
            environment: ["LRNET_FILE_FAULT": "slow:path=.h5.partial,call=write"])
        let outcome = try launch.wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("importing ") }
        #expect(lines.count == 1, "\(outcome.errors)")
        // Eight shards contain the 26 training images, the other two contain 7 and 12.
        #expect(lines.first?.contains(" 57% 26/45 ") == true, "\(outcome.errors)")
    }

    /// Without PMI, each task would write the whole data set to the same folder.
    @Test func `Slurm tasks without PMI are rejected`() throws {
        let sources = try Sources()
        let tasks = ["SLURM_STEP_NUM_TASKS": "4"]
        let shared = try sources.start("new", environment: tasks).wait()
        let lone = try Launch(
            Launch.program("lrnet-data"),
            ["synthesize", "digits", "--output", sources.set("new")], environment: tasks
        ).wait()
        for outcome in [shared, lone] {
            #expect(outcome.status == 64)
            #expect(
                outcome.errors
                    == "lrnet-data: srun: 4 tasks without a PMI environment: start with srun "
                    + "--mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or with mpirun\n")
        }
        #expect(!FileBytes.exists("\(sources.folder.path)/new"))
    }

    @Test func `commands other than the image import run on rank 0 alone`() throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        _ = try fixture.write(to: folder)
        func run(_ arguments: [String]) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-data"), arguments, ranks: 3).wait()
        }
        func importAgain() throws -> Launch.Outcome {
            try run([
                "import", "idx", "--train-images", "\(folder.path)/train-images",
                "--train-labels", "\(folder.path)/train-labels", "--test-images",
                "\(folder.path)/test-images", "--test-labels", "\(folder.path)/test-labels",
                "--output", "\(folder.path)/set", "--validation", "5",
            ])
        }
        let note =
            "lrnet-data: this command runs on rank 0 of 3 only; only import images uses all ranks"
        let done = try importAgain()
        #expect(done.status == 0)
        #expect(done.complaints == [note])
        #expect(done.output.split(separator: "\n").count == 2)
        let verified = try run(["verify", "\(folder.path)/set"])
        #expect(verified.output == "\(folder.path)/set: all 29 images are intact\n")
        try AtomicFile.remove("\(folder.path)/set")
        fixture.files["train-labels"]?.content[7] = 12
        _ = try fixture.write(to: folder)
        let failed = try importAgain()
        #expect(failed.status == 65)
        #expect(failed.complaints.count == 2)
        #expect(failed.complaints.last?.contains("class 10 of 0...12 has no") == true)
        #expect(folder.names.filter { $0.hasPrefix("set") }.isEmpty)
    }
}
