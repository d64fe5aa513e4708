import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct NumPyImporterTests {
    static let shape = ImageShape(height: 5, width: 7, channels: 3)
    let train = {
        var images = randomImages(23, shape: shape, classes: 6, stream: 70)
        // Every class has images, even if the first images are held out.
        images.labels = images.labels.indices.map { Int32($0 % 6) }
        return images
    }()
    let test = randomImages(9, shape: shape, classes: 6, stream: 71)

    /// Returns the four arrays as files, by name.
    private func files() -> [String: [UInt8]] {
        [
            "x_train": NumPyFixture.images(train),
            "y_train": NumPyFixture.labels(train.labels, type: "<i8"),
            "x_test": NumPyFixture.images(test),
            "y_test": NumPyFixture.labels(test.labels, type: "|u1", isColumn: true),
        ]
    }

    private func importer(
        _ folder: TestFolder, _ files: [String: [UInt8]], archive: String? = nil
    ) throws -> NumPyImporter {
        try AtomicFile.createFolder("\(folder.path)/in")
        for (name, bytes) in files {
            try AtomicFile.write(bytes, to: "\(folder.path)/in/\(name).npy")
        }
        func location(_ name: String) -> NumPyImporter.Location {
            archive.map { NumPyImporter.Location(file: $0, array: name) }
                ?? NumPyImporter.Location(file: "\(folder.path)/in/\(name).npy")
        }
        var importer = NumPyImporter(
            trainImages: location("x_train"), trainLabels: location("y_train"))
        importer.test = (location("x_test"), location("y_test"))
        importer.validation = 4
        return importer
    }

    private func check(_ folder: TestFolder) throws {
        let all = try readAll("\(folder.path)/set")
        #expect(all[0] == train[4..<23])
        #expect(all[1] == train[0..<4])
        #expect(all[2] == test)
        let classes = try ShardSet(directory: "\(folder.path)/set").classes
        #expect(classes == Int(train.labels.max() ?? 0) + 1)
    }

    @Test(arguments: ["<i8", ">i4", "<u2", "|i1", "|u1", ">u8", "<i2"])
    func `arrays import with labels of any integer type`(labelType: String) throws {
        let folder = try TestFolder()
        var files = files()
        files["y_train"] = NumPyFixture.labels(train.labels, type: labelType)
        try importer(folder, files).run(output: "\(folder.path)/set", name: "n")
        try check(folder)
    }

    /// Python's `zipfile` writes the archives as `numpy.savez` (stored) and `savez_compressed`
    /// (deflated) do.
    @Test(.enabled(if: Python.isInstalled, "python3 is not here"), arguments: [false, true])
    func `archives import unchanged, and damage never changes them silently`(
        isCompressed: Bool
    ) throws {
        let folder = try TestFolder()
        let archive = "\(folder.path)/set.npz"
        let importer = try importer(folder, files(), archive: archive)
        try pack(folder, archive, isCompressed: isCompressed)
        try importer.run(output: "\(folder.path)/set", name: "n")
        try check(folder)
        var other = importer
        other.train.images.array = "x"
        let missing = #expect(throws: Failure.self) {
            try other.run(output: "\(folder.path)/other", name: "n")
        }
        #expect(missing?.exitStatus == .inputMissing)
        #expect(
            missing?.message
                == "has no array x, only x_test, x_train, y_test, y_train; add --train-images x_train "
                + "--train-labels y_train --test-images x_test --test-labels y_test")
        // Damage is detected or changes nothing; truncation is always detected.
        let bytes = try FileBytes.read(archive)
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 72)
        for byte in stride(from: 0, to: bytes.count, by: 13) {
            var damaged = bytes
            damaged[byte] ^= 1 << UInt8(key.integer(byte, below: 8))
            try AtomicFile.write(damaged, to: archive)
            do {
                try importer.run(output: "\(folder.path)/d", name: "n")
                #expect(try readAll("\(folder.path)/d") == readAll("\(folder.path)/set"))
                try AtomicFile.remove("\(folder.path)/d")
            } catch {
                let status = exitStatus(error)
                #expect(status == .badData || status == .inputMissing, "\(byte): \(error)")
            }
        }
        for count in [0, 21, bytes.count / 2, bytes.count - 1] {
            try AtomicFile.write(Array(bytes[0..<count]), to: archive)
            let error = #expect(throws: Failure.self) {
                try importer.run(output: "\(folder.path)/d", name: "n")
            }
            #expect(error?.exitStatus == .badData)
            #expect(error?.subject == archive)
        }
    }

    private func pack(_ folder: TestFolder, _ archive: String, isCompressed: Bool) throws {
        let script = """
            import sys, zipfile, os
            method = zipfile.ZIP_DEFLATED if sys.argv[3] == "1" else zipfile.ZIP_STORED
            with zipfile.ZipFile(sys.argv[2], "w", method, allowZip64=True) as archive:
                for name in sorted(os.listdir(sys.argv[1])):
                    with archive.open(name, "w", force_zip64=True) as member:
                        member.write(open(os.path.join(sys.argv[1], name), "rb").read())
            """
        let packed = try launch(
            Python.path,
            ["-c", script, "\(folder.path)/in", archive, isCompressed ? "1" : "0"])
        try #require(packed.code == 0, "\(packed.error)")
    }

    /// The replacement of an array, and words that the error message must contain.
    struct Fault: Sendable, CustomTestStringConvertible {
        let array: String
        let words: String
        let bytes: [UInt8]
        var testDescription: String { "\(array): \(words)" }
    }

    static let faults = [
        Fault(
            array: "x_train",
            words: "has shape [0, 5, 7, 3], so it contains no images; save the training images",
            bytes: NumPyFixture.array([], shape: [0, 5, 7, 3])),
        Fault(
            array: "x_test",
            words: "has shape [0, 5, 7, 3], so it contains no images; omit --test-images and "
                + "--test-labels to import without this split",
            bytes: NumPyFixture.array([], shape: [0, 5, 7, 3])),
        Fault(
            array: "x_train",
            words:
                "has dtype <f4 with values from 0 to 0, but uint8 from 0 to 255 is required; save ",
            bytes: NumPyFixture.array(
                [UInt8](repeating: 0, count: 420), type: "'<f4'", shape: [1, 5, 7, 3])),
        Fault(
            array: "x_train",
            words: "contains Python objects (dtype |O), which are never unpickled",
            bytes: NumPyFixture.array([0x80, 4, 0x2E], type: "'|O'", shape: [1, 5, 7, 3])),
        Fault(
            array: "y_train", words: "contains Python objects (dtype |O)",
            bytes: NumPyFixture.array([0x80, 4, 0x2E], type: "'|O'", shape: [23])),
        Fault(
            array: "x_train", words: "contains Python objects (dtype [('a', '|O')])",
            bytes: NumPyFixture.array([0], type: "[('a', '|O')]", shape: [1])),
        Fault(
            array: "x_test", words: "is stored in Fortran order; save numpy.ascontiguousarray",
            bytes: NumPyFixture.array(
                [UInt8](repeating: 0, count: 105), shape: [1, 5, 7, 3], isFortran: true)),
        Fault(
            array: "x_train", words: "has shape [23, 105], [N, H, W] or [N, H, W, C] expected",
            bytes: NumPyFixture.array([UInt8](repeating: 0, count: 2415), shape: [23, 105])),
        Fault(
            array: "x_train", words: "whose last extent is too large for channels (16 at most)",
            bytes: NumPyFixture.array([UInt8](repeating: 0, count: 96), shape: [1, 3, 1, 32])),
        Fault(
            array: "x_train", words: "is truncated: 104 bytes for shape [1, 5, 7, 3]; save it",
            bytes: NumPyFixture.array([UInt8](repeating: 0, count: 104), shape: [1, 5, 7, 3])),
        Fault(
            array: "x_train", words: "has impossible shape",
            bytes: NumPyFixture.array(
                [], shape: [1 << 40, 1 << 20, 1 << 20, 3])),
        Fault(
            array: "y_train",
            words: "has dtype <f8, but labels must be integers; save array.astype(numpy.int64)",
            bytes: NumPyFixture.array(
                [UInt8](repeating: 0, count: 184), type: "'<f8'", shape: [23])),
        Fault(
            array: "y_train", words: "has shape [22], [23] expected, one label per image",
            bytes: NumPyFixture.labels([Int32](repeating: 1, count: 22))),
        Fault(
            array: "y_test", words: "label -1 of sample 2 is outside 0...",
            bytes: NumPyFixture.labels([0, 1, -1, 0, 0, 0, 0, 0, 0])),
        Fault(
            array: "y_test", words: "label 6 of sample 1 is outside 0...5",
            bytes: NumPyFixture.labels([0, 6, 1, 0, 0, 0, 0, 0, 0])),
        Fault(
            array: "x_test", words: "has images of 7x5x3, but the training images are 5x7x3",
            bytes: NumPyFixture.array(
                [UInt8](repeating: 0, count: 945), shape: [9, 7, 5, 3])),
        Fault(
            array: "x_train", words: "is text that begins 'text'; get the file again",
            bytes: Array("text".utf8)),
        Fault(
            array: "x_train", words: "is truncated in its header",
            bytes: Array(NumPyFixture.array([], shape: [1, 5, 7, 3]).prefix(40))),
        Fault(
            array: "x_train", words: "has version 9 of the format",
            bytes: [0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0, 0, 0, 0]),
    ]

    @Test(arguments: faults)
    func `every fault is reported with its file and cause`(fault: Fault) throws {
        let folder = try TestFolder()
        var files = files()
        files[fault.array] = fault.bytes
        let importer = try importer(folder, files)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "n")
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.subject == "\(folder.path)/in/\(fault.array).npy")
        #expect(error?.message.contains(fault.words) == true, "\(error?.message ?? "-")")
        #expect(folder.names == ["in"])
    }

    @Test(.enabled(if: Python.isInstalled, "python3 is not here"))
    func `an empty test array is rejected unless the split is omitted`() throws {
        let folder = try TestFolder()
        var files = files()
        files["x_test"] = NumPyFixture.array([], shape: [0, 5, 7, 3])
        files["y_test"] = NumPyFixture.labels([])
        let archive = "\(folder.path)/set.npz"
        _ = try importer(folder, files, archive: archive)
        try pack(folder, archive, isCompressed: false)
        func run(testImages: String?) throws {
            let importer = try NumPyImporter(
                archive: archive, train: (nil, nil), validation: (nil, nil),
                test: (testImages, nil))
            try importer.run(output: "\(folder.path)/set", name: "n")
        }
        let error = #expect(throws: Failure.self) { try run(testImages: nil) }
        #expect(
            error?.message
                == "has shape [0, 5, 7, 3], so it contains no images; add --test-images '' to import "
                + "without this split")
        try run(testImages: "")
    }

    @Test func `a file that is not a zip archive is rejected`() throws {
        let folder = try TestFolder()
        let archive = "\(folder.path)/set.npz"
        try AtomicFile.write([UInt8](repeating: 1, count: 100), to: archive)
        let importer = try importer(folder, [:], archive: archive)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "n")
        }
        #expect(
            error?.description
                == "zip: \(archive): is not a zip archive, or truncated; save it again")
    }

    /// The directory offset of a large archive has 64 bits; here it is the largest number.
    @Test func `a zip archive with an impossible directory offset is rejected`() throws {
        let folder = try TestFolder()
        let archive = "\(folder.path)/set.npz"
        let largest = [UInt8](repeating: 0xFF, count: 7) + [0x7F]
        let locator: [UInt8] = [0x50, 0x4B, 6, 7, 0, 0, 0, 0] + largest + [1, 0, 0, 0]
        let end: [UInt8] =
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 12) + [0, 0]
        try AtomicFile.write([UInt8](repeating: 0, count: 40) + locator + end, to: archive)
        let importer = try importer(folder, [:], archive: archive)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "n")
        }
        #expect(error?.message == "is a damaged or truncated zip archive; save it again")
    }
}
