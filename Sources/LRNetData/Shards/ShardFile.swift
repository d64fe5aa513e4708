import LRNetKernels
import LRNetSupport

/// The HDF5 layout of one shard: `images`, bytes `[N, H, W, C]`, and `labels`, int32 `[N]`.
///
/// Chunks are runs of whole consecutive samples of at most 1 MiB (or of one sample, if that is
/// larger), each with a Fletcher-32 checksum.
enum ShardFile {
    static let imagesPath = "images"
    static let labelsPath = "labels"

    /// The number of samples in a chunk: the fewest chunks of at most 1 MiB, evenly filled, since
    /// the last chunk takes as much room in the file as the others.
    static func chunkSampleCount(shape: ImageShape, count: Int) -> Int {
        let most = max(1, HDF5DataSet.chunkByteCount / shape.count)
        let chunkCount = max(1, (count + most - 1) / most)
        return max(1, (count + chunkCount - 1) / chunkCount)
    }

    /// The bytes of a shard that holds `samples`, made in memory, so that a full disk meets our
    /// own writing and not HDF5's.
    static func image(of samples: LabeledImages, name: String) throws -> [UInt8] {
        let file = try HDF5File.create(inMemoryNamed: name)
        let shape = samples.shape
        let extents = [samples.count, shape.height, shape.width, shape.channels]
        let chunk = chunkSampleCount(shape: shape, count: samples.count)
        let images = try file.createDataSet(
            imagesPath, of: .uint8, shape: extents, chunk: [chunk] + extents.dropFirst())
        try images.write(samples.pixels)
        let labels = try file.createDataSet(labelsPath, of: .int32, shape: [samples.count])
        try labels.write(samples.labels)
        return try file.image()
    }

    /// The name of a shard.
    static func name(split: DataSplit, number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
        return "\(split)-\(zeros)\(digits).h5"
    }
}
