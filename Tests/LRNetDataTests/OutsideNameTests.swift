import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Trees and lists with names from other systems: every file is imported or reported.
@Suite struct OutsideNameTests {
    /// Bytes that are not UTF-8, one name in two forms, a line break, and a combining mark, which
    /// would merge with a slash.
    static let names = [
        #"\xcc\x81"#, "cafe\u{301}", "caf\u{E9}", #"caf\xe9"#, #"new\x0aline"#, "猫 & <b>",
    ].sorted(by: PathText.precedes)

    private func importer(_ path: String) -> ImageImporter {
        var importer = ImageImporter(train: ImageImporter.Source(folder: path))
        importer.storage = .raw(height: 8, width: 8)
        return importer
    }

    /// Writes a class of images for each name. The values of the images identify them.
    private func writeTree(_ path: String) throws {
        for (label, name) in Self.names.enumerated() {
            try AtomicFile.createFolder("\(path)/\(name)")
            for number in 0..<2 {
                try AtomicFile.write(
                    PNGCodec.encode(ImageFixture.image(10 * label + number, height: 8, width: 8)),
                    to: "\(path)/\(name)/\(number)\(name).jpg")
            }
        }
    }

    private func message(_ importer: ImageImporter, _ folder: TestFolder) -> String {
        do {
            try importer.run(output: "\(folder.path)/refused", name: "set")
            try AtomicFile.remove("\(folder.path)/refused")
            return "accepted"
        } catch {
            try? AtomicFile.remove("\(folder.path)/refused.partial")
            return (error as? Failure)?.description ?? "\(error)"
        }
    }

