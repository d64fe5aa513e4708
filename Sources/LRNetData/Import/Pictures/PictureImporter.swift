import LRNetKernels
import LRNetSupport

/// Turns trees or lists of JPEG and PNG files into a shard set, encoded or raw.
///
/// The same files and options give the same bytes with any number of workers. An interrupted import
/// leaves `OUTPUT.partial`; the same call goes on from the shards that are finished there.
public struct PictureImporter: Sendable {
    /// Where the pictures of a split are.
    public struct Source: Sendable {
        /// A folder with a folder a class; with a list, the folder that its paths start from.
        public var folder: String

        /// A file with a path and a label a line; `nil` for a tree.
        public var list: String?

        /// Names a tree, or a list and its folder.
        public init(folder: String, list: String? = nil) {
            self.folder = folder
            self.list = list
        }
    }

    /// The training pictures.
    public var train: Source

    /// The test pictures, if there are any.
    public var test: Source?

    /// The number of training pictures that are held out, each class in proportion.
    public var validation = 0

    /// What is stored.
    public var storage = PictureStorage.encoded(shorterSide: 256)

    /// The number of shards of the train split; by default one for 4,096 pictures.
    public var shards: Int?

    /// The number of threads that convert pictures.
    public var workers = 1

    /// The number of unreadable pictures that are left out without an error.
    public var maxUnreadable = 0

    /// The most pixels that a picture may have.
    public var maxPixels = PictureDecoder.defaultPixelLimit

    /// Whether links may lead out of the trees.
    public var followsLinks = false

    /// What came of an import.
    public struct Report: Sendable {
        /// The index of the set.
        public let index: ShardIndex

        /// The pictures that were left out, `path: problem`, in order.
        public let unreadable: [String]

        /// The number of pictures whose stored size is another than the file's.
        public let resizedCount: Int

        /// The number of shards that an earlier, interrupted import had finished.
        public let keptShardCount: Int
    }

    /// The file in the set's folder that lists the pictures that were left out, if there are any.
    public static let reportName = "unreadable.txt"

    /// Beyond the tolerated number this many further unreadable pictures are looked for, so that one
    /// report names them, before the import gives up.
    static let furtherUnreadable = 100

    /// Names the training pictures.
    public init(train: Source) {
        self.train = train
    }

    /// Reads the pictures and writes the set.
    ///
    /// - Parameters:
    ///   - output: The folder of the set; it appears when all is written.
    ///   - name: What the set calls itself.
    ///   - progress: Called from any thread with (pictures done, pictures in all).
    /// - Throws: ``DataFailure`` (65) for a source that is not as it should be or for more
    ///   unreadable pictures than tolerated, (64) if nothing is left to train on, (66) for missing
    ///   sources, (74) for an occupied folder; ``SupportFailure`` (74) for failed writes. Finished
    ///   shards stay in `OUTPUT.partial`, beside the report of unreadable pictures.
    @discardableResult
    public func run(
        output: String, name: String,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Report {
        let trainList = try list(train, known: nil)
        let testList = try test.map { try list($0, known: trainList) }
        guard validation >= 0, validation < trainList.files.count else {
            throw DataFailure(
                call: "import", subject: train.list ?? train.folder,
                message: "\(trainList.files.count) pictures, which leaves none to train on with "
                    + "--validation \(validation); hold out fewer",
                exitStatus: .usage)
        }
        let splits = PictureSplits(
            labels: trainList.files.map(\.label), classes: trainList.classes,
            validation: validation)
        var work: [(split: DataSplit, list: PictureList, order: [Int])] = [
            (.train, trainList, splits.train)
        ]
        if validation > 0 { work.append((.validation, trainList, splits.validation)) }
        if let testList { work.append((.test, testList, Array(testList.files.indices))) }
        let total = work.reduce(0) { $0 + $1.order.count }

        let folder = try PartialSetFolder(for: output, keeping: .kept)
        let pool = ThreadPool(threadCount: workers)
        let counter = DoneCounter(total: total, progress)
        var entries: [ShardIndex.Split] = []
        var statistics = PixelStatistics(channels: 3)
        var unreadable: [FinishedShard.Unreadable] = []
        var (resizedCount, keptCount) = (0, 0)
        for (split, list, order) in work {
            let writer = PictureSplitWriter(
                split: split, files: order.map { list.files[$0] }, root: list.root,
                shardCount: shardCount(split, order.count),
                conversion: PictureConversion(
                    storage: storage, decoder: PictureDecoder(pixelLimit: maxPixels)))
            let earlier = unreadable
            let outcome = try writer.write(
                to: folder.path, pool: pool, progress: { counter.add($0) },
                shardDone: { outcome in
                    try check(
                        earlier + outcome.unreadable, folder,
                        tolerated: maxUnreadable
                            + Self.furtherUnreadable)
                })
            unreadable += outcome.unreadable
            resizedCount += outcome.resizedCount
            keptCount += outcome.keptCount
            if split == .train { statistics = outcome.statistics }
            entries.append(
                ShardIndex.Split(
                    name: split, count: outcome.sampleCount,
                    samplesSHA256: outcome.samplesHash.hex, shards: outcome.entries))
        }
        try check(unreadable, folder, tolerated: maxUnreadable)
        guard entries.allSatisfy({ $0.count > 0 }) else {
            throw DataFailure(
                call: "import", subject: output, message: "a split has no readable picture")
        }
        let index = ShardIndex(
            name: name, encoding: storage.encoding, shape: storage.shape,
            classes: trainList.classes, classNames: trainList.classNames, mean: statistics.mean,
            deviation: statistics.deviation, splits: entries)
        try Self.write(unreadable, to: folder)
        try folder.finish(index, others: unreadable.isEmpty ? [] : [Self.reportName])
        return Report(
            index: index, unreadable: unreadable.map { "\($0.path): \($0.problem)" },
            resizedCount: resizedCount, keptShardCount: keptCount)
    }

    private func list(_ source: Source, known: PictureList?) throws -> PictureList {
        guard let list = source.list else {
            return try .tree(
                source.folder, known: known?.classNames, followsLinks: followsLinks)
        }
        return try .list(
            list, root: source.folder, known: known.map { ($0.classes, $0.classNames) },
            followsLinks: followsLinks)
    }

    private func shardCount(_ split: DataSplit, _ count: Int) -> Int {
        let size = PictureSplitWriter.defaultShardSampleCount
        let asked = split == .train ? shards : nil
        return max(1, min(asked ?? (count + size - 1) / size, count))
    }

    private func check(
        _ unreadable: [FinishedShard.Unreadable], _ folder: PartialSetFolder, tolerated: Int
    ) throws {
        guard unreadable.count > tolerated, let first = unreadable.first else { return }
        try Self.write(unreadable, to: folder)
        throw DataFailure(
            call: "import", subject: first.path,
            message: "\(first.problem) (\(unreadable.count) unreadable so far, listed in "
                + "\(folder.path)/\(Self.reportName)); replace them, or leave them out with "
                + "--max-unreadable \(unreadable.count)")
    }

    private static func write(
        _ unreadable: [FinishedShard.Unreadable], to folder: PartialSetFolder
    ) throws {
        if unreadable.isEmpty { return }
        try AtomicFile.write(
            unreadable.map { "\($0.path): \($0.problem)\n" }.joined(),
            to: "\(folder.path)/\(reportName)")
    }
}
