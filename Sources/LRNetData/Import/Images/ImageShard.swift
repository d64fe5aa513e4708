import LRNetKernels
import LRNetSupport

/// The plan of one shard: its place in the set, and its images.
struct ImageShard: Codable {
    let split: DataSplit

    /// The shard's number within the split.
    let number: Int

    /// The folder that the images' paths are relative to.
    let root: String

    /// The images, in order.
    let files: [ImageFile]

    /// The name of the shard's file.
    var name: String { ShardFile.name(split: split, number: number) }

    /// Returns the note of this shard from an earlier import, if the shard exists and is intact.
    func finished(_ conversion: ImageConversion, in folder: String) -> FinishedShard? {
        FinishedShard.find(key: key(conversion), shard: name, in: folder)
    }

    /// Converts the images on all threads and writes the shard, then its note.
    ///
    /// - Parameters:
    ///   - folder: The folder of the unfinished set.
    ///   - progress: Called from any thread with the number of images done since the last call.
    /// - Returns: The note and the shard's samples.
    /// - Throws: ``Failure`` (74) if a file cannot be written.
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
                let image = try result.get()
                bytes += image.bytes
                offsets.append(bytes.count)
                labels.append(file.label)
                statistics.add(image.statistics)
                resizedCount += image.isResized ? 1 : 0
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

    /// The key of everything that determines the shard: the conversion, and each file's path,
    /// class, size and modification time.
    private func key(_ conversion: ImageConversion) -> String {
        var hash = ContentHash()
        hash.update("lrnet pictures 1 \(conversion.storage) \(conversion.decoder.pixelLimit)\n")
        for file in files { hash.update("\(file.path)\u{0}\(file.label) \(file.state)\n") }
        return hash.hex
    }
}
