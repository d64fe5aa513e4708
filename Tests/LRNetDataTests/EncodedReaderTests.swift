import Foundation
import LRNetData
import LRNetHDF5
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct EncodedReaderTests {
    /// Imports images of some kilobytes each, so that a shard has several chunks of 64 KiB.
    private func set(_ folder: TestFolder) throws -> ShardSet {
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 90)
        for number in 0..<24 {
            let (height, width) = (40 + number * 3, 90 - number)
            let name = "\(folder.path)/train/c\(number % 2)"
            try AtomicFile.createFolder(name)
            // Noise does not compress.
            let pixels = (0..<height * width * 3).map {
                UInt8(truncatingIfNeeded: key.with(index: UInt32(number)).bits($0))
            }
            let image = PixelImage(height: height, width: width, channels: 3, pixels: pixels)
            try AtomicFile.write(JPEGCodec.encode(image), to: "\(name)/\(100 + number).jpg")
        }
        var importer = ImageImporter(
            train: ImageImporter.Source(folder: "\(folder.path)/train"))
        importer.shards = 2
        try importer.run(output: "\(folder.path)/set", name: "set")
        return try ShardSet(directory: "\(folder.path)/set")
    }

    @Test func `several threads read the right images from several chunks`() throws {
        let folder = try TestFolder()
        let set = try set(folder)
        #expect(set.index.splits[0].shards[0].byteCount > 70_000)
        for cacheByteCount in [0, 1 << 30] {
            let reader = try ShardReader(
                set: set, split: .train, cacheByteCount: cacheByteCount)
            // The size identifies an image and so its label.
            let heights = try (0..<24).map { try reader.picture($0).image.height }
            #expect(heights.sorted() == (0..<24).map { 40 + $0 * 3 })
            let failures = Counter()
            DispatchQueue.concurrentPerform(iterations: 16) { job in
                let plan = EpochPlan(seed: testSeed, epoch: job, count: 24)
                for position in 0..<24 {
                    let sample = plan[position]
                    let number = (heights[sample] - 40) / 3
                    guard let read = try? reader.picture(sample),
                        read.label == Int32(number % 2), read.image.height == heights[sample],
                        read.image.width == 90 - number
                    else { return failures.add() }
                }
            }
            #expect(failures.count == 0)
        }
    }

    /// The hash of the shard is correct, but one of its images is not.
    @Test func `a stored image that cannot be decoded is reported with its sample`() throws {
        let folder = try TestFolder()
        let set = try set(folder)
        let path = "\(folder.path)/set/train-00001.h5"
        let old = try HDF5File.open(path)
        let offsets: [Int64] = try old.dataSet("offsets").read()
        var bytes: [UInt8] = try old.dataSet("images").read()
        let labels: [Int32] = try old.dataSet("labels").read()
        bytes[Int(offsets[3])] = 0
        let file = try HDF5File.create(inMemoryNamed: "new")
        try file.createDataSet("images", of: .uint8, shape: [bytes.count]).write(bytes)
        try file.createDataSet("offsets", of: .int64, shape: [offsets.count]).write(offsets)
        try file.createDataSet("labels", of: .int32, shape: [labels.count]).write(labels)
        let image = try file.image()
        // Writes a new file because HDF5 identifies an open file by its inode.
        try AtomicFile.write(image, to: path)
        var splits = set.index.splits
        splits[0].shards[1].sha256 = ContentHash.of(image)
        splits[0].shards[1].byteCount = image.count
        let index = ShardIndex(
            name: "set", encoding: .encoded, shape: set.shape, classes: 2,
            classNames: ["c0", "c1"],
            mean: set.index.mean, deviation: set.index.deviation, splits: splits)
        try AtomicFile.write(try index.encoded(), to: "\(folder.path)/set/index.json")
        let changed = try ShardSet(directory: "\(folder.path)/set")
        let reader = try ShardReader(set: changed, split: .train)
        _ = try reader.picture(12 + 2)
        let error = #expect(throws: Failure.self) { _ = try reader.picture(12 + 3) }
        #expect(
            error?.description
                == "decode: \(path) images[3]: is neither JPEG nor PNG")
        let problems = ShardSetVerifier(changed).run()
        #expect(problems.map(\.exitStatus) == [.badData])
    }

    @Test func `the reader returns the images of a raw set unchanged`() throws {
        let folder = try TestFolder()
        let train = randomImages(41)
        try writeSet("\(folder.path)/set", train: train)
        let reader = try ShardReader(
            set: ShardSet(directory: "\(folder.path)/set"), split: .train)
        for sample in [0, 12, 13, 14, 40, 0] {
            let (image, label) = try reader.picture(sample)
            #expect(label == train.labels[sample])
            #expect(image.height == 5 && image.width == 7 && image.channels == 2)
            #expect(image.pixels == train[sample..<sample + 1].pixels)
        }
    }
}
