import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct ShardSetTests {
    @Test(arguments: [1, 2, 3, 41, 100])
    func `a set of any number of shards is read as it was written`(shards: Int) throws {
        let folder = try TestFolder()
        let directory = "\(folder.path)/set"
        let train = randomImages(41)
        let index = try writeSet(directory, train: train, shards: shards)
        #expect(index[.train]?.shards.count == min(shards, 41))
        let all = try readAll(directory)
        #expect(all[0] == train)
        #expect(all[1] == randomImages(7, stream: 1))
        #expect(all[2] == randomImages(12, stream: 2))
        #expect(folder.names == ["set"])
    }

    @Test func `the fingerprint depends on samples and classes but not on shards`() throws {
        let folder = try TestFolder()
        let one = try writeSet("\(folder.path)/a", shards: 1)
        let five = try writeSet("\(folder.path)/b", shards: 5)
        #expect(one.fingerprint == five.fingerprint)
        var other = randomImages(41)
        other.labels[40] = (other.labels[40] + 1) % 4
        #expect(try writeSet("\(folder.path)/c", train: other).fingerprint != one.fingerprint)
        #expect(try writeSet("\(folder.path)/d", classes: 5).fingerprint != one.fingerprint)
    }

    @Test func `mean and standard deviation are those of the training split`() throws {
        let folder = try TestFolder()
        let train = randomImages(41)
        let index = try writeSet("\(folder.path)/a", train: train)
        for channel in 0..<2 {
            let values = stride(from: channel, to: train.pixels.count, by: 2)
                .map { Double(train.pixels[$0]) / 255 }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance =
                values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(index.mean[channel] - mean) < 1e-12)
            #expect(abs(index.deviation[channel] - variance.squareRoot()) < 1e-12)
        }
    }

    @Test func `an output folder that is not empty is rejected`() throws {
        let folder = try TestFolder()
        try AtomicFile.createFolder("\(folder.path)/empty")
        try writeSet("\(folder.path)/empty/")
        let error = #expect(throws: Failure.self) { try writeSet("\(folder.path)/empty") }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.message.hasPrefix("exists and is not an empty folder") == true)
        #expect(folder.names == ["empty"])
    }

    @Test func `an abandoned writer leaves no files`() throws {
        let folder = try TestFolder()
        // A process that no longer runs left this folder.
        try AtomicFile.createFolder("\(folder.path)/set.partial-999999999/x")
        do {
            let writer = try ShardWriter(
                directory: "\(folder.path)/set", name: "n",
                shape: ImageShape(height: 5, width: 7, channels: 2), classes: 4)
            try writer.write(.train, count: 9) { randomImages(9)[$0] }
            #expect(folder.names.count == 1)
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `a label outside the classes is rejected`() throws {
        let folder = try TestFolder()
        var train = randomImages(41)
        train.labels[30] = 4
        let error = #expect(throws: Failure.self) {
            try writeSet("\(folder.path)/set", train: train)
        }
        #expect(error?.description == "import: train sample 30: label 4 is outside 0...3")
        #expect(folder.names.isEmpty)
    }

    @Test(.enabled(if: TinyDisk.isPossible, "mounting a tmpfs needs root"))
    func `a writer that fills the disk leaves no files`() throws {
        let disk = try TinyDisk(size: "100k")
        let error = #expect(throws: Failure.self) {
            try writeSet("\(disk.path)/set", train: randomImages(3_000))
        }
        #expect(error?.exitStatus == .inputOutput)
        #expect(error?.message.hasPrefix("No space left on device") == true)
        #expect(TestFolder.names(in: disk.path).isEmpty)
    }
}
