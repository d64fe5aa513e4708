import Foundation
import LRNetData
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Launches the built `lrnet-data`, which is next to the test bundle.
@Suite struct CommandLineTests {
    private func tool(_ arguments: String...) throws -> (
        code: Int32, output: String, error: String
    ) {
        try launch(Launch.program("lrnet-data"), arguments)
    }

    @Test
    func `digits can be synthesized, verified and described, and damage is reported`() throws {
        let folder = try TestFolder()
        let set = "\(folder.path)/digits"
        let made = try tool(
            "synthesize", "digits", "--output", set, "--train", "300", "--validation", "50",
            "--test", "40", "--seed", "3", "--shards", "4")
        #expect(made.code == 0, "\(made.error)")
        #expect(made.output.contains("train 300, validation 50, test 40 images of 28x28x1"))
        let verified = try tool("verify", set)
        #expect(verified.code == 0)
        #expect(verified.output == "\(set): all 390 images are intact\n")
        let picture = "\(folder.path)/sheet.pgm"
        let described = try tool(
            "describe", set, "--preview", "--picture", picture, "--picture-count", "45")
        #expect(described.code == 0, "\(described.error)")
        #expect(described.output.contains("\ntrain          300       4"))
        #expect(described.output.contains("fingerprint  "))
        let sheet = try FileBytes.read(picture)
        #expect(sheet.starts(with: Array("P5\n581 88\n255\n".utf8)))
        #expect(sheet.count == 14 + 581 * 88)

        let again = try tool("synthesize", "digits", "--output", set, "--train", "10")
        #expect(again.code == 74)
        #expect(
            again.error
                == "lrnet-data: import: \(set): exists and is not an empty folder; "
                + "choose another --output\n")

