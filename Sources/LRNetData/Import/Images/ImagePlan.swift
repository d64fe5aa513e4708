import LRNetSupport

/// The plan of an image import: the classes, and every shard with its images.
///
/// The images of a shard depend only on the sources' names, and not on whether an image can be
/// read. Shards may therefore be written in any order and by any process.
struct ImagePlan: Codable {
    let classes: Int

    /// The class names, by label.
    let classNames: [String]?

    /// The entries of the sources that are not images: `pics/.DS_Store: hidden`.
    let leftOut: [String]

    /// The shards of all splits, in the order of the index.
    let shards: [ImageShard]

    /// The number of images per shard when the caller does not choose the number of shards. This is
    /// about 150 MB of files; a shard is built in memory.
    static let defaultShardSampleCount = 4096

    /// Assigns the images to shards.
    ///
    /// - Parameters:
    ///   - validation: The number of training images to hold out.
    ///   - shardCount: The number of shards in the train split. Shard `s` of `S` gets the images
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

    /// Returns the name of a class in messages.
    func className(_ label: Int) -> String { classNames.map { "\($0[label])" } ?? "\(label)" }

    var splits: [DataSplit] {
        DataSplit.allCases.filter { split in shards.contains { $0.split == split } }
    }

    /// The number of images in all splits.
    var imageCount: Int { shards.reduce(0) { $0 + $1.files.count } }

    /// Checks that this process sees the sources from which the plan was made.
    ///
    /// A process without them would find every image unreadable, and could leave out as many as are
    /// tolerated. One image of each split is checked.
    ///
    /// - Throws: ``Failure`` (66) that names an image.
    func checkSources() throws {
        for split in splits {
            guard let shard = shards.first(where: { $0.split == split }),
                let file = shard.files.first
            else { continue }
            let path = "\(shard.root)/\(file.path)"
            guard let state = try? ImageFile.state(of: path), state == file.state else {
                throw Failure(
                    call: "import", subject: path,
                    message: "is missing or different on this host; use folders that all hosts "
                        + "share",
                    exitStatus: .inputMissing)
            }
        }
    }
}
