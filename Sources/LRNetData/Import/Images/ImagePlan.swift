import LRNetSupport

/// What an import of pictures is to write: the classes, and every shard with its pictures.
///
/// Which pictures a shard holds follows from the sources' names alone, not from whether a picture can
/// be read, so that shards may be written in any order and by any process.
struct ImagePlan: Codable {
    /// The number of classes.
    let classes: Int

    /// Their names, by label.
    let classNames: [String]?

    /// What the sources hold besides pictures: `pics/.DS_Store: hidden`.
    let leftOut: [String]

    /// The shards of all splits, in the index's order.
    let shards: [ImageShard]

    /// The pictures of a shard when no number of shards is asked for: about 150 MB of files, and a
    /// shard is made in memory.
    static let defaultShardSampleCount = 4096

    /// Deals the pictures out.
    ///
    /// - Parameters:
    ///   - validation: The number of training pictures that are held out.
    ///   - shardCount: The number of shards of the train split; shard `s` of `S` gets the pictures
    ///     `N s / S ..< N (s + 1) / S` of a split of `N`.
    /// - Precondition: `validation` is in `0 ..< train.files.count`.
    init(train: ImageList, test: ImageList?, validation: Int, shardCount: Int?) {
        classes = train.classes
        classNames = train.classNames
        leftOut = train.leftOut + (test?.leftOut ?? [])
        let order = ImageSplits(
            labels: train.files.map(\.label), classes: train.classes, validation: validation)
        var shards = Self.shards(
            .train, order.train.map { train.files[$0] }, train.root, count: shardCount)
        if validation > 0 {
            shards += Self.shards(
                .validation, order.validation.map { train.files[$0] }, train.root)
        }
        if let test { shards += Self.shards(.test, test.files, test.root) }
        self.shards = shards
    }

    private static func shards(
        _ split: DataSplit, _ files: [ImageFile], _ root: String, count: Int? = nil
    ) -> [ImageShard] {
        let size = defaultShardSampleCount
        let count = max(1, min(count ?? (files.count + size - 1) / size, files.count))
        return (0..<count).map { number in
            let range = files.count * number / count..<files.count * (number + 1) / count
            return ImageShard(
                split: split, number: number, root: root, files: Array(files[range]))
        }
    }

    /// What messages call a class.
    func className(_ label: Int) -> String { classNames.map { "\($0[label])" } ?? "\(label)" }

    /// The splits, in order.
    var splits: [DataSplit] {
        DataSplit.allCases.filter { split in shards.contains { $0.split == split } }
    }

    /// The number of pictures of all splits.
    var pictureCount: Int { shards.reduce(0) { $0 + $1.files.count } }

    /// Checks that this process sees the sources that the plan was made from.
    ///
    /// A process that does not would find every picture unreadable, and might leave out as many as are
    /// tolerated. One picture of each source tells.
    ///
    /// - Throws: ``Failure`` (66) that names a picture.
    func checkSources() throws {
        for split in splits {
            guard let shard = shards.first(where: { $0.split == split }),
                let file = shard.files.first
            else { continue }
            let path = "\(shard.root)/\(file.path)"
            guard let state = try? ImageFile.state(of: path), state == file.state else {
                throw Failure(
                    call: "import", subject: path,
                    message: "is missing or another file here; name folders that all hosts share",
                    exitStatus: .inputMissing)
            }
        }
    }
}
