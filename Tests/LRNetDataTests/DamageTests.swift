import Foundation
import LRNetData
import LRNetHDF5
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct DamageTests {
    /// One bit of every byte of every file, chosen by the seed: none may go unnoticed.
    @Test func everyFlippedBitIsFound() throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        try writeSet(directory)
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 77)
        var flips = 0
        for name in try FileBytes.names(inFolder: directory) {
            let path = "\(directory)/\(name)"
            let bytes = try FileBytes.read(path)
            // Shards are guarded by one hash each, so that every fifth byte says as much.
            let isIndex = name == ShardIndex.fileName
            for byte in stride(from: 0, to: bytes.count, by: isIndex ? 1 : 5) {
                let bit = key.integer(flips, below: 8)
                try flip(path, byte: byte, bit: bit)
                flips += 1
                let error = #expect(throws: (any Error).self, "\(name) byte \(byte)") {
                    _ = try readAll(directory)
                }
                let status = error.flatMap(exitStatus)
                #expect(status == .badData, "\(name) byte \(byte): \(String(describing: error))")
                try flip(path, byte: byte, bit: bit)
            }
        }
        #expect(flips > 3_000)
        _ = try readAll(directory)
    }

    /// HDF5's own checksums, without our hashes: a flip is an error or changes nothing.
    @Test func latestFormatNeverReadsSilentlyWrong() throws {
        let file = try HDF5File.create(inMemoryNamed: "small")
        let values = randomImages(9).pixels
        try file.createDataSet("images", of: .uint8, shape: [9, 70], chunk: [4, 70]).write(values)
        let image = try file.image()
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 78)
        var errors = 0
        for byte in image.indices {
            var damaged = image
            damaged[byte] ^= 1 << UInt8(key.integer(byte, below: 8))
            do {
                let open = try HDF5File.open(image: damaged, named: "damaged")
                let read: [UInt8] = try open.dataSet("images").read()
                #expect(read == values, "byte \(byte) reads silently wrong")
            } catch {
                #expect(exitStatus(error) == .badData, "byte \(byte): \(error)")
                errors += 1
            }
        }
        #expect(errors > 600)
    }

    @Test func truncatedShard() throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        try writeSet(directory)
        let path = "\(directory)/train-00001.h5"
        let bytes = try FileBytes.read(path)
        try Data(bytes.dropLast()).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: Failure.self) { _ = try ShardSet(directory: directory) }
        #expect(error?.exitStatus == .badData)
        #expect(
            error?.description
                == "open: \(path): has \(bytes.count - 1) bytes, \(bytes.count) expected; "
                + "import the data again")
    }

    @Test func missingPieces() throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        #expect(
            #expect(throws: Failure.self) { _ = try ShardSet(directory: directory) }?
                .exitStatus == .inputMissing)
        try writeSet(directory)
        try AtomicFile.remove("\(directory)/test-00001.h5")
        let shard = #expect(throws: Failure.self) { _ = try ShardSet(directory: directory) }
        #expect(shard?.exitStatus == .inputMissing)
        #expect(shard?.subject == "\(directory)/test-00001.h5")
        try AtomicFile.remove("\(directory)/index.json")
        let index = #expect(throws: Failure.self) { _ = try ShardSet(directory: directory) }
        #expect(index?.exitStatus == .inputMissing)
    }

    @Test func indexOfAnotherSetIsFound() throws {
        let folder = try TestFolder()
        try writeSet("\(folder.path)/a")
        try writeSet("\(folder.path)/b", train: randomImages(41, stream: 5))
        let index = try FileBytes.read("\(folder.path)/b/index.json")
        try AtomicFile.write(index, to: "\(folder.path)/a/index.json")
        let error = #expect(throws: Failure.self) { _ = try readAll("\(folder.path)/a") }
        #expect(error?.exitStatus == .badData)
        #expect(error?.subject == "\(folder.path)/a/train-00000.h5")
    }

    /// An index with right hashes that says something else than the shards.
    @Test(arguments: ["shape", "classes", "mean", "deviation", "samples", "version"])
    func consistentIndexThatDisagrees(field: String) throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        var index = try writeSet(directory)
        switch field {
        case "shape": index.shape = ImageShape(height: 7, width: 5, channels: 2)
        case "classes": index.classes = 3
        case "mean": index.mean[1] = index.mean[1].nextUp
        case "deviation": index.deviation[0] = index.deviation[0].nextDown
        case "samples": index.splits[1].samplesSHA256 = ContentHash.of("other")
        default: index.schemaVersion = 3
        }
        var changed = ShardIndex(
            name: index.name, shape: index.shape, classes: index.classes, mean: index.mean,
            deviation: index.deviation, splits: index.splits)
        changed.schemaVersion = index.schemaVersion
        try AtomicFile.write(try changed.encoded(), to: "\(directory)/index.json")
        if field == "version" {
            let error = #expect(throws: Failure.self) { _ = try ShardSet(directory: directory) }
            #expect(error?.message.hasPrefix("schema version 3, but") == true)
            return
        }
        let problems = ShardSetVerifier(try ShardSet(directory: directory)).run()
        #expect(!problems.isEmpty)
        for problem in problems { #expect(problem.exitStatus == .badData) }
    }

    @Test func verifierNamesEveryBadShard() throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        try writeSet(directory)
        #expect(ShardSetVerifier(try ShardSet(directory: directory)).run().isEmpty)
        try flip("\(directory)/train-00002.h5", byte: 900, bit: 3)
        try flip("\(directory)/validation-00000.h5", byte: 60, bit: 0)
        let problems = ShardSetVerifier(try ShardSet(directory: directory)).run()
        #expect(
            problems.map { $0.subject } == [
                "\(directory)/train-00002.h5", "\(directory)/validation-00000.h5",
            ])
    }
}
