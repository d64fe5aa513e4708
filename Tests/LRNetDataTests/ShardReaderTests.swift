import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct ShardReaderTests {
    /// An image has 12,288 bytes and a chunk 85 images, so each shard has several chunks.
    static let shape = ImageShape(height: 64, width: 32, channels: 6)

    /// The cache keeps no chunk, one chunk or all chunks.
    @Test(arguments: [0, 1_100_000, 1 << 30])
    func `samples can be read in any order with any cache size`(cacheByteCount: Int) throws {
        let folder = try TestFolder()
        let train = randomImages(301, shape: Self.shape)
        try writeSet(
            "\(folder.path)/set", train: train,
            validation: randomImages(1, shape: Self.shape),
            test: randomImages(2, shape: Self.shape), shards: 2)
        let reader = try ShardReader(
            set: ShardSet(directory: "\(folder.path)/set"), split: .train,
            cacheByteCount: cacheByteCount)
        let plan = EpochPlan(seed: testSeed, epoch: 0, count: reader.count)
        let size = Self.shape.count
        var labels: [Int32] = []
        for request in [
            plan[0..<64], plan[64..<65], [], [300, 0, 300, 150, 151, 0], plan[65..<301],
        ] {
            let buffer = FloatBuffer(count: request.count * size)
            try reader.read(samples: request, images: buffer.all, labels: &labels)
            #expect(labels == request.map { train.labels[$0] })
            for (position, sample) in request.enumerated() {
                let expected = train.pixels[sample * size..<(sample + 1) * size]
                    .map { Float($0) / 255 }
                #expect(buffer[position * size..<(position + 1) * size].values == expected)
            }
        }
    }

    @Test func `several threads read the right samples from one reader`() throws {
        let folder = try TestFolder()
        let train = randomImages(301, shape: Self.shape)
        try writeSet(
            "\(folder.path)/set", train: train, validation: randomImages(1, shape: Self.shape),
            test: randomImages(2, shape: Self.shape), shards: 3)
        let reader = try ShardReader(
            set: ShardSet(directory: "\(folder.path)/set"), split: .train,
            cacheByteCount: 2_000_000)
        let failures = Counter()
        DispatchQueue.concurrentPerform(iterations: 16) { job in
            let plan = EpochPlan(seed: testSeed, epoch: job, count: reader.count)
            let samples = plan[0..<50]
            guard let read = try? reader.read(samples: samples),
                read.labels == samples.map({ train.labels[$0] }),
                read.pixels == samples.flatMap({ train[$0..<$0 + 1].pixels })
            else { return failures.add() }
        }
        #expect(failures.count == 0)
    }

    @Test func `a reader counts the classes, and a missing split is rejected`() throws {
        let folder = try TestFolder()
        let train = randomImages(41)
        let writer = try ShardWriter(
            directory: "\(folder.path)/set", name: "n", shape: train.shape, classes: 4)
        try writer.write(.train, count: 41, shards: 2) { train[$0] }
        try writer.finish()
        let set = try ShardSet(directory: "\(folder.path)/set")
        let counts = try ShardReader(set: set, split: .train).classCounts()
        #expect(counts == (0..<4).map { label in train.labels.count { $0 == Int32(label) } })
        #expect(set.count(.validation) == 0)
        let error = #expect(throws: Failure.self) {
            _ = try ShardReader(set: set, split: .validation)
        }
        #expect(error?.exitStatus == .inputMissing)
        #expect(error?.message == "has no validation split, only train")
    }
}

/// A counter that several threads increment.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0
    var count: Int { lock.withLock { value } }
    func add() { lock.withLock { value += 1 } }
}
