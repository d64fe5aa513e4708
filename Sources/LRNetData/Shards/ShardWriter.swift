import Foundation
package import LRNetKernels
import LRNetSupport

/// Writes a shard set, which appears under its final name only when it is complete.
///
/// Files go to a sibling folder `DIR.partial-<pid>`. ``finish()`` writes the index, syncs and
/// renames the folder. If the writer is deallocated before that, it removes the folder.
package final class ShardWriter {
    private let name: String
    private let shape: ImageShape
    private let classes: Int
    private let classNames: [String]?
    private let folder: PartialSetFolder
    private var splits: [ShardIndex.Split] = []
    private var statistics: PixelStatistics

    /// The maximum size of a shard's pixels when the caller does not choose the number of shards.
    static let defaultShardByteCount = 256 << 20

    /// Starts a set in a folder that does not exist yet or is empty.
    ///
    /// - Parameters:
    ///   - directory: The folder of the set; missing parent folders are created.
    ///   - name: The name stored in the set: `mnist`.
    ///   - shape: The shape of every image.
    ///   - classes: The number of classes.
    ///   - classNames: The class names, by label.
    /// - Precondition: There are no names, or one name per class.
    /// - Throws: ``Failure`` (74) if the folder is not empty, or an error of the file system.
    package init(
        directory: String, name: String, shape: ImageShape, classes: Int,
        classNames: [String]? = nil
    ) throws {
        precondition(
            classNames.map { $0.count == classes } ?? true,
            "\(classNames?.count ?? 0) names for \(classes) classes")
        self.name = name
        self.shape = shape
        self.classes = classes
        self.classNames = classNames
        statistics = PixelStatistics(channels: shape.channels)
        folder = try PartialSetFolder(for: directory, keeping: .removed)
    }

    /// Writes the samples of one split.
    ///
    /// Shard `s` of `S` contains the samples `count * s / S ..< count * (s + 1) / S`.
    ///
    /// - Parameters:
    ///   - split: The split. Each split is written once.
    ///   - count: The number of samples.
    ///   - shards: The number of shards; by default the smallest number that keeps each shard
    ///     within 256 MiB of pixels. A shard is built in memory and needs about three times its
    ///     size.
    ///   - samples: Called once per shard, in order, for a range of samples.
    ///   - progress: Called with the number of samples written since the last call.
    /// - Throws: `Failure` (65) for a label outside `0 ..< classes`, `Failure` (74) if a file
    ///   cannot be written, or an error of `samples`.
    package func write(
        _ split: DataSplit, count: Int, shards: Int? = nil,
        samples: (Range<Int>) throws -> LabeledImages, progress: (Int) -> Void = { _ in }
    ) throws {
        precondition(!splits.contains { $0.name == split }, "\(split) is written twice")
        let perShard = max(1, Self.defaultShardByteCount / shape.count)
        let shardCount = max(1, min(shards ?? (count + perShard - 1) / perShard, max(count, 1)))
        var hash = ContentHash()
        var entries: [ShardIndex.Shard] = []
        for number in 0..<shardCount {
            let range = count * number / shardCount..<count * (number + 1) / shardCount
            let part = try samples(range)
            precondition(
                part.count == range.count && part.shape == shape,
                "\(part.count) images of \(part.shape) for samples \(range) of \(shape)")
            try check(part.labels, split: split, from: range.lowerBound)
            let stored = ShardSamples(part)
            stored.update(&hash)
            if split == .train { statistics.add(part.pixels) }
            entries.append(
                try ShardFile.write(
                    stored, to: folder.path,
                    as: ShardFile.name(split: split, number: number)))
            progress(part.count)
        }
        splits.append(
            ShardIndex.Split(
                name: split, count: count, samplesSHA256: hash.hex, shards: entries))
    }

    /// Writes the index and renames the folder to its final name.
    ///
    /// - Precondition: The method is called once.
    /// - Throws: `Failure` (74).
    @discardableResult
    package func finish() throws -> ShardIndex {
        let index = ShardIndex(
            name: name, shape: shape, classes: classes, classNames: classNames,
            mean: statistics.mean, deviation: statistics.deviation, splits: splits)
        try folder.finish(index)
        return index
    }

    private func check(_ labels: [Int32], split: DataSplit, from first: Int) throws {
        if let wrong = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw Failure(
                call: "import", subject: "\(split) sample \(first + wrong)",
                message: "label \(labels[wrong]) is outside 0...\(classes - 1)",
                exitStatus: .badData)
        }
    }
}
