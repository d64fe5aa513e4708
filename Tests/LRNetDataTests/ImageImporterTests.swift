import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct ImageImporterTests {
    static let classes = ["ant", "bee", "cow"]

    /// Writes a tree of 3 classes of 11 images, and a test tree with 4 images of each.
    private func importer(_ folder: TestFolder) throws -> ImageImporter {
        try ImageFixture.writeTree(
            "\(folder.path)/train", classes: Self.classes, count: 11)
        try ImageFixture.writeTree(
            "\(folder.path)/test", classes: Self.classes, count: 4, first: 50)
        var importer = ImageImporter(
            train: ImageImporter.Source(folder: "\(folder.path)/train"))
        importer.test = ImageImporter.Source(folder: "\(folder.path)/test")
        importer.validation = 7
        importer.shards = 3
        importer.storage = .encoded(shorterSide: 30)
        return importer
    }

    private func failure(_ importer: ImageImporter, _ folder: TestFolder) -> Failure? {
        do {
            try importer.run(output: "\(folder.path)/set", name: "set")
            return nil
        } catch {
            return error as? Failure
        }
    }

    /// Imported as it is, the folder would become a data set with one class per split.
    @Test(arguments: [["train"], ["train", "test"], ["tree"]])
    func `a folder above the splits is rejected with the right folder`(splits: [String]) throws {
        let folder = try TestFolder()
        for split in splits {
            try ImageFixture.writeTree(
                "\(folder.path)/\(split)", classes: Self.classes, count: 2)
        }
        let importer = ImageImporter(train: ImageImporter.Source(folder: folder.path))
        let error = failure(importer, folder)
        #expect(error?.exitStatus == .badData)
        #expect(
            error?.description.hasSuffix("did you mean --train \(folder.path)/\(splits[0])?")
                == true)
        #expect(!FileBytes.exists("\(folder.path)/set"))
        // The remedy works.
        let right = ImageImporter(
            train: ImageImporter.Source(folder: "\(folder.path)/\(splits[0])"))
        #expect(failure(right, folder) == nil)
        // A class may contain folders.
        let nested = try TestFolder()
        for name in ["ant", "bee"] {
            try ImageFixture.writeTree("\(nested.path)/\(name)", classes: ["a", "b"], count: 2)
        }
        let deep = ImageImporter(train: ImageImporter.Source(folder: nested.path))
        #expect(failure(deep, nested) == nil)
    }

    @Test func `an encoded import reduces large images and keeps small files unchanged`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        let set = try ShardSet(directory: "\(folder.path)/set")
        #expect(set.index == report.index)
        #expect(set.index.encoding == .encoded)
        #expect(set.index.classNames == Self.classes)
        #expect(DataSplit.allCases.map { set.count($0) } == [26, 7, 12])
        #expect(set.index[.train]?.shards.count == 3)
        #expect(report.unreadable.isEmpty)
        // Shorter sides are 20, 29, 38, 47 and 56 or, if less, 24 to 72.
        #expect(report.resizedCount == 22)
        let test = try ShardReader(set: set, split: .test)
        for sample in 0..<12 {
            let number = 50 + sample
            let (image, label) = try test.picture(sample)
            #expect(label == Int32(sample / 4))
            let source = ImageFixture.image(
                number, height: 20 + number % 5 * 9, width: 24 + number % 7 * 8)
            let expected = source.reduced(toShorterSide: 30)
            #expect(
                ImageFixture.difference(image, expected)
                    < 2 * ImageDecoderTests.jpegTolerance, "sample \(sample)")
        }
        // Small upright JPEG files are stored byte for byte.
        let kept = ImageFixture.jpeg(50, height: 20, width: 32)
        #expect(try test.picture(0).image == JPEGCodec.decode(kept[...], pixelLimit: .max).image)
        #expect(try ShardSetVerifier(set, pool: ThreadPool(threadCount: 2)).run().isEmpty)
        let classCounts = try DataSplit.allCases.map {
            try ShardReader(set: set, split: $0).classCounts()
        }
        #expect(classCounts[1].allSatisfy { $0 == 2 || $0 == 3 })
        #expect((0..<3).allSatisfy { classCounts[0][$0] + classCounts[1][$0] == 11 })
        let error = #expect(throws: Failure.self) { _ = try test.read(samples: [0]) }
        #expect(error?.message.hasPrefix("contains images of varying size") == true)
        #expect(folder.names == ["set", "test", "train"])
    }

    @Test func `a raw import stores all images at one size`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        importer.storage = .raw(height: 20, width: 32)
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        let set = try ShardSet(directory: "\(folder.path)/set")
        #expect(set.index.encoding == .raw)
        #expect(set.shape == ImageShape(height: 20, width: 32, channels: 3))
        let reader = try ShardReader(set: set, split: .test)
        let all = try reader.read(samples: Array(0..<12))
        for sample in 0..<12 {
            let number = 50 + sample
            let file = try FileBytes.read(
                "\(folder.path)/test/\(Self.classes[sample / 4])/p\(1000 + sample % 4).jpg")
            let expected = try ImageDecoder().decode(file[...]).image
                .covering(height: 20, width: 32)
            #expect(all[sample..<sample + 1].pixels == expected.pixels, "\(number)")
            #expect(try reader.picture(sample).image == expected)
        }
        // 20x32 is the size of numbers 15 and 50 alone.
        #expect(report.resizedCount == 43)
        #expect(ShardSetVerifier(set).run().isEmpty)
    }

    @Test(arguments: [false, true])
    func `the number of workers does not change the files`(isRaw: Bool) throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        if isRaw { importer.storage = .raw(height: 8, width: 9) }
        var contents: [[String: [UInt8]]] = []
        for workers in [1, 2, 5] {
            importer.workers = workers
            let output = "\(folder.path)/set\(workers)"
            try importer.run(output: output, name: "set")
            contents.append(try ImageFixture.content(of: output))
        }
        #expect(contents[0].count == 6)
        #expect(contents[0] == contents[1])
        #expect(contents[0] == contents[2])
        // The fingerprint does not depend on the number of shards.
        importer.shards = 5
        let other = try importer.run(output: "\(folder.path)/other", name: "set").index
        #expect(
            try other.fingerprint == ShardSet(directory: "\(folder.path)/set1").fingerprint)
    }

    @Test func `an interrupted import resumes and writes the same files`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        let expected = try importer.run(output: "\(folder.path)/expected", name: "set").index
        // The last test image cannot be read, so all other shards are finished before it.
        let path = "\(folder.path)/test/cow/p1003.jpg"
        let good = try FileBytes.read(path)
        try AtomicFile.write(Array(good.dropLast(20)), to: path)
        #expect(failure(importer, folder)?.exitStatus == .badData)
        #expect(folder.names == ["expected", "set.partial", "test", "train"])
        // A finished shard that was damaged in the meantime is written again.
        try flip("\(folder.path)/set.partial/train-00001.h5", byte: 3_000, bit: 1)
        try AtomicFile.write(good, to: path)
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(report.keptShardCount == 3)
        #expect(report.index == expected)
        #expect(
            try ImageFixture.content(of: "\(folder.path)/set")
                == ImageFixture.content(of: "\(folder.path)/expected"))
        #expect(folder.names == ["expected", "set", "test", "train"])
    }

    @Test func `an import with a changed option keeps no earlier shards`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        let path = "\(folder.path)/test/cow/p1003.jpg"
        let good = try FileBytes.read(path)
        try AtomicFile.write([UInt8](), to: path)
        #expect(failure(importer, folder)?.exitStatus == .badData)
        try AtomicFile.write(good, to: path)
        importer.storage = .encoded(shorterSide: 31)
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(report.keptShardCount == 0)
        #expect(ShardSetVerifier(try ShardSet(directory: "\(folder.path)/set")).run().isEmpty)
    }

    @Test func `an import is rejected while another one holds the lock`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        try AtomicFile.createFolder("\(folder.path)/set.partial")
        let lock = try FileLock(path: "\(folder.path)/set.partial/lock")
        let error = failure(importer, folder)
        #expect(error?.exitStatus == .inputOutput)
        #expect("\(error.map { "\($0)" } ?? "-")".contains("another process holds this lock"))
        withExtendedLifetime(lock) {}
    }

    @Test func `unreadable images are listed and left out, up to a limit`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        let train = "\(folder.path)/train"
        let jpeg = ImageFixture.jpeg(1)
        try AtomicFile.write([UInt8](), to: "\(train)/ant/p1000.jpg")
        try AtomicFile.write(Array(jpeg.dropLast(9)), to: "\(train)/ant/p1001.jpg")
        try AtomicFile.write("no picture\n", to: "\(train)/bee/p1002.jpg")
        try AtomicFile.write(
            ImageFixture.claiming(jpeg, height: 40_000, width: 50_000),
            to: "\(train)/bee/p1003.jpg")
        try AtomicFile.write(
            ImageFixture.claiming(jpeg, height: 48, width: 32), to: "\(train)/cow/p1004.jpg")
        importer.maxUnreadable = 4
        let error = failure(importer, folder)
        #expect(error?.exitStatus == .badData)
        let line = "\(error.map { "\($0)" } ?? "-")"
        #expect(line.contains("(5 unreadable so far, listed in \(folder.path)/set.partial/"))
        #expect(line.hasSuffix("leave them out with --max-unreadable 5"))
        #expect(!line.contains("\n"))
        importer.maxUnreadable = 5
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(report.keptShardCount == 5)
        let words = [
            "ant/p1000.jpg: has 0 bytes", "ant/p1001.jpg: damaged or truncated JPEG: ",
            "bee/p1002.jpg: is text that begins 'no picture'; only JPEG and PNG can be read",
            "bee/p1003.jpg: declares 40000x50000 pixels, more than --max-pixels 100000000",
            "cow/p1004.jpg: damaged or truncated JPEG: ",
        ]
        let unreadable = report.unreadable.sorted()
        #expect(unreadable.count == 5)
        for (line, words) in zip(unreadable, words) {
            #expect(line.hasPrefix("\(train)/\(words)"), "\(line)")
        }
        let text = String(
            decoding: try FileBytes.read("\(folder.path)/set/unreadable.txt"), as: UTF8.self)
        #expect(text.split(separator: "\n").sorted().map(String.init) == unreadable)
        let set = try ShardSet(directory: "\(folder.path)/set")
        #expect(set.count(.train) + set.count(.validation) == 28)
        #expect(ShardSetVerifier(set).run().isEmpty)
    }

    /// The message counts the files that were read until then.
    @Test func `hundreds of unreadable files end an import early`() throws {
        let folder = try TestFolder()
        for name in ["a", "b"] {
            try AtomicFile.createFolder("\(folder.path)/train/\(name)")
            for number in 0..<300 {
                try AtomicFile.write("x", to: "\(folder.path)/train/\(name)/\(number).png")
            }
        }
        var importer = ImageImporter(
            train: ImageImporter.Source(folder: "\(folder.path)/train"))
        importer.shards = 10
        let error = failure(importer, folder)
        #expect("\(error.map { "\($0)" } ?? "-")".contains("(120 unreadable so far"))
    }

    @Test func `a tree with an empty, an unknown or no class is rejected`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        func expect(_ path: String, _ words: String, _ status: LRNetSupport.ExitStatus = .badData) {
            let error = failure(importer, folder)
            #expect(error?.exitStatus == status)
            #expect(
                "\(error.map { "\($0)" } ?? "-")".hasPrefix(
                    "import: \(folder.path)/\(path): \(words)"),
                "\(error.map { "\($0)" } ?? "-")")
            #expect(folder.names == ["test", "train"])
        }
        try AtomicFile.createFolder("\(folder.path)/train/dog")
        expect("train/dog", "is a class without images; add images, or move the folder elsewhere")
        try AtomicFile.remove("\(folder.path)/train/dog")
        try ImageFixture.writeTree("\(folder.path)/test", classes: ["elk"], count: 1)
        expect("test/elk", "is not a class of the training images")
        try AtomicFile.remove("\(folder.path)/test/elk")
        // Hidden files and files next to the classes are not images.
        try AtomicFile.write("x", to: "\(folder.path)/train/ant/.DS_Store")
        try AtomicFile.write("x", to: "\(folder.path)/train/readme.txt")
        #expect(failure(importer, folder) == nil)
        try AtomicFile.remove("\(folder.path)/set")
        for name in Self.classes { try AtomicFile.remove("\(folder.path)/train/\(name)") }
        expect("train", "contains no folder; use one folder per class", .inputMissing)
    }

    @Test(arguments: ["file", "folder", "class"])
    func `links out of the tree require --follow-links`(kind: String) throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        try ImageFixture.writeTree("\(folder.path)/elsewhere", classes: ["elk"], count: 2)
        let outside = "\(folder.path)/elsewhere/elk"
        let link =
            switch kind {
            case "file": "train/ant/link.jpg"
            case "folder": "train/ant/inner"
            default: "train/elk"
            }
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/\(link)",
            withDestinationPath: kind == "file" ? "\(outside)/p1000.jpg" : outside)
        let error = failure(importer, folder)
        #expect(error?.exitStatus == .badData)
        let line = "\(error.map { "\($0)" } ?? "-")"
        #expect(line.hasPrefix("import: \(folder.path)/\(link): leads out of the tree, to "))
        #expect(line.hasSuffix("use --follow-links to allow this"))
        importer.followsLinks = true
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        let added = kind == "file" ? 1 : 2
        #expect(report.index[.train]?.count == 26 + added)
    }

    @Test func `links within the tree count as repeats, and loops are rejected`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        let link = "\(folder.path)/train/ant/again.jpg"
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "p1000.jpg")
        // The image could be held out under one name and trained on under the other.
        #expect(
            failure(importer, folder)?.message.hasSuffix(
                "take one out, or leave out --validation") == true)
        var whole = importer
        whole.validation = 0
        #expect(failure(whole, folder) == nil)
        try AtomicFile.remove("\(folder.path)/set")
        try AtomicFile.remove(link)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/train/ant/loop", withDestinationPath: ".")
        let error = failure(importer, folder)
        #expect("\(error.map { "\($0)" } ?? "-")".contains("is nested deeper than 16 folders"))
    }

    @Test func `hard links count as repeats of one image`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        let picture = "\(folder.path)/train/ant/p1000.jpg"
        func link(_ path: String) throws {
            try FileManager.default.linkItem(
                atPath: picture, toPath: "\(folder.path)/\(path)")
        }
        try link("train/ant/again.jpg")
        #expect(
            failure(importer, folder)?.message
                == "is in \(folder.path)/train twice (also as \(folder.path)/train/ant/again.jpg), so "
                + "that it could be trained on and held out for validation; take one out, or leave "
                + "out --validation")
        importer.validation = 0
        #expect(failure(importer, folder) == nil)
        try AtomicFile.remove("\(folder.path)/set")
        try link("train/bee/again.jpg")
        #expect(
            failure(importer, folder)?.message
                == "is in \(folder.path)/train twice (also as \(folder.path)/train/ant/again.jpg), with "
                + "labels 0 and 1; take one out")
        try AtomicFile.remove("\(folder.path)/train/bee/again.jpg")
        try link("test/ant/again.jpg")
        #expect(
            failure(importer, folder)?.message
                == "is in the test split (\(folder.path)/test) and in the train split "
                + "(\(folder.path)/train, as \(folder.path)/train/ant/again.jpg); take it out of one "
                + "of them")
    }

    @Test func `a list selects and labels images, and bad lines are rejected`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        let list = "\(folder.path)/list.txt"
        importer.train.list = list
        importer.test?.list = "\(folder.path)/test.txt"
        importer.validation = 0
        try AtomicFile.rename(
            "\(folder.path)/train/bee/p1001.jpg", to: "\(folder.path)/train/a b.jpg")
        try AtomicFile.write(
            "# pictures\nant/p1000.jpg 1\n\n  a b.jpg\t0\ncow/p1002.jpg 1\r\n", to: list)
        try AtomicFile.write("cow/p1000.jpg 1\n", to: "\(folder.path)/test.txt")
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        let set = try ShardSet(directory: "\(folder.path)/set")
        #expect(set.classes == 2 && report.index.classNames == nil)
        #expect(try ShardReader(set: set, split: .train).classCounts() == [1, 2])
        #expect(try ShardReader(set: set, split: .test).classCounts() == [0, 1])
        try AtomicFile.remove("\(folder.path)/set")
        func expect(_ text: String, _ words: String, _ status: LRNetSupport.ExitStatus = .badData)
            throws
        {
            try AtomicFile.write(text, to: list)
            let error = failure(importer, folder)
            #expect(error?.exitStatus == status)
            let line = "\(error.map { "\($0)" } ?? "-")"
            #expect(line.contains(words), "\(line)")
        }
        try expect(
            "ant/p1000.jpg 0\nant/p1001.jpg\n", "list.txt line 2: 'ant/p1001.jpg' is not a path")
        try expect("ant/p1000.jpg -1\n", "line 1: 'ant/p1000.jpg -1' is not a path and a label")
        try expect("7\n", "line 1: '7' is not a path and a label")
        try expect("\n", "lists no images")
        try expect("ant/p1000.jpg 0\nant/p1001.jpg 2\n", "class 1 of 0...2 has no image")
        try expect("ant/nothing.jpg 0\n", "train/ant/nothing.jpg: No such file", .inputMissing)
        try expect("ant 0\n", "train/ant: is not a regular file")
        try expect("../test/ant/p1000.jpg 0\n", "leads out of the tree, to ")
        try expect("ant/p1000.jpg 0\n", "label 1 is outside 0...0, the classes of the training")
    }

    @Test func `holding out all training images is a usage error`() throws {
        let folder = try TestFolder()
        var importer = try importer(folder)
        importer.validation = 33
        #expect(failure(importer, folder)?.exitStatus == .usage)
        #expect(folder.names == ["test", "train"])
    }

    @Test(.enabled(if: TinyDisk.isPossible, "mounting a tmpfs needs root"))
    func `an import resumes after a full disk gets more space`() throws {
        let folder = try TestFolder()
        let importer = try importer(folder)
        let expected = try importer.run(output: "\(folder.path)/set", name: "set").index
        let disk = try TinyDisk(size: "60k")
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(disk.path)/set", name: "set")
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.message.hasPrefix("No space left on device") == true)
        try disk.resize(to: "10m")
        let report = try importer.run(output: "\(disk.path)/set", name: "set")
        #expect(report.index == expected)
        #expect(report.keptShardCount > 0)
    }
}
