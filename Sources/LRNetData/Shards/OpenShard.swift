import LRNetKernels
import LRNetSupport

/// One shard, opened for reading after its hash has been found right.
final class OpenShard: Sendable {
    /// The samples of one chunk.
    final class Chunk: Sendable {
        let pixels: [UInt8]
        let labels: [Int32]

        init(pixels: [UInt8], labels: [Int32]) {
            self.pixels = pixels
            self.labels = labels
        }

        /// What it takes in memory.
        var byteCount: Int { pixels.count + 4 * labels.count }
    }

    /// The number of samples.
    let count: Int

    /// The number of samples of a chunk; the last one may have fewer.
    let chunkSampleCount: Int

    private let path: String
    private let classes: Int
    private let images: HDF5DataSet
    private let labels: HDF5DataSet

    /// Checks the file's SHA-256, then opens it and compares its shapes with the index.
    ///
    /// - Throws: ``DataFailure`` (65) if anything differs; errors of reading.
    init(_ shard: ShardIndex.Shard, of set: ShardSet) throws {
        path = set.path(of: shard)
        classes = set.classes
        count = shard.count
        let sha256 = try ContentHash.of(fileAt: path)
        guard sha256 == shard.sha256 else {
            throw DataFailure(
                call: "SHA-256", subject: path,
                message: "damaged: \(sha256.prefix(12))... instead of \(shard.sha256.prefix(12))"
                    + "...; import the data again")
        }
        let file = try HDF5File.open(path)
        images = try file.dataSet(ShardFile.imagesPath)
        labels = try file.dataSet(ShardFile.labelsPath)
        let shape = set.shape
        let expected = [count, shape.height, shape.width, shape.channels]
        guard images.shape == expected, images.elementType == .uint8 else {
            throw DataFailure(
                call: "open", subject: "\(path) images",
                message: "\(images.elementType) \(images.shape), but the index says uint8 "
                    + "\(expected)")
        }
        guard labels.shape == [count], labels.elementType == .int32 else {
            throw DataFailure(
                call: "open", subject: "\(path) labels",
                message: "\(labels.elementType) \(labels.shape), but the index says int32 "
                    + "[\(count)]")
        }
        chunkSampleCount = images.chunk[0]
    }

    /// The number of chunks.
    var chunkCount: Int { (count + chunkSampleCount - 1) / chunkSampleCount }

    /// Reads a chunk.
    ///
    /// - Throws: ``DataFailure``: 65 for damage or a label that is no class, 74 if the file
    ///   cannot be read.
    func chunk(_ number: Int) throws -> Chunk {
        let first = number * chunkSampleCount
        let rows = first..<min(first + chunkSampleCount, count)
        let chunk = Chunk(
            pixels: try images.read(rows: rows), labels: try labels.read(rows: rows))
        if let wrong = chunk.labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw DataFailure(
                call: "read", subject: "\(path) labels[\(first + wrong)]",
                message: "label \(chunk.labels[wrong]) is outside 0...\(classes - 1)")
        }
        return chunk
    }
}
