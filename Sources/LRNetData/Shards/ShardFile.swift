import LRNetHDF5
import LRNetKernels
import LRNetSupport

/// The HDF5 layout of one shard.
///
///     raw      images  uint8 [N, H, W, C]    labels int32 [N]
///     encoded  images  uint8 [bytes]         labels int32 [N]   offsets int64 [N + 1]
///
/// Image `i` of an encoded shard is the JPEG file `images[offsets[i] ..< offsets[i + 1]]`. Chunks
/// of raw images contain whole consecutive samples, at most 1 MiB (or one sample, if that is
/// larger). Chunks of files are 64 KiB, because a read in random order fetches whole chunks. Each
/// chunk has a Fletcher-32 checksum.
enum ShardFile {
    static let imagesPath = "images"
    static let labelsPath = "labels"
    static let offsetsPath = "offsets"

    /// The maximum size of a chunk in an encoded shard.
    static let fileChunkByteCount = 64 << 10

    /// Returns the number of samples in a chunk: the smallest number of chunks of at most 1 MiB,
    /// evenly filled. The last chunk uses as much space in the file as the others.
    static func chunkSampleCount(shape: ImageShape, count: Int) -> Int {
        let most = max(1, HDF5DataSet.chunkByteCount / shape.count)
        let chunkCount = max(1, (count + most - 1) / most)
        return max(1, (count + chunkCount - 1) / chunkCount)
    }

    /// Returns the bytes of a shard with `samples`. They are built in memory, so that on a full
    /// disk this program's own write fails, and not HDF5's.
    static func image(of samples: ShardSamples, name: String) throws -> [UInt8] {
        let file = try HDF5File.create(inMemoryNamed: name)
        let shape = samples.shape
        let extents: [Int]
        var chunk: [Int]
        switch samples.encoding {
        case .raw:
            extents = [samples.count, shape.height, shape.width, shape.channels]
            chunk = extents
            chunk[0] = chunkSampleCount(shape: shape, count: samples.count)
        case .encoded:
            extents = [samples.bytes.count]
            let chunkCount = max(1, (extents[0] + fileChunkByteCount - 1) / fileChunkByteCount)
            chunk = [max(1, (extents[0] + chunkCount - 1) / chunkCount)]
        }
        let images = try file.createDataSet(
            imagesPath, of: .uint8, shape: extents, chunk: chunk)
        try images.write(samples.bytes)
        let labels = try file.createDataSet(labelsPath, of: .int32, shape: [samples.count])
        try labels.write(samples.labels)
        if samples.encoding == .encoded {
            let offsets = try file.createDataSet(
                offsetsPath, of: .int64, shape: [samples.offsets.count])
            try offsets.write(samples.offsets.map { Int64($0) })
        }
        return try file.image()
    }

    /// Writes a shard to a folder.
    ///
    /// - Returns: The shard's entry in the index.
    /// - Throws: ``Failure`` (74) if the file cannot be written.
    static func write(
        _ samples: ShardSamples, to folder: String, as name: String
    ) throws -> ShardIndex.Shard {
        let bytes = try image(of: samples, name: name)
        try AtomicFile.write(bytes, to: "\(folder)/\(name)")
        return ShardIndex.Shard(
            file: name, count: samples.count, byteCount: bytes.count,
            sha256: ContentHash.of(bytes))
    }

    /// Returns the name of a shard: `train-00000.h5`.
    static func name(split: DataSplit, number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
        return "\(split)-\(zeros)\(digits).h5"
    }
}
