import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import Testing

@Suite struct BlockShuffleTests {
    private func plan(
        _ count: Int, block: Int, window: Int, leaves: Int = 2, leafSize: Int = 3, epoch: Int = 0,
        seed: UInt64 = 1
    ) -> [Int] {
        EpochPlan(
            seed: seed, epoch: epoch, count: count,
            blocks: BlockShuffle(
                blockSamples: block, windowBlocks: window, leaves: leaves, leafSize: leafSize)
        )[0..<count]
    }

    @Test(arguments: [0, 1, 5, 6, 23, 24, 1009], [1, 4, 7, 2000])
    func `every block shuffle is a permutation of the samples`(count: Int, block: Int) {
        for (window, leaves, leafSize) in [(1, 1, 1), (2, 2, 3), (3, 8, 4), (500, 5, 1)] {
            let order = plan(
                count, block: block, window: window, leaves: leaves, leafSize: leafSize)
            #expect(order.sorted() == Array(0..<count))
        }
    }

    /// The program implements Philox4x32-10, Fisher-Yates and the documented deal.
    @Test func `the order matches an independent Python program`() {
        #expect(
            plan(23, block: 4, window: 2) == [
                2, 3, 17, 8, 14, 11, 1, 18, 19, 9, 15, 7, 16, 0, 12, 6, 4, 5, 13, 10, 20, 22, 21,
            ])
        #expect(
            plan(23, block: 4, window: 2, epoch: 5) == [
                9, 4, 10, 1, 13, 12, 7, 6, 8, 15, 2, 19, 11, 5, 14, 16, 17, 21, 0, 3, 18, 20, 22,
            ])
    }

    @Test func `the order depends on seed, epoch, window and block size`() {
        let order = plan(500, block: 10, window: 3)
        #expect(order != plan(500, block: 10, window: 3, epoch: 1))
        #expect(order != plan(500, block: 10, window: 3, seed: 2))
        #expect(order != plan(500, block: 10, window: 2))
        #expect(order != plan(500, block: 20, window: 3))
        #expect(order == plan(500, block: 10, window: 3))
    }

    /// The first windows of the leaves have no block in common.
    @Test func `each leaf finishes a window of blocks before the next begins`() {
        let (leaves, leafSize, block, window) = (4, 8, 16, 3)
        let count = leaves * leafSize * 60
        let order = plan(
            count, block: block, window: window, leaves: leaves, leafSize: leafSize)
        var firstBlocks: Set<Int> = []
        for leaf in 0..<leaves {
            let own = (0..<60).flatMap { batch in
                let start = (batch * leaves + leaf) * leafSize
                return order[start..<start + leafSize]
            }
            // The 480 samples of a leaf are ten windows of 48.
            for start in stride(from: 0, to: own.count, by: block * window) {
                let samples = own[start..<start + block * window]
                let blocks = Set(samples.map { $0 / block })
                #expect(blocks.count == window)
                #expect(samples.sorted() != Array(samples))
            }
            firstBlocks.formUnion(own.prefix(block * window).map { $0 / block })
        }
        #expect(firstBlocks.count == leaves * window)
    }

    /// Each of two ranks reads half of the chunks. A full shuffle reads over ten times as many.
    @Test func `a cache of one window per leaf reads each chunk once`() throws {
        let folder = try TestFolder()
        // 32 samples of 32 KiB fill a chunk of 1 MiB; 2 shards of 16 chunks.
        let shape = ImageShape(height: 64, width: 64, channels: 8)
        let train = randomImages(1024, shape: shape)
        let writer = try ShardWriter(
            directory: "\(folder.path)/set", name: "n", shape: shape, classes: 4)
        try writer.write(.train, count: 1024, shards: 2) { train[$0] }
        try writer.finish()
        let set = try ShardSet(directory: "\(folder.path)/set")
        let (leaves, leafSize, chunks) = (4, 8, 32)

        /// Returns the number of chunks that each rank reads in an epoch, with its own cache.
        func reads(_ plan: EpochPlan, ranks: Int, cachedChunks: Int) throws -> [Int] {
            try (0..<ranks).map { rank in
                // The labels of a chunk count too.
                let reader = try ShardReader(
                    set: set, split: .train, cacheByteCount: cachedChunks * ((1 << 20) + 32 * 4))
                let augmenter = try Augmenter(Augmentation(), seed: 1, for: set)
                let share = leaves * leafSize / ranks
                let requests = (0..<1024 / (leaves * leafSize)).map { batch in
                    let start = batch * leaves * leafSize + rank * share
                    return BatchRequest(samples: plan[start..<start + share])
                }
                let loader = try BatchLoader(
                    reader: reader, augmenter: augmenter, threads: LoaderThreads(), capacity: share,
                    requests: requests)
                while let batch = try loader.next() {
                    #expect(batch.labels == batch.samples.map { train.labels[$0] })
                    loader.recycle(batch)
                }
                return reader.chunkReadCount
            }
        }
        let blocks = EpochPlan(
            seed: 1, epoch: 0, count: 1024,
            blocks: BlockShuffle(
                blockSamples: 64, windowBlocks: 2, leaves: leaves, leafSize: leafSize))
        // Each leaf has a window of 2 blocks of 2 chunks.
        #expect(try reads(blocks, ranks: 1, cachedChunks: 4 * leaves) == [chunks])
        #expect(try reads(blocks, ranks: 2, cachedChunks: 2 * leaves) == [chunks / 2, chunks / 2])
        #expect(try reads(blocks, ranks: 4, cachedChunks: leaves) == [8, 8, 8, 8])
        let full = EpochPlan(seed: 1, epoch: 0, count: 1024)
        #expect(try reads(full, ranks: 1, cachedChunks: 4 * leaves)[0] > 10 * chunks)
    }

    /// A damaged shard that contains none of the samples goes unnoticed.
    @Test func `a reader opens only the shards that contain its samples`() throws {
        let folder = try TestFolder()
        try writeSet("\(folder.path)/set")
        try flip("\(folder.path)/set/train-00002.h5", byte: 700, bit: 2)
        let reader = try ShardReader(set: ShardSet(directory: "\(folder.path)/set"), split: .train)
        #expect(reader.openShardCount == 0)
        _ = try reader.read(samples: [0, 5])
        #expect(reader.openShardCount == 1)
        _ = try reader.read(samples: [20])
        #expect(reader.openShardCount == 2)
    }
}
