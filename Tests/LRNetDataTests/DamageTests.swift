import Foundation
import LRNetData
import LRNetHDF5
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct DamageTests {
    /// Flips one bit, chosen by the seed, in each byte of the index and in every fifth of a shard.
    @Test func `a flipped bit in any file of a set is detected`() throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        try writeSet(directory)
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 77)
        var flips = 0
        for name in try FileBytes.names(inFolder: directory) {
            let path = "\(directory)/\(name)"
            let bytes = try FileBytes.read(path)
            // One hash protects a whole shard, so every fifth byte is enough.
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

    /// Tests HDF5's own checksums, without the hashes of the index.
    @Test func `a flipped bit in an HDF5 file never changes values silently`() throws {
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

    @Test func `a truncated shard is rejected when the set is opened`() throws {
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
                + "create the data set again in a new folder")
    }

    @Test func `a missing folder, shard or index is reported as missing input`() throws {
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

    @Test func `an index that belongs to another set is rejected`() throws {
        let folder = try TestFolder()
        try writeSet("\(folder.path)/a")
        try writeSet("\(folder.path)/b", train: randomImages(41, stream: 5))
        let index = try FileBytes.read("\(folder.path)/b/index.json")
        try AtomicFile.write(index, to: "\(folder.path)/a/index.json")
        let error = #expect(throws: Failure.self) { _ = try readAll("\(folder.path)/a") }
        #expect(error?.exitStatus == .badData)
        #expect(error?.subject == "\(folder.path)/a/train-00000.h5")
    }

    /// The hashes of the index itself are correct.
    @Test(arguments: ["shape", "classes", "mean", "deviation", "samples", "version"])
    func `an index that disagrees with its shards is rejected`(field: String) throws {
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

    @Test func `the verifier names every damaged shard`() throws {
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
