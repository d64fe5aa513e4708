import LRNetKernels
import LRNetSupport

/// Converts trees or lists of JPEG and PNG files to a shard set, encoded or raw.
///
/// The same files and options produce the same bytes with any number of workers and processes. An
/// interrupted import leaves `OUTPUT.partial`. The same call, with the same or a different number
/// of processes, resumes from the shards that are finished there.
package struct ImageImporter: Sendable {
    /// The location of the images of a split.
    package struct Source: Sendable {
        /// A folder with one folder per class. With a list, the folder that its paths are relative
        /// to.
        package var folder: String

        /// A file with a path and a label per line; `nil` for a tree.
        package var list: String?

        package init(folder: String, list: String? = nil) {
            self.folder = folder
            self.list = list
        }
    }

    /// The training images.
    package var train: Source

    /// The test images, if there are any.
    package var test: Source?

    /// The number of training images to hold out, from each class in proportion.
    package var validation = 0

    /// The storage format.
    package var storage = ImageStorage.encoded(shorterSide: 256)

    /// The number of shards in the train split; by default one per 4,096 images.
    package var shards: Int?

    /// The number of threads that convert images.
    package var workers = 1

    /// The number of unreadable images that are left out without an error.
    package var maxUnreadable = 0

    /// The maximum number of pixels in an image.
    package var maxPixels = ImageDecoder.defaultPixelLimit

    /// True if links may lead out of the trees.
    package var followsLinks = false

    /// The result of an import.
    package struct Report: Sendable, Codable {
        package let index: ShardIndex

        /// The images that were left out, `path: problem`, in order.
        package let unreadable: [String]

        /// The other entries of the trees that were left out, `path: reason`, in order.
        package let leftOut: [String]

        /// The number of images whose stored size differs from the file's.
        package let resizedCount: Int

        /// The number of shards that were kept from an earlier, interrupted import.
        package let keptShardCount: Int
    }

    /// The file in the set's folder that lists the images that were left out, if there are any.
    package static let reportName = "unreadable.txt"

    /// The file that lists the other entries of the trees that were left out, if there are any.
    package static let leftOutName = "left-out.txt"

    /// The number of unreadable images beyond the tolerated number that an import accepts before it
    /// gives up. One report then names them all.
    static let furtherUnreadable = 100

    package init(train: Source) {
        self.train = train
    }

    /// Reads the images and writes the set. In a team, every member calls this method.
    ///
    /// Member 0 lists the images. Shards of an earlier import are kept. The members write the other
    /// shards in rounds, one shard each, and after each round all members know all finished shards.
    /// Member 0 writes the index at the end.
    ///
    /// - Parameters:
    ///   - output: The folder of the set. It appears when everything is written.
    ///   - name: The name stored in the set.
    ///   - team: The processes that share the work.
    ///   - progress: Called from any thread with (images done, total images). Images of other
    ///     members are added after each round.
    /// - Throws: `Failure`: 65 for an invalid source or for more unreadable images than
    ///   tolerated, 64 if no training image is left, 66 for missing sources, 74 for a folder that
    ///   is not empty and for failed writes. Also throws errors of the team for a member that
    ///   failed. Finished shards stay in `OUTPUT.partial`, together with the report of unreadable
    ///   images.
    @discardableResult
    package func run(
        output: String, name: String, team: any ImportTeam = TeamOfOne(),
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Report {
        let plan = try team.first { try makePlan() }
        let folder = try SharedImportFolder(for: output, team: team)
        let conversion = ImageConversion(
            storage: storage, decoder: ImageDecoder(pixelLimit: maxPixels))
        let pool = try ThreadPool(
            threadCount: workers, remedy: "lower --workers (\(workers))")
        let counter = DoneCounter(total: plan.imageCount, progress)
        var finished = FinishedShards()
        for notes in try team.all({
            try plan.checkSources()
            return stride(from: team.member, to: plan.shards.count, by: team.size).compactMap {
                plan.shards[$0].finished(conversion, in: folder.path)
            }
        }) { finished.add(notes) }
        let keptShardCount = finished.count
        counter.add(
            plan.shards.reduce(0) { $0 + (finished[$1] == nil ? 0 : $1.files.count) })

        var hashes = SampleHashes(storage: storage)
        let missing = plan.shards.indices.filter { finished[plan.shards[$0]] == nil }
        for start in stride(from: 0, to: missing.count, by: team.size) {
            let round = missing[start..<min(start + team.size, missing.count)]
            let notes = try team.all { () -> [FinishedShard] in
                guard team.member < round.count else { return [] }
                let position = round[start + team.member]
                let shard = plan.shards[position]
                let (note, samples) = try shard.write(
                    conversion, to: folder.path, pool: pool, progress: { counter.add($0) })
                if team.member == 0 {
                    try hashes.follow(
                        plan.shards, until: position, notes: finished, in: folder.path)
                    hashes.add(samples, of: shard)
                }
                return [note]
            }
            finished.add(notes.joined())
            for (member, position) in round.enumerated() where member != team.member {
                counter.add(plan.shards[position].files.count)
            }
            _ = try team.first {
                try check(
                    finished.notes(of: plan.shards).flatMap(\.unreadable), folder.path,
                    tolerated: maxUnreadable + Self.furtherUnreadable)
                return true
            }
        }
        return try team.first {
            let notes = finished.notes(of: plan.shards)
            let unreadable = notes.flatMap(\.unreadable)
            try check(unreadable, folder.path, tolerated: maxUnreadable)
            try hashes.follow(
                plan.shards, until: plan.shards.count, notes: finished, in: folder.path)
            try Self.write(unreadable, to: folder.path)
            let index = try makeIndex(plan, finished, hashes, output: output, name: name)
            if !plan.leftOut.isEmpty {
                try AtomicFile.write(
                    plan.leftOut.map { "\($0)\n" }.joined(),
                    to: "\(folder.path)/\(Self.leftOutName)")
            }
            try folder.finish(
                index,
                others: Set(
                    (unreadable.isEmpty ? [] : [Self.reportName])
                        + (plan.leftOut.isEmpty ? [] : [Self.leftOutName])))
            return Report(
                index: index, unreadable: unreadable.map { "\($0.path): \($0.problem)" },
                leftOut: plan.leftOut,
                resizedCount: notes.reduce(0) { $0 + $1.resizedCount },
                keptShardCount: keptShardCount)
        }
    }

    private func makePlan() throws -> ImagePlan {
        let trainList = try list(train, known: nil)
        let testList = try test.map { try list($0, known: trainList) }
        let largest = {
            ImageSplits.largestCount(
                labels: trainList.files.map(\.label), classes: trainList.classes)
        }
        guard validation >= 0, validation < trainList.files.count else {
            throw Failure(
                call: "import", subject: train.list ?? train.folder,
                message: "has \(trainList.files.count) images, so --validation \(validation) "
                    + "leaves none to train on; use at most \(largest())",
                exitStatus: .usage)
        }
        try RepeatedImages.check(
            trainList, named: train.list ?? train.folder,
            test: testList.map { ($0, test?.list ?? test?.folder ?? "") },
            hasHoldout: validation > 0)
        let plan = ImagePlan(
            train: trainList, test: testList, validation: validation, shardCount: shards)
        let labels = plan.shards.filter { $0.split == .train }.lazy.flatMap(\.files).map(\.label)
        if let empty = ClassCounts(labels, classes: plan.classes).firstEmpty {
            throw FailureSite("import", train.list ?? train.folder).badData(
                "class \(plan.className(empty)) has no image left to train on with --validation "
                    + "\(validation); add images to it, or use at most \(largest())")
        }
        return plan
    }

    private func list(_ source: Source, known: ImageList?) throws -> ImageList {
        guard let list = source.list else {
            return try .tree(
                source.folder, known: known?.classNames, followsLinks: followsLinks)
        }
        return try .list(
            list, root: source.folder, known: known.map { ($0.classes, $0.classNames) },
            followsLinks: followsLinks)
    }

    private func makeIndex(
        _ plan: ImagePlan, _ finished: FinishedShards, _ hashes: SampleHashes, output: String,
        name: String
    ) throws -> ShardIndex {
        var statistics = PixelStatistics(channels: storage.channels)
        let splits = plan.splits.map { split in
            let notes = finished.notes(of: plan.shards.filter { $0.split == split })
            if split == .train { for note in notes { statistics.add(note.statistics) } }
            return ShardIndex.Split(
                name: split, count: notes.reduce(0) { $0 + $1.shard.count },
                samplesSHA256: hashes.hex(split), shards: notes.map(\.shard))
        }
        if let empty = splits.first(where: { $0.count == 0 }) {
            throw Failure(
                call: "import", subject: output,
                message: "no image of the \(empty.name) split can be read; replace them",
                exitStatus: .badData)
        }
        for (label, count) in try trainedCounts(plan, finished).values.enumerated()
        where count == 0 {
            throw FailureSite("import", output).badData(
                "no training image of class \(plan.className(label)) can be read; replace the "
                    + "files listed in \(output).partial/\(Self.reportName), or remove the class")
        }
        return ShardIndex(
            name: name, encoding: storage.encoding, shape: storage.shape, classes: plan.classes,
            classNames: plan.classNames, mean: statistics.mean, deviation: statistics.deviation,
            splits: splits)
    }

    /// Counts the readable training images of each class.
    private func trainedCounts(
        _ plan: ImagePlan, _ finished: FinishedShards
    ) throws -> ClassCounts {
        let shards = plan.shards.filter { $0.split == .train }
        let unreadable = Set(
            finished.notes(of: shards).flatMap(\.unreadable).map { ByteName($0.path) })
        let labels = shards.lazy.flatMap { shard in
            shard.files.lazy.filter {
                unreadable.isEmpty || !unreadable.contains(ByteName("\(shard.root)/\($0.path)"))
            }
        }.map(\.label)
        return ClassCounts(labels, classes: plan.classes)
    }

    private func check(
        _ unreadable: [FinishedShard.Unreadable], _ folder: String, tolerated: Int
    ) throws {
        guard unreadable.count > tolerated, let first = unreadable.first else { return }
        try Self.write(unreadable, to: folder)
        throw Failure(
            call: "import", subject: first.path,
            message: "\(first.problem) (\(unreadable.count) unreadable so far, listed in "
                + "\(folder)/\(Self.reportName)); replace them, or leave them out with "
                + "--max-unreadable \(unreadable.count)", exitStatus: .badData)
    }

    private static func write(
        _ unreadable: [FinishedShard.Unreadable], to folder: String
    ) throws {
        if unreadable.isEmpty { return }
        try AtomicFile.write(
            unreadable.map { "\($0.path): \($0.problem)\n" }.joined(),
            to: "\(folder)/\(reportName)")
    }
}