        try flip("\(set)/train-00002.h5", byte: 20_000, bit: 6)
        let damaged = try tool("verify", set)
        #expect(damaged.code == 65)
        #expect(damaged.error.hasPrefix("lrnet-data: SHA-256: \(set)/train-00002.h5: damaged: "))
        #expect(damaged.error.count { $0 == "\n" } == 1)
        try AtomicFile.remove("\(set)/test-00000.h5")
        #expect(try tool("verify", set).code == 66)
        #expect(try tool("describe", set).code == 66)
    }

    @Test func `usage errors exit with 64 and a missing folder with 66`() throws {
        #expect(try tool("verify").code == 64)
        #expect(try tool("unknown").code == 64)
        #expect(try tool("describe", "x", "--split", "training").code == 64)
        #expect(try tool("synthesize", "digits", "--output", "x", "--train", "-1").code == 64)
        #expect(
            try tool("synthesize", "digits", "--output", "x", "--shards", "0").error.contains(
                "--shards is 0; use 1 to 1,000,000"))
        #expect(try tool("--help").code == 0)
        let missing = try tool("verify", "/nowhere/data")
        #expect(missing.code == 66)
        #expect(
            missing.error
                == "lrnet-data: data: /nowhere/data: no such folder; "
                + "make one with lrnet-data fetch, import or synthesize\n")
    }

    @Test func `an imported folder of images can be verified, described and sampled`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        try ImageFixture.writeTree(tree, classes: ["ant", "bee"], count: 9)
        let set = "\(folder.path)/set"
        let arguments = [
            "import", "images", "--train", tree, "--output", set, "--shorter-side", "32",
            "--validation", "4", "--workers", "2",
        ]
        let program = try Launch.program("lrnet-data")
        let done = try launch(program, arguments)
        #expect(done.code == 0, "\(done.error)")
        #expect(
            done.output.contains(
                "train 14, validation 4 JPEG images with a shorter side of at most 32, finger"))
        #expect(done.output.contains(" of 18 were resized; "))
        #expect(try tool("verify", set).output == "\(set): all 18 images are intact\n")
        let described = try tool("describe", set)
        #expect(described.output.contains("\nant        7           2\n"), "\(described.output)")
        let preview = try tool("describe", set, "--preview")
        #expect(preview.code == 65)
        #expect(preview.error.contains("contains images of varying size"))
        let sheet = "\(folder.path)/sheet.png"
        let sample = try tool(
            "sample", set, "--output", sheet, "--split", "validation", "--count", "3")
        #expect(sample.output == "\(sheet): 3 of 4 images of validation\n")
        #expect(try ImageDecoder().decode(FileBytes.read(sheet)[...]).image.height > 32)
        for options in [
            ["--raw", "32"], ["--raw", "0x3"], ["--raw", "8x8", "--shorter-side", "32"],
            ["--workers", "0"], ["--test-list", "x"], ["--max-pixels", "0"],
        ] {
            #expect(try launch(program, arguments + options).code == 64, "\(options)")
        }
    }

    @Test func `an IDX import writes a set, or nothing if it fails`() throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        _ = try fixture.write(to: folder)
        func run() throws -> (code: Int32, output: String, error: String) {
            try tool(
                "import", "idx", "--train-images", "\(folder.path)/train-images",
                "--train-labels", "\(folder.path)/train-labels", "--test-images",
                "\(folder.path)/test-images", "--test-labels", "\(folder.path)/test-labels",
                "--output", "\(folder.path)/new/set", "--validation", "5")
        }
        let done = try run()
        #expect(done.code == 0, "\(done.error)")
        #expect(done.output.contains("train 18, validation 5, test 6 images of 6x9x1"))
        try AtomicFile.remove("\(folder.path)/new")
        fixture.files["train-labels"]?.content[7] = 12
        _ = try fixture.write(to: folder)
        let failed = try run()
        #expect(failed.code == 65)
        #expect(
            failed.error
                == "lrnet-data: import: \(folder.path)/train-labels: class 10 of 0...12 has no "
                + "training image; number the classes without gaps (names = "
                + "numpy.unique(labels), then numpy.searchsorted(names, labels)), or add images of "
                + "this class\n")
        #expect(!FileBytes.exists("\(folder.path)/new"))
    }

    /// `--validation` overrides this. If it leaves no image to train on, the message suggests
    /// numbers that work.
    @Test func `a tenth of the training images is held out by default`() throws {
        let folder = try TestFolder()
        let fixture = IDXFixture()
        _ = try fixture.write(to: folder)
        func run(_ options: String...) throws -> (code: Int32, output: String, error: String) {
            try? AtomicFile.remove("\(folder.path)/set")
            return try launch(
                Launch.program("lrnet-data"),
                [
                    "import", "idx", "--train-images", "\(folder.path)/train-images",
                    "--train-labels", "\(folder.path)/train-labels", "--test-images",
                    "\(folder.path)/test-images", "--test-labels", "\(folder.path)/test-labels",
                    "--output", "\(folder.path)/set",
                ] + options)
        }
        let usual = try run()
        #expect(usual.code == 0, "\(usual.error)")
        #expect(usual.output.contains("train 21, validation 2, test 6 images"))
        #expect(
            usual.output.contains(
                "validation: the first 2 of 23 training images; use --validation N to hold out "
                    + "another number\n"))
        let index = try FileBytes.read("\(folder.path)/set/index.json")
        let same = try run("--validation", "2")
        #expect(same.output.contains("validation: the first 2 of 23 training images\n"))
        #expect(try FileBytes.read("\(folder.path)/set/index.json") == index)
        let none = try run("--validation", "0")
        #expect(none.output.contains("validation: none of 23 training images\n"))
        let tooMany = try run("--validation", "5000")
        #expect(tooMany.code == 64)
        #expect(
            tooMany.error
                == "lrnet-data: import: \(folder.path)/train-images: has 23 images, so "
                + "--validation 5000 leaves none to train on; use at most 13, or omit "
                + "--validation for 2\n")
        #expect(try run("--validation", "13").code == 0)
    }

    /// Classes are named after their folders.
    @Test func `class names keep their case and are sorted by their bytes`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        try ImageFixture.writeTree(tree, classes: ["Zebra", "ant", "Cat"], count: 3)
        let set = "\(folder.path)/set"
        let made = try tool("import", "images", "--train", tree, "--output", set)
        #expect(made.code == 0, "\(made.error)")
        #expect(try ShardSet(directory: set).index.classNames == ["Cat", "Zebra", "ant"])
        let described = try tool("describe", set).output
        #expect(described.contains("\nCat ") && described.contains("\nZebra "))
    }
}
