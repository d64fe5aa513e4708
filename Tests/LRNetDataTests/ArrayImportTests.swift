import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Synchronization
import Testing

/// The messages of importers of arrays, and the remedies that they suggest.
@Suite struct ArrayImportTests {
    private static let shape = ImageShape(height: 8, width: 9, channels: 3)

    private static func images(_ count: Int = 12, labels: [Int32]? = nil) -> LabeledImages {
        var images = randomImages(count, shape: shape, classes: 4, stream: 80)
        images.labels = labels ?? images.labels.indices.map { Int32($0 % 4) }
        return images
    }

    /// Returns the message with which an import of these two files fails, or `accepted`.
    private func message(
        images: [UInt8], labels: [UInt8], _ change: (inout NumPyImporter) -> Void = { _ in }
    ) throws -> String {
        let folder = try TestFolder()
        try AtomicFile.write(images, to: "\(folder.path)/x.npy")
        try AtomicFile.write(labels, to: "\(folder.path)/y.npy")
        var importer = NumPyImporter(
            trainImages: NumPyImporter.Location(file: "\(folder.path)/x.npy"),
            trainLabels: NumPyImporter.Location(file: "\(folder.path)/y.npy"))
        importer.validation = 0
        change(&importer)
        do {
            try importer.run(output: "\(folder.path)/set", name: "set")
            return "accepted"
        } catch let failure as Failure {
            return failure.message
        }
    }

