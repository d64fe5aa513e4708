import Dispatch
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct ShardVerificationTests {
    private let folder: TestFolder
    private let set: ShardSet
    private let verification: ShardVerification

    init() throws {
        folder = try TestFolder()
        let shape = ImageShape(height: 4, width: 4, channels: 1)
        try writeSet(
            "\(folder.path)/set", train: randomImages(30, shape: shape),
            validation: randomImages(4, shape: shape), test: randomImages(4, shape: shape),
            shards: 3)
        set = try ShardSet(directory: "\(folder.path)/set")
        verification = ShardVerification(
            of: set.index, words: AtomicWords(count: ShardVerification.wordCount(of: set.index)))
    }

    private func path(_ split: DataSplit, _ shard: Int) throws -> String {
        "\(set.directory)/\(try #require(set.index[split]).shards[shard].file)"
    }

    @Test func `of all readers, one verifies a shard, and the others wait for it`() throws {
        let verified = Counter()
        let early = Counter()
        let path = try path(.train, 1)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            try? verification.run(.train, shard: 1, path: path) {
                verified.add()
            }
            if verified.count != 1 { early.add() }
        }
        #expect(verified.count == 1)
        #expect(early.count == 0)
    }

    @Test func `shards of all splits have their own words`() throws {
        var verified: [String] = []
        for _ in 0..<2 {
            for split in [DataSplit.train, .validation, .test] {
                for shard in try #require(set.index[split]).shards.indices {
                    let path = try path(split, shard)
                    try verification.run(split, shard: shard, path: path) { verified.append(path) }
                }
            }
        }
        #expect(verified.count == ShardVerification.wordCount(of: set.index))
        #expect(Set(verified).count == verified.count)
    }

    @Test func `a failed verification is repeated by the next reader`() throws {
        let path = try path(.train, 0)
        struct Damage: Error {}
        for _ in 0..<2 {
            #expect(throws: Damage.self) {
                try verification.run(.train, shard: 0, path: path) { throw Damage() }
            }
        }
        var count = 0
        for _ in 0..<2 { try verification.run(.train, shard: 0, path: path) { count += 1 } }
        #expect(count == 1)
    }

    @Test func `another file under the same name is verified by its own reader`() throws {
        var verified: [String] = []
        let (first, other) = (try path(.train, 0), try path(.train, 2))
        for path in [first, other, first, other] {
            try verification.run(.train, shard: 0, path: path) { verified.append(path) }
        }
        #expect(verified == [first, other, other])
    }

    @Test func `a damaged shard is found with shared verification as well`() throws {
        var shared = set
        shared.verification = verification
        let path = try path(.train, 0)
        var bytes = try FileBytes.read(path)
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: path)
        for _ in 0..<2 {
            let reader = try ShardReader(set: shared, split: .train)
            let error = #expect(throws: Failure.self) { try reader.read(samples: [0]) }
            #expect(error?.message.contains("damaged") == true)
        }
    }
}
