import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

extension LabeledImages {
    /// The shape of the images of `IDXFixture`.
    static let idxShape = ImageShape(height: 6, width: 9, channels: 1)
}

@Suite struct IDXImporterTests {
    @Test(arguments: [false, true])
    func `plain and compressed IDX files import unchanged`(isCompressed: Bool) throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        for name in fixture.files.keys { fixture.files[name]?.isCompressed = isCompressed }
        var importer = try fixture.write(to: folder)
        importer.shards = 2
        try importer.run(output: "\(folder.path)/set", name: "small")
        let all = try readAll("\(folder.path)/set")
        #expect(all[0] == fixture.train[5..<23])
        #expect(all[1] == fixture.train[0..<5])
        #expect(all[2] == fixture.test)
    }

    @Test func `zero validation images omit the split, and too many are rejected`() throws {
        let folder = try TestFolder()
        var importer = try IDXFixture().write(to: folder)
        importer.validation = 0
        let index = try importer.run(output: "\(folder.path)/set", name: "small")
        #expect(index.splits.map(\.name) == [.train, .test])
        importer.validation = 23
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/other", name: "small")
        }
        #expect(error?.exitStatus == .usage)
    }

    /// Damage to a file, and words that the error message must contain.
    struct Fault: Sendable, CustomTestStringConvertible {
        let file: String
        let words: String
        let damage: @Sendable (inout IDXFixture.File) -> Void
        var testDescription: String { "\(file): \(words)" }
    }

    static let faults = [
        Fault(file: "train-images", words: "magic number 2049, 2051 expected") {
            $0.words[0] = 2049
        },
        Fault(file: "test-labels", words: "magic number 2051, 2049 expected") {
            $0.words[0] = 2051
        },
        Fault(file: "train-labels", words: "is an empty file; get it again") {
            $0 = IDXFixture.File(words: [], content: [])
        },
        Fault(file: "train-images", words: "truncated: the header has 12 of 16 bytes") {
            $0 = IDXFixture.File(words: Array($0.words[0..<3]), content: [])
        },
        Fault(file: "train-images", words: "truncated: 1241 bytes after the header, 1242") {
            $0.content.removeLast()
        },
        Fault(file: "test-images", words: "too long: 325 bytes after the header, 324") {
            $0.content.append(0)
        },
        Fault(file: "train-images", words: "truncated: 1242 bytes after the header, 231928") {
            $0.words[1] = 4_294_967_295
        },
        Fault(file: "train-images", words: "impossible image size 0x9") { $0.words[2] = 0 },
        Fault(file: "test-images", words: "has images of 3x18x1, but ") {
            $0.words[2] = 3
            $0.words[3] = 18
        },
        Fault(file: "train-labels", words: "22 labels, but") {
            $0.words[1] = 22
            $0.content.removeLast()
        },
        Fault(file: "test-labels", words: "label 10 of sample 3 is outside 0...9") {
            $0.content[3] = 10
        },
    ]

    @Test(arguments: faults)
    func `every fault is reported with its file and cause`(fault: Fault) throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        var file = try #require(fixture.files[fault.file])
        fault.damage(&file)
        fixture.files[fault.file] = file
        let importer = try fixture.write(to: folder)
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "small")
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.subject == "\(folder.path)/\(fault.file)")
        #expect(error?.message.contains(fault.words) == true, "\(error?.message ?? "-")")
        #expect(folder.names.count == 4)
    }

    @Test func `damage to a gzip file never changes the images silently`() throws {
        let folder = try TestFolder()
        var fixture = IDXFixture()
        for name in fixture.files.keys { fixture.files[name]?.isCompressed = true }
        let importer = try fixture.write(to: folder)
        let expected = try importer.run(output: "\(folder.path)/expected", name: "small")
        let path = "\(folder.path)/train-images"
        let bytes = try FileBytes.read(path)
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 21)
        // Bytes 4 to 9 of a gzip file (time, flags, system) and the file name contain no data.
        let nameEnd = 10 + (bytes[10...].firstIndex(of: 0) ?? 10) - 9
        var errors = 0
        for byte in stride(from: nameEnd, to: bytes.count, by: 7) {
            let bit = key.integer(byte, below: 8)
            try flip(path, byte: byte, bit: bit)
            // The padding of a stored block contains no data either.
            do {
                let output = "\(folder.path)/set"
                let index = try importer.run(output: output, name: "small")
                #expect(index.fingerprint == expected.fingerprint, "byte \(byte)")
                try AtomicFile.remove(output)
            } catch {
                #expect(exitStatus(error) == .badData, "byte \(byte): \(error)")
                errors += 1
            }
            try flip(path, byte: byte, bit: bit)
        }
        #expect(errors > 100)
        for count in [3, 20, bytes.count - 1] {
            try AtomicFile.write(Array(bytes[0..<count]), to: path)
            let error = #expect(throws: Failure.self) {
                try importer.run(output: "\(folder.path)/set", name: "small")
            }
            #expect(
                error?.description
                    == "inflate: \(path): is truncated; get the file again")
        }
        try AtomicFile.write(bytes, to: path)
        try importer.run(output: "\(folder.path)/set", name: "small")
    }

    @Test func `a missing file is reported with its path`() throws {
        let folder = try TestFolder()
        let importer = try IDXFixture().write(to: folder)
        try AtomicFile.remove("\(folder.path)/test-images")
        let error = #expect(throws: Failure.self) {
            try importer.run(output: "\(folder.path)/set", name: "small")
        }
        #expect(error?.exitStatus == .inputMissing)
        #expect(error?.subject == "\(folder.path)/test-images")
    }
}