    private func floats(_ values: [Float], shape: [Int]) -> [UInt8] {
        NumPyFixture.array(
            values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
            }, type: "'<f4'", shape: shape)
    }

    static let scaled =
        "((array.astype(float) - LOW) / (HIGH - LOW) * 255).round().astype(numpy.uint8), with LOW "
        + "and HIGH the values of black and white, the same for training and test images"

    @Test(
        arguments: [
            ([0, 0.5, 1, 0.25], "0.0 to 1.0", "(array * 255).round().astype(numpy.uint8)"),
            ([0, 1, 0, 1], "0 to 1", "(array * 255).round().astype(numpy.uint8)"),
            ([0, 17, 255, 3], "0 to 255", "array.astype(numpy.uint8)"),
            ([0, 17.5, 255, 3], "0.0 to 255.0", "array.round().astype(numpy.uint8)"),
            (
                [-1, 0.5, 1, 0], "-1.0 to 1.0",
                "((array + 1) * 127.5).round().astype(numpy.uint8) if -1 is black and 1 white"
            ),
            (
                [-2.5, 0, 3, 1], "-2.5 to 3.0",
                scaled
            ),
            (
                [0, 1.02, 0.5, 1], "0.0 to 1.02",
                "(array.clip(0, 1) * 255).round().astype(numpy.uint8) if 1 is white"
            ),
            ([0, 1.5, 2, 0.5], "0.0 to 2.0", scaled),
            ([0, 1.5, 1.75, 0.5], "0.0 to 1.75", scaled),
            ([0, 16, 7, 3], "0 to 16", scaled),
            ([0, 99.5, 127, 3], "0.0 to 127.0", scaled),
            ([0, 99.5, 128, 3], "0.0 to 128.0", "array.round().astype(numpy.uint8)"),
        ] as [([Float], String, String)])
    func `float images are rejected with a conversion that keeps their values`(
        values: [Float], range: String, remedy: String
    ) throws {
        let result = try message(
            images: floats(values, shape: [1, 2, 2]), labels: NumPyFixture.labels([0]))
        #expect(result.hasPrefix("has dtype <f4 with values from "))
        #expect(result.hasSuffix(" is required; save \(remedy)"), "\(result)")
        if range != "0.0 to 1.02" { #expect(result.contains(" \(range), but"), "\(result)") }
    }

    @Test(
        arguments: [
            ("|b1", [0, 1, 1, 0], "array.astype(numpy.uint8) * 255"),
            ("|i1", [0, 1, 127, 0], scaled),
            (
                "|i1", [128, 1, 127, 0],
                "(array.astype(numpy.int16) + 128).astype(numpy.uint8) if 0 is middle gray"
            ),
            ("<u2", [255, 0, 0, 0, 7, 0, 1, 0], "array.astype(numpy.uint8)"),
            (
                "<u2", [0, 1, 0, 0, 7, 0, 1, 0],
                "(array / 1023 * 255).round().astype(numpy.uint8) if 1023 is white"
            ),
            (
                ">u2", [0xFF, 0xFF, 0, 0, 0, 7, 0, 1],
                "(array / 65535 * 255).round().astype(numpy.uint8) if 65535 is white"
            ),
            ("<i2", [1, 0, 0, 0, 1, 0, 1, 0], "array.astype(numpy.uint8) * 255 if 1 is white"),
        ] as [(String, [UInt8], String)])
    func `integer and Boolean images are rejected with the conversion they need`(
        type: String, content: [UInt8], remedy: String
    ) throws {
        let result = try message(
            images: NumPyFixture.array(content, type: "'\(type)'", shape: [1, 2, 2]),
            labels: NumPyFixture.labels([0]))
        #expect(result.hasSuffix(" is required; save \(remedy)"), "\(result)")
    }

    /// Bytes of 0 and 1 are legal but rarely intended; one brighter pixel shows that they are.
    @Test(arguments: [(1, true), (2, false), (0, false)] as [(UInt8, Bool)])
    func `byte images cause a warning if their largest value is 1`(
        high: UInt8, isWarned: Bool
    ) throws {
        let lines = Mutex<[String]>([])
        let result = try message(
            images: NumPyFixture.array([0, 1, high, 0].map { min($0, high) }, shape: [1, 2, 2]),
            labels: NumPyFixture.labels([0])
        ) { $0.warn = { line in lines.withLock { $0.append(line) } } }
        #expect(result == "accepted")
        let warned = lines.withLock { $0 }
        #expect(warned.count == (isWarned ? 1 : 0))
        #expect(
            warned.allSatisfy {
                $0.hasSuffix(
                    "/x.npy: contains only 0 and 1 of 0...255, which is almost black; if 1 is white, "
                        + "save array * 255 instead, for training and test")
            }, "\(warned)")
    }

    @Test func `images that are not finite numbers are rejected`() throws {
        let labels = NumPyFixture.labels([0])
        #expect(
            try message(images: floats([0, .nan, 1, 1], shape: [1, 2, 2]), labels: labels)
                .contains("values that are not finite"))
        for type in ["'<U1'", "'<c8'", "'<M8'"] {
            #expect(
                try message(
                    images: NumPyFixture.array(
                        [UInt8](repeating: 0, count: 32), type: type, shape: [1, 2, 2]),
                    labels: labels
                ).hasSuffix("save images as numbers from 0 to 255 (uint8)"))
        }
    }

    @Test func `labels that are not integer vectors are rejected with a remedy`() throws {
        let images = NumPyFixture.images(Self.images(4))
        func result(_ content: [UInt8], _ type: String, _ shape: [Int] = [4]) throws -> String {
            try message(
                images: images, labels: NumPyFixture.array(content, type: type, shape: shape))
        }
        #expect(try result([0, 1, 1, 0], "'|b1'").hasSuffix("save array.astype(numpy.uint8)"))
        let text = [UInt8](repeating: 0, count: 16)
        #expect(
            try result(text, "'<U1'").hasSuffix(
                "save numpy.searchsorted(names, array) with names = numpy.unique(training labels), for "
                    + "training and test"))
        #expect(
            try message(images: images, labels: floats([0, 1, 0.5, 1], shape: [4])).hasSuffix(
                "these are not integers, so they are not classes"))
        #expect(
            try result([UInt8](repeating: 0, count: 16), "'|u1'", [4, 4]).hasSuffix(
                "save array.argmax(axis=1) if labels are one-hot"))
    }

    /// Both layouts work, unless NHWC implies more than 16 channels.
    @Test(arguments: [
        [2, 3, 8, 9], [2, 1, 8, 8], [2, 3, 3, 3], [2, 10, 20, 12], [2, 3, 32, 32],
    ])
    func `an ambiguous layout requires --layout`(extents: [Int]) throws {
        let pixels = (0..<extents.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0) }
        let images = NumPyFixture.array(pixels, shape: extents)
        let labels = NumPyFixture.labels([0, 1])
        #expect(try message(images: images, labels: labels).contains("--layout nchw"))
        #expect(try message(images: images, labels: labels) { $0.layout = .nchw } == "accepted")
        #expect(
            try message(images: images, labels: labels) { $0.layout = .nhwc }
                == (extents[3] <= 16
                    ? "accepted"
                    : "has 32 channels with --layout nhwc, 16 at most; is it the other layout?"))
    }

    @Test func `an unambiguous layout is accepted without --layout`() throws {
        for extents in [[2, 8, 9, 3], [2, 5, 5, 1], [2, 64, 64, 13]] {
            let pixels = [UInt8](repeating: 7, count: extents.reduce(1, *))
            let images = NumPyFixture.array(pixels, shape: extents)
            #expect(try message(images: images, labels: NumPyFixture.labels([0, 1])) == "accepted")
        }
    }

    @Test func `channels-first images become interleaved pixels`() throws {
        let folder = try TestFolder()
        let images = Self.images()
        let size = Self.shape.pixelCount
        let planes = (0..<images.count).flatMap { number -> [UInt8] in
            let pixels = images[number..<number + 1].pixels
            return (0..<3).flatMap { channel in (0..<size).map { pixels[3 * $0 + channel] } }
        }
        try AtomicFile.write(
            NumPyFixture.array(planes, shape: [12, 3, 8, 9]), to: "\(folder.path)/x.npy")
        try AtomicFile.write(NumPyFixture.labels(images.labels), to: "\(folder.path)/y.npy")
        var importer = NumPyImporter(
            trainImages: NumPyImporter.Location(file: "\(folder.path)/x.npy"),
            trainLabels: NumPyImporter.Location(file: "\(folder.path)/y.npy"))
        importer.validation = 0
        importer.layout = .nchw
        try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(try readAll("\(folder.path)/set")[0] == images)
    }

    @Test func `a class without training images is rejected with a remedy that works`() throws {
        let pixels = NumPyFixture.images(Self.images(6))
        func result(
            _ labels: [Int32], _ change: (inout NumPyImporter) -> Void = { _ in }
        ) throws -> String {
            try message(images: pixels, labels: NumPyFixture.labels(labels), change)
        }
        #expect(
            try result([1, 2, 3, 1, 2, 3])
                == "class 0 of 0...3 has no training image; if labels count from 1, add --first-label 1"
        )
        #expect(try result([1, 2, 3, 1, 2, 3]) { $0.firstLabel = 1 } == "accepted")
        #expect(
            try result([0, 1, 3, 0, 1, 3]).hasPrefix(
                "class 2 of 0...3 has no training image; number the classes without gaps (names = ")
        )
        #expect(
            try result([1, 0, 0, 0, 2, 2]) { $0.validation = 4 }
                == "all 3 images of class 0 are among the first 4, which are held out for validation; "
                + "shuffle images and labels together, or use at most --validation 0")
        #expect(
            try result([0, 1, 2, 0, 1, 2]) { $0.validation = 4 }
                .hasSuffix("at most --validation 3"))
        #expect(try result([0, 1, 2, 0, 1, 2]) { $0.validation = 3 } == "accepted")
        #expect(
            try result([0, 1, 2, 0, 1, 2]) { $0.firstLabel = 1 }
                == "label 0 of sample 0 is outside 1...1048576; number the classes from 0, or set the "
                + "label of the first class with --first-label")
    }

    /// The import uses the archive's validation split and lists the arrays that it does not use.
    @Test(.enabled(if: Python.isInstalled, "python3 is not here"), arguments: [false, true])
    func `Keras and MedMNIST archives import without array names`(isMedMNIST: Bool) throws {
        let folder = try TestFolder()
        try AtomicFile.createFolder("\(folder.path)/in")
        let sets = [
            Self.images(), Self.images(5, labels: [0, 1, 2, 3, 0]), Self.images(4),
        ]
        for (split, images) in zip(["train", "val", "test"], sets) {
            let names =
                isMedMNIST ? ["\(split)_images", "\(split)_labels"] : ["x_\(split)", "y_\(split)"]
            try AtomicFile.write(
                NumPyFixture.images(images), to: "\(folder.path)/in/\(names[0]).npy")
            try AtomicFile.write(
                NumPyFixture.labels(images.labels, type: "|u1", isColumn: true),
                to: "\(folder.path)/in/\(names[1]).npy")
        }
        try AtomicFile.write(NumPyFixture.labels([1]), to: "\(folder.path)/in/extra.npy")
        let archive = "\(folder.path)/set.npz"
        let script =
            "import sys, os, zipfile\nwith zipfile.ZipFile(sys.argv[2], 'w') as z:\n"
            + "  for n in os.listdir(sys.argv[1]): z.write(os.path.join(sys.argv[1], n), n)"
        try #require(
            try launch(Python.path, ["-c", script, "\(folder.path)/in", archive]).code == 0)
        var importer = try NumPyImporter(
            archive: archive, train: (nil, nil), validation: (nil, nil), test: (nil, nil))
        #expect(importer.leftOut == ["extra"])
        let index = try importer.run(output: "\(folder.path)/set", name: "set")
        #expect(index.splits.map(\.count) == [12, 5, 4])
        #expect(try readAll("\(folder.path)/set") == sets)
        importer.validation = 2
        #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/other", name: "set")
        }
        // The remedy works.
        importer = try NumPyImporter(
            archive: archive, train: (nil, nil), validation: ("", nil), test: (nil, nil))
        importer.validation = 2
        #expect(
            try importer.run(output: "\(folder.path)/other", name: "set").splits.map(\.count) == [
                10, 2, 4,
            ])
    }

    @Test func `EMNIST imports with labels from 1 and transposed images`() throws {
        let folder = try TestFolder()
        var fixture = IDXFixture(train: 40, test: 6)
        fixture.files["train-labels"]?.content = (0..<40).map { UInt8($0 % 13 + 1) }
        fixture.files["test-labels"]?.content = [1, 13, 2, 3, 4, 5]
        var importer = try fixture.write(to: folder)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "emnist")
        }
        #expect(error?.message.hasSuffix("add --first-label 1") == true)
        importer.firstLabel = 1
        importer.isTransposed = true
        let index = try importer.run(output: "\(folder.path)/set", name: "emnist")
        #expect(index.classes == 13 && index.shape == ImageShape(height: 9, width: 6, channels: 1))
        let test = try readAll("\(folder.path)/set")[2]
        #expect(test.labels == [0, 12, 1, 2, 3, 4])
        for row in 0..<9 {
            for column in 0..<6 {
                #expect(test.pixels[row * 6 + column] == fixture.test.pixels[column * 9 + row])
            }
        }
        importer.classes = 20
        let missing = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/other", name: "emnist")
        }
        #expect(
            missing?.message.hasPrefix("class 14 of 1...20 has no training image; number") == true)
    }

    @Test(arguments: ["set.partial-1", "set.partial"])
    func `a second import of the same set is rejected before it writes`(name: String) throws {
        let folder = try TestFolder()
        let importer = try IDXFixture().write(to: folder)
        try AtomicFile.createFolder("\(folder.path)/\(name)")
        var lock: FileLock? = try FileLock(path: "\(folder.path)/\(name)/lock")
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "set")
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(
            error?.message
                == "another import is writing this set, in \(folder.path)/\(name); let it finish, or "
                + "choose another --output")
        #expect(FileBytes.exists("\(folder.path)/\(name)/lock"))
        withExtendedLifetime(lock) {}
        lock = nil
        try importer.run(output: "\(folder.path)/set", name: "set")
    }

    /// Tapes leave zeros after the end; anything else is damage.
    @Test func `only zeros may follow the end of a gzip file`() throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        fixture.files["train-images"]?.isCompressed = true
        let importer = try fixture.write(to: folder)
        let path = "\(folder.path)/train-images"
        let bytes = try FileBytes.read(path)
        try AtomicFile.write(bytes + [UInt8](repeating: 0, count: 700), to: path)
        try importer.run(output: "\(folder.path)/set", name: "set")
        try AtomicFile.write(bytes + [0, 0, 7], to: path)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/other", name: "set")
        }
        #expect(error?.message == "has 3 bytes after its end; get the file again")
    }

    /// The archives contain the files at the top (`./`), in `./cifar` next to another folder, or in
    /// `source/cifar`; one lacks most of them.
    @Test func `CIFAR files are found in any folder of a tar archive`() throws {
        let folder = try TestFolder()
        let source = try CIFARFixture(.binary10).write(to: folder)
        try AtomicFile.createFolder("\(folder.path)/source/aaa")
        try AtomicFile.write("x", to: "\(folder.path)/source/aaa/note")
        for (number, words) in [
            ["-C", source, "."], ["-C", source, "data_batch_1.bin"],
            ["-C", "\(folder.path)/source", "."], ["-C", folder.path, "source"],
        ].enumerated() {
            let archive = "\(folder.path)/\(number).tar"
            try #require(launch("/bin/tar", ["-cf", archive] + words).code == 0)
            let importer = CIFARImporter(source: archive)
            if number == 1 {
                let error = #expect(throws: Failure.self) {
                    try importer.run(output: "\(folder.path)/set\(number)", name: "set")
                }
                #expect(error?.exitStatus == .inputMissing)
            } else {
                try importer.run(output: "\(folder.path)/set\(number)", name: "set")
            }
        }
        try importer(folder.path + "/source").run(output: "\(folder.path)/outer", name: "set")
    }

    private func importer(_ source: String) -> CIFARImporter { CIFARImporter(source: source) }

    @Test(
        arguments: [
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "is xz-compressed; unpack it first (xz -d)"),
            ([0x50, 0x4B, 3, 4], "is a zip archive; unpack it first (unzip)"),
        ] as [([UInt8], String)])
    func `other archive formats are rejected with the command that unpacks them`(
        start: [UInt8], message: String
    ) throws {
        let folder = try TestFolder()
        let archive = "\(folder.path)/cifar.tar"
        try AtomicFile.write(start + [UInt8](repeating: 9, count: 2_000), to: archive)
        let error = #expect(throws: Failure.self) {
            try importer(archive).run(output: "\(folder.path)/set", name: "set")
        }
        #expect(error?.message == message)
    }
}
