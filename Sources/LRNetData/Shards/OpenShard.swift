import LRNetHDF5
import LRNetKernels
import LRNetSupport

/// A shard that is open for reading and whose hash has been verified. Labels and offsets stay in
/// memory; images are read in chunks.
final class OpenShard: Sendable {
    /// Consecutive bytes of the image data.
    final class Chunk: Sendable {
        let bytes: [UInt8]

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        /// The size in memory.
        var byteCount: Int { bytes.count }
    }

    /// The labels, `[count]`.
    let labels: [Int32]

    /// The number of bytes in a chunk. The last chunk may have fewer. In a raw shard, a chunk
    /// contains whole samples.
    let chunkByteCount: Int

    private let path: String
    private let shape: ImageShape
    private let images: HDF5DataSet
    private let offsets: [Int64]?

    /// Verifies the file's SHA-256, then opens the file and compares its shapes with the index.
    ///
    /// - Parameter verifying: Calls its argument, which verifies the hash of the file at a path, or
    ///   does nothing if another reader has verified it.
    /// - Throws: ``Failure`` (65) if anything differs, or an error of reading.
    convenience init(
        _ shard: ShardIndex.Shard, of set: ShardSet,
        verifying: (_ path: String, _ verify: () throws -> Void) throws -> Void = { try $1() }
    ) throws {
        try self.init(
            shard, directory: set.directory, encoding: set.index.encoding, shape: set.shape,
            classes: set.classes, verifying: verifying)
    }

    /// Opens a shard of a set that is not finished yet.
    ///
    /// - Throws: Same as ``init(_:of:)``.
    init(
        _ shard: ShardIndex.Shard, directory: String, encoding: ImageEncoding,
        shape: ImageShape, classes: Int,
        verifying: (_ path: String, _ verify: () throws -> Void) throws -> Void = { try $1() }
    ) throws {
        let path = "\(directory)/\(shard.file)"
        self.path = path
        self.shape = shape
        try verifying(path) { try Self.verify(path, shard) }
        let file = try HDF5File.open(path)
        images = try file.dataSet(ShardFile.imagesPath)
        let labels = try file.dataSet(ShardFile.labelsPath)
        try Self.check(labels, .int32, [shard.count], path)
        self.labels = try labels.read()
        if let wrong = self.labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw Failure(
                call: "read", subject: "\(path) labels[\(wrong)]",
                message: "label \(self.labels[wrong]) is outside 0...\(classes - 1)",
                exitStatus: .badData)
        }
        switch encoding {
        case .raw:
            try Self.check(
                images, .uint8, [shard.count, shape.height, shape.width, shape.channels], path)
            offsets = nil
            chunkByteCount = images.chunk[0] * shape.count
        case .encoded:
            let offsets = try file.dataSet(ShardFile.offsetsPath)
            try Self.check(offsets, .int64, [shard.count + 1], path)
            let values: [Int64] = try offsets.read()
            try Self.check(images, .uint8, [Int(values[shard.count])], path)
            let areSorted = zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }
            guard values[0] == 0, areSorted else {
                throw Failure(
                    call: "open", subject: "\(path) offsets", message: "do not increase from 0",
                    exitStatus: .badData)
            }
            self.offsets = values
            chunkByteCount = images.chunk[0]
        }
    }

    /// Verifies the file's SHA-256.
    private static func verify(_ path: String, _ shard: ShardIndex.Shard) throws {
        let sha256 = try ContentHash.of(fileAt: path)
        guard sha256 == shard.sha256 else {
            throw Failure(
                call: "SHA-256", subject: path,
                message: "damaged: \(sha256.prefix(12))... instead of \(shard.sha256.prefix(12))"
                    + "...; create the data set again in a new folder", exitStatus: .badData)
        }
    }

    var count: Int { labels.count }

    /// Returns the byte range of a sample's image in the image data.
    func byteRange(_ sample: Int) -> Range<Int> {
        guard let offsets else {
            return sample * shape.count..<(sample + 1) * shape.count
        }
        return Int(offsets[sample])..<Int(offsets[sample + 1])
    }

    /// Reads a chunk.
    ///
    /// - Throws: ``Failure``: 65 for damage, 74 if the file cannot be read.
    func chunk(_ number: Int) throws -> Chunk {
        let first = number * chunkByteCount
        let end = byteRange(count - 1).upperBound
        return Chunk(bytes: try bytes(first..<min(first + chunkByteCount, end)))
    }

    /// Reads consecutive samples.
    ///
    /// - Throws: Same as ``chunk(_:)``.
    func samples(_ range: Range<Int>) throws -> ShardSamples {
        let labels = Array(labels[range])
        if range.isEmpty { return ShardSamples(shape: shape, pixels: [], labels: []) }
        let first = byteRange(range.lowerBound).lowerBound
        let content = try bytes(first..<byteRange(range.upperBound - 1).upperBound)
        guard let offsets else {
            return ShardSamples(shape: shape, pixels: content, labels: labels)
        }
        return ShardSamples(
            shape: shape, files: content,
            offsets: offsets[range.lowerBound...range.upperBound].map { Int($0) - first },
            labels: labels)
    }

    /// Decodes an image of this shard.
    ///
    /// - Throws: ``Failure`` (65) that names the sample, if its bytes are not a valid image.
    func picture(_ bytes: ArraySlice<UInt8>, sample: Int) throws -> PixelImage {
        if offsets == nil {
            return PixelImage(
                height: shape.height, width: shape.width, channels: shape.channels,
                pixels: Array(bytes))
        }
        do {
            return try ImageDecoder().decode(bytes).image
        } catch let problem as ImageProblem {
            throw Failure(
                call: "decode", subject: "\(path) images[\(sample)]", message: problem.message,
                exitStatus: .badData)
        }
    }

    /// Reads bytes of the image data. In a raw shard, the range must cover whole samples.
    private func bytes(_ range: Range<Int>) throws -> [UInt8] {
        if offsets != nil { return try images.read(rows: range) }
        let size = shape.count
        return try images.read(rows: range.lowerBound / size..<range.upperBound / size)
    }

    private static func check(
        _ data: HDF5DataSet, _ type: HDF5ElementType, _ shape: [Int], _ path: String
    ) throws {
        guard data.shape == shape, data.elementType == type else {
            throw Failure(
                call: "open", subject: "\(path) \(data.path)",
                message: "\(data.elementType) \(data.shape), but the index says \(type) \(shape)",
                exitStatus: .badData)
        }
    }
}
