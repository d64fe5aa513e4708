import LRNetKernels
import LRNetSupport

/// A shard that an import of pictures is to write: its place in the set, and its pictures.
struct ImageShard: Codable {
    /// The split.
    let split: DataSplit

    /// Its number within the split.
    let number: Int

    /// The folder that the pictures' paths start from.
    let root: String

    /// The pictures, in order.
    let files: [ImageFile]

    /// The name of its file.
    var name: String { ShardFile.name(split: split, number: number) }

    /// What an earlier import left of this very shard, if it is there and intact.
    func finished(_ conversion: ImageConversion, in folder: String) -> FinishedShard? {
        FinishedShard.find(key: key(conversion), shard: name, in: folder)
    }

    /// Converts the pictures on all threads and writes the shard, then its note.
    ///
    /// - Parameters:
    ///   - folder: The folder of the growing set.
    ///   - progress: Called from any thread with the number of pictures done since the last call.
    /// - Returns: The note, and what the shard holds.
    /// - Throws: ``Failure`` (74) if it cannot be written.
    func write(
        _ conversion: ImageConversion, to folder: String, pool: ThreadPool,
        progress: @Sendable (Int) -> Void
    ) throws -> (FinishedShard, ShardSamples) {
        let results = try ParallelWork.map(files.count, on: pool) { position in
            let result = Result {
                try conversion.convert(fileAt: "\(root)/\(files[position].path)")
            }
            progress(1)
            return result
        }
        var bytes: [UInt8] = []
        var offsets = [0]
        var labels: [Int32] = []
        var statistics = PixelStatistics(channels: conversion.storage.channels)
        var unreadable: [FinishedShard.Unreadable] = []
        var resizedCount = 0
        for (file, result) in zip(files, results) {
            do {
                let picture = try result.get()
                bytes += picture.bytes
                offsets.append(bytes.count)
                labels.append(file.label)
                statistics.add(picture.statistics)
                resizedCount += picture.isResized ? 1 : 0
            } catch let problem as ImageProblem {
                unreadable.append(
                    FinishedShard.Unreadable(
                        path: "\(root)/\(file.path)", problem: problem.message))
            }
        }
        let shape = conversion.storage.shape
        let samples =
            switch conversion.storage {
            case .raw: ShardSamples(shape: shape, pixels: bytes, labels: labels)
            case .encoded:
                ShardSamples(shape: shape, files: bytes, offsets: offsets, labels: labels)
            }
        let finished = FinishedShard(
            key: key(conversion), shard: try ShardFile.write(samples, to: folder, as: name),
            statistics: statistics, unreadable: unreadable, resizedCount: resizedCount)
        try finished.write(to: folder)
        return (finished, samples)
    }

    /// What a shard follows from: the rule of converting, and the files by name, class, size and
    /// time.
    private func key(_ conversion: ImageConversion) -> String {
        var hash = ContentHash()
        hash.update("lrnet pictures 1 \(conversion.storage) \(conversion.decoder.pixelLimit)\n")
        for file in files { hash.update("\(file.path)\u{0}\(file.label) \(file.state)\n") }
        return hash.hex
    }
}