    @Test func `folders and files of any name are imported`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tr\\xe9e"
        try writeTree(tree)
        var importer = importer(tree)
        importer.test = ImageImporter.Source(folder: "\(folder.path)/test")
        try AtomicFile.createFolder("\(folder.path)/test")
        for name in Self.names {
            try AtomicFile.createFolder("\(folder.path)/test/\(name)")
            try AtomicFile.write(
                PNGCodec.encode(ImageFixture.image(3, height: 8, width: 8)),
                to: "\(folder.path)/test/\(name)/a")
        }
        let output = "\(folder.path)/s\\xe9t"
        let report = try importer.run(output: output, name: "set")
        #expect(report.unreadable.isEmpty && report.leftOut.isEmpty)
        let set = try ShardSet(directory: output)
        #expect(set.index.classNames?.map(PathText.bytes) == Self.names.map(PathText.bytes))
        #expect(set.count(.train) == 12 && set.count(.test) == 6)
        let reader = try ShardReader(set: set, split: .train)
        for position in 0..<12 {
            let (image, label) = try reader.picture(position)
            let number = try #require(
                [0, 1].first {
                    image
                        == ImageFixture.image(10 * Int(label) + $0, height: 8, width: 8)
                })
            #expect(number < 2)
        }
        #expect(ShardSetVerifier(set).run().isEmpty)
    }

    @Test func `lists of files with any name are imported`() throws {
        let folder = try TestFolder()
        try writeTree("\(folder.path)/tree")
        var text: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("# list\r\n".utf8)
        let listed = Self.names.filter { !$0.contains("x0a") }
        for (label, name) in listed.enumerated() {
            text += PathText.bytes(of: "\(name)/0\(name).jpg") + Array(" \(label)\r\n".utf8)
        }
        let list = "\(folder.path)/l\\xe9.txt"
        try AtomicFile.write(text, to: list)
        var importer = importer("\(folder.path)/tree")
        importer.train.list = list
        let report = try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(report.index[.train]?.count == listed.count)
        // The error spells a missing file as the list does.
        try AtomicFile.write(Array("caf".utf8) + [0xE8] + Array("/x.jpg 0\n".utf8), to: list)
        #expect(message(importer, folder).contains(#"/tree/caf\xe8/x.jpg: No such file"#))
        try AtomicFile.write(Array("a 0\n".utf8).flatMap { [$0, 0] }, to: list)
        #expect(message(importer, folder) == "import: \(list): is UTF-16 text; save it as UTF-8")
    }

    /// The returned report and a file in the data set list it.
    @Test func `every file that is left out is reported with the reason`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        try ImageFixture.writeTree(tree, classes: ["a", "b"], count: 2)
        try ImageFixture.writeTree(
            "\(tree)/a", classes: ["@eaDir", ".hidden", "__MACOSX"], count: 1)
        for name in ["stray.jpg", "a/Thumbs.db", "b/.DS_Store", "b/desktop.ini"] {
            try AtomicFile.write("x", to: "\(tree)/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(tree)/gone", withDestinationPath: "nowhere")
        let report = try importer(tree).run(output: "\(folder.path)/set", name: "set")
        #expect(report.index[.train]?.count == 4)
        let expected = [
            "gone: not in the folder of a class", "stray.jpg: not in the folder of a class",
            "a/.hidden: hidden", "a/@eaDir: previews of a Synology disk station",
            "a/Thumbs.db: previews of Windows", "a/__MACOSX: metadata of macOS",
            "b/.DS_Store: hidden", "b/desktop.ini: settings of Windows",
        ].map { "\(tree)/\($0)" }
        #expect(report.leftOut == expected)
        let bytes = try FileBytes.read("\(folder.path)/set/left-out.txt")
        #expect(String(decoding: bytes, as: UTF8.self) == expected.map { "\($0)\n" }.joined())
    }

    /// This is also true if the two paths of the image differ.
    @Test func `an image in two splits or two classes is rejected`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        try ImageFixture.writeTree(tree, classes: ["a", "b"], count: 3)
        var importer = importer(tree)
        importer.test = ImageImporter.Source(folder: tree)
        #expect(
            message(importer, folder).contains("is in the test split (\(tree)) and in the train"))
        importer.train.list = "\(folder.path)/train.txt"
        importer.test = ImageImporter.Source(folder: tree, list: "\(folder.path)/test.txt")
        func write(_ train: String, _ test: String) throws {
            try AtomicFile.write(train, to: "\(folder.path)/train.txt")
            try AtomicFile.write(test, to: "\(folder.path)/test.txt")
        }
        let (a, b) = ("a/p1000.jpg 0\n", "b/p1000.jpg 1\n")
        try write(a + b, "./a/../a//p1000.jpg 0\n")
        #expect(
            message(importer, folder).hasSuffix(
                "(\(folder.path)/train.txt, as \(tree)/a/p1000.jpg); take it out of one of them"))
        try write(a + b + "a/p1000.jpg 1\n", "a/p1001.jpg 0\n")
        #expect(
            message(importer, folder).hasSuffix(
                "is in \(folder.path)/train.txt twice, with labels 0 and 1; take one out"))
        // An image may be twice in one split, unless one of the two could be held out.
        try write(a + b + a + b, "a/p1001.jpg 0\n")
        #expect(message(importer, folder) == "accepted")
        importer.validation = 1
        #expect(message(importer, folder).hasSuffix("take one out, or leave out --validation"))
    }

    /// Its images are unreadable or held out.
    @Test func `a class with no image left to train on is rejected`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        try ImageFixture.writeTree(tree, classes: ["a", "b"], count: 3)
        for name in try FileBytes.names(inFolder: "\(tree)/b") {
            try AtomicFile.write("x", to: "\(tree)/b/\(name)")
        }
        var importer = importer(tree)
        importer.maxUnreadable = 3
        #expect(
            message(importer, folder)
                == "import: \(folder.path)/refused: no training image of class b can be read; "
                + "replace the files listed in \(folder.path)/refused.partial/unreadable.txt, or "
                + "remove the class")
        try ImageFixture.writeTree(tree, classes: ["b"], count: 3)
        importer.validation = 5
        #expect(
            message(importer, folder)
                == "import: \(tree): class a has no image left to train on with --validation 5; "
                + "add images to it, or use at most 4")
        importer.validation = 4
        #expect(message(importer, folder) == "accepted")
    }

    @Test(arguments: [1, 3, 6, 8], [false, true])
    func `a PNG is turned by Exif before or after its image data`(
        orientation: UInt8, isAtEnd: Bool
    ) throws {
        let image = ImageFixture.image(1, height: 8, width: 12)
        let png = PNGCodec.encode(image)
        let exif: [UInt8] = [
            0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
            0, 0, 0, 0,
        ]
        let body = Array("eXIf".utf8) + exif
        let chunk = bigEndian(UInt32(exif.count)) + body + bigEndian(checksum(body))
        // After the header of 25 bytes, or before the end of 12.
        let place = isAtEnd ? png.count - 12 : 33
        let bytes = png[..<place] + chunk + png[place...]
        #expect(
            try ImageDecoder().decode(Array(bytes)[...]).image
                == image.turned(exifOrientation: Int(orientation)))
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    /// Returns the CRC-32 that PNG uses.
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    @Test func `gray images import with one channel`() throws {
        let folder = try TestFolder()
        let tree = "\(folder.path)/tree"
        let gray = PixelImage(
            height: 4, width: 6, channels: 1, pixels: (0..<24).map { UInt8($0 * 10) })
        for name in ["a", "b"] {
            try AtomicFile.createFolder("\(tree)/\(name)")
            try AtomicFile.write(PNGCodec.encode(gray), to: "\(tree)/\(name)/0.png")
        }
        var importer = importer(tree)
        importer.storage = .raw(height: 4, width: 6, channels: 1)
        let index = try importer.run(output: "\(folder.path)/set", name: "set").index
        #expect(index.shape == ImageShape(height: 4, width: 6, channels: 1))
        #expect(try readAll("\(folder.path)/set")[0].pixels == gray.pixels + gray.pixels)
        #expect(ShardSetVerifier(try ShardSet(directory: "\(folder.path)/set")).run().isEmpty)
    }
}
