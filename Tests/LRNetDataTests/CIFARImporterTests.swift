import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct CIFARImporterTests {
    @Test(arguments: CIFARFixture.Version.allCases)
    func `the folder, its parent and the archive produce the same set`(
        version: CIFARFixture.Version
    ) throws {
        let folder = try TestFolder()
        let fixture = CIFARFixture(version)
        let source = try fixture.write(to: folder)
        let outer = "\(folder.path)/source"
        let archive = "\(folder.path)/cifar.tar.gz"
        let packed = try launch("/bin/tar", ["-czf", archive, "-C", outer, "cifar"])
        try #require(packed.code == 0, "\(packed.error)")
        var fingerprints: Set<String> = []
        for (number, path) in [source, outer, archive].enumerated() {
            var importer = CIFARImporter(source: path)
            importer.validation = 2
            importer.shards = 2
            let output = "\(folder.path)/set\(number)"
            let index = try importer.run(output: output, name: "cifar")
            let isTen = fixture.classNames.count == 10
            #expect(index.classes == (isTen ? 10 : 100))
            #expect(index.classNames == fixture.classNames)
            #expect(index.className(3) == "class_3")
            let all = try readAll(output)
            #expect(all[0] == fixture.train[2..<fixture.train.count])
            #expect(all[1] == fixture.train[0..<2])
            #expect(all[2] == fixture.test)
            #expect(ShardSetVerifier(try ShardSet(directory: output)).run().isEmpty)
            fingerprints.insert(index.fingerprint)
        }
        #expect(fingerprints.count == 1)
    }

    /// Damage to a file, and words that the error message must contain.
    struct Fault: Sendable, CustomTestStringConvertible {
        let version: CIFARFixture.Version
        let file: String
        let words: String
        let damage: @Sendable ([UInt8]) -> [UInt8]
        var testDescription: String { "\(version) \(file): \(words)" }
    }

    private static let planes = CIFARFixture.planes(
        randomImages(2, shape: CIFARFixture.shape, stream: 50))
    private static let content = planes.flatMap { $0 }

    static let faults = [
        Fault(
            version: .binary10, file: "data_batch_3.bin",
            words: "has 21510 bytes, which is not a multiple of the record size of 3073; it is "
        ) { $0.dropLast() },
        Fault(version: .binary10, file: "test_batch.bin", words: "0 bytes") { _ in [] },
        Fault(
            version: .binary100, file: "train.bin", words: "label 100 of sample 1 is outside 0...99"
        ) {
            var bytes = $0
            bytes[3074 + 1] = 100
            return bytes
        },
        Fault(version: .binary10, file: "batches.meta.txt", words: "9 class names, 10 expected") {
            $0.dropLast(10)
        },
        Fault(version: .python10, file: "data_batch_2", words: "truncated or damaged at byte") {
            $0.dropLast(40)
        },
        Fault(version: .python10, file: "data_batch_2", words: "truncated or damaged at byte 0") {
            _ in []
        },
        Fault(
            version: .python10, file: "test_batch",
            words: "uses os.system, which is not part of an array; nothing was executed"
        ) { _ in Array("cos\nsystem\n(U\u{07}echo hitR.".utf8) },
        Fault(
            version: .python10, file: "test_batch",
            words: "opcode 0x69 'i' at byte 1 is not supported; no part"
        ) { _ in Array("(ios\nsystem\n.".utf8) },
        Fault(
            version: .python10, file: "test_batch", words: "opcode 0x81 at byte 2 is not"
        ) { _ in [0x29, 0x29, 0x81, 0x2E] },
        Fault(
            version: .python10, file: "test_batch",
            words: "more than 10000 tuples, lists and dictionaries"
        ) { _ in [0x29] + [UInt8](repeating: 0x85, count: 20_000) + [0x2E] },
        Fault(
            version: .python10, file: "test_batch", words: "no dictionary with 'data' and 'labels'"
        ) { _ in CIFARFixture.bytes(randomImages(2, shape: CIFARFixture.shape), .python100) },
        Fault(version: .python10, file: "test_batch", words: "'data' has type i8, u1 (uint8)") {
            _ in
            batch { $0.array(content, shape: [2, 3072], type: "i8") }
        },
        Fault(version: .python10, file: "test_batch", words: "'data' has type O, u1 (uint8)") {
            _ in
            batch { $0.array(content, shape: [2, 3072], type: "O") }
        },
        Fault(version: .python10, file: "test_batch", words: "'data' is stored in Fortran order") {
            _ in
            batch { $0.array(content, shape: [2, 3072], isFortran: true) }
        },
        Fault(
            version: .python10, file: "test_batch",
            words: "'data' has shape [3072, 2] and 6144 bytes, [N, 3072] expected"
        ) { _ in batch { $0.array(content, shape: [3072, 2]) } },
        Fault(
            version: .python10, file: "test_batch",
            words: "'data' has shape [3, 3072] and 6144 bytes, [N, 3072] expected"
        ) { _ in batch { $0.array(content, shape: [3, 3072]) } },
        Fault(version: .python10, file: "test_batch", words: "'data' is not a NumPy array") { _ in
            batch { $0.text("zeros") }
        },
        Fault(version: .python10, file: "test_batch", words: "2 images, but 3 labels") { _ in
            batch(labels: [1, 2, 3]) { $0.array(content, shape: [2, 3072]) }
        },
        Fault(
            version: .python10, file: "test_batch", words: "label -1 of sample 1 is outside 0...9"
        ) { _ in batch(labels: [1, -1]) { $0.array(content, shape: [2, 3072]) } },
    ]

    private static func batch(
        labels: [Int] = [1, 2], _ data: (inout PickleBytes) -> Void
    ) -> [UInt8] {
        withoutActuallyEscaping(data) { data in
            PickleBytes.dictionary([("labels", { $0.list(labels) }), ("data", data)])
        }
    }

    @Test(arguments: faults)
    func `every fault is reported with its file and cause`(fault: Fault) throws {
        let folder = try TestFolder()
        var fixture = CIFARFixture(fault.version)
        let old = try #require(fixture.files[fault.file])
        fixture.files[fault.file] = fault.damage(old)
        let source = try fixture.write(to: folder)
        var importer = CIFARImporter(source: source)
        importer.validation = 1
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "cifar")
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.subject == "\(source)/\(fault.file)")
        #expect(error?.message.contains(fault.words) == true, "\(error?.message ?? "-")")
        #expect(folder.names == ["source"])
    }

    @Test func `missing CIFAR files are reported with their path`() throws {
        let folder = try TestFolder()
        var fixture = CIFARFixture(.binary10)
        fixture.files["data_batch_4.bin"] = nil
        let source = try fixture.write(to: folder)
        let file = #expect(throws: Failure.self) {
            try CIFARImporter(source: source).run(output: "\(folder.path)/set", name: "cifar")
        }
        #expect(file?.exitStatus == .inputMissing)
        #expect(file?.subject == "\(source)/data_batch_4.bin")
        let other = #expect(throws: Failure.self) {
            try CIFARImporter(source: "\(folder.path)/source/..").run(
                output: "\(folder.path)/set", name: "cifar")
        }
        #expect(other?.exitStatus == .inputMissing)
        #expect(other?.message.hasPrefix("contains neither data_batch_1(.bin)") == true)
    }

    @Test func `damaged tar archives are rejected with the cause`() throws {
        let folder = try TestFolder()
        _ = try CIFARFixture(.binary10).write(to: folder)
        let archive = "\(folder.path)/cifar.tar"
        let outer = "\(folder.path)/source"
        #expect(try launch("/bin/tar", ["-cf", archive, "-C", outer, "cifar"]).code == 0)
        let bytes = try FileBytes.read(archive)
        func message(_ bytes: [UInt8]) throws -> String? {
            try AtomicFile.write(bytes, to: archive)
            let error = #expect(throws: Failure.self) {
                try CIFARImporter(source: archive).run(output: "\(folder.path)/set", name: "cifar")
            }
            #expect(error?.exitStatus == .badData)
            return error?.message
        }
        #expect(
            try message(Array(bytes[0..<9_000]))
                == "is a truncated tar archive; download it again")
        #expect(try message([]) == "is an empty file; get it again")
        var flipped = bytes
        flipped[700] ^= 1
        #expect(
            try message(flipped)
                == "is a tar archive that is damaged at entry 2, byte 512 (wrong checksum); download it "
                + "again")
        var first = bytes
        first[150] ^= 1
        #expect(
            try message(first)
                == "is a tar archive that is damaged at entry 1, byte 0 (wrong checksum); download it "
                + "again")
        #expect(
            try message(Array("some text\n".utf8) + [UInt8](repeating: 7, count: 2_000))
                == "is not a tar archive, or damaged at its start; download it again")
        #expect(
            try message(Array("some text\n".utf8))
                == "is text that begins 'some text'; get the file again")
    }

    /// GNU tar and pax store names of more than 100 characters in different ways.
    @Test(arguments: ["gnu", "pax"])
    func `CIFAR imports from tar archives with long names`(format: String) throws {
        let folder = try TestFolder()
        let fixture = CIFARFixture(.binary10)
        _ = try fixture.write(to: folder)
        let inner = String(repeating: "x", count: 90) + "/" + String(repeating: "y", count: 90)
        let outer = "\(folder.path)/long/\(inner)"
        try AtomicFile.createFolder(outer)
        try AtomicFile.rename("\(folder.path)/source/cifar", to: "\(outer)/cifar")
        let archive = "\(folder.path)/cifar.tar"
        let packed = try launch(
            "/bin/tar",
            ["--format=\(format)", "-cf", archive, "-C", "\(folder.path)/long", inner])
        try #require(packed.code == 0, "\(packed.error)")
        try CIFARImporter(source: archive).run(output: "\(folder.path)/set", name: "cifar")
        #expect(try readAll("\(folder.path)/set")[2] == fixture.test)
    }
}
