package import LRNetData
package import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// The images of a data set, preprocessed for the evaluation of a network and as bytes.
package final class ImageSource {
    /// A batch of images, `[count][height][width][channels]`.
    package struct Pictures {
        package let inputs: FloatView
        /// The pixels before standardization, rounded to multiples of 1/255.
        package let pixels: [[UInt8]]
        package let labels: [Int32]
    }

    private let inputs: BatchFiller
    private let pixels: BatchFiller
    private let shape: ImageShape

    package let count: Int

    /// Opens a split of a data set.
    ///
    /// - Throws: `Failure` (65) if the split is missing or its images do not fit the network.
    package init(_ set: ShardSet, split: DataSplit, for source: NetworkSource) throws {
        let site = FailureSite("data", set.directory)
        guard set.count(split) > 0 else { throw site.badData("has no \(split) split") }
        let description = source.deployed.description
        shape = description.preprocessing.shape
        let reader = try ShardReader(set: set, split: split, cacheByteCount: 256_000_000)
        count = reader.count
        let augmenter = try Augmenter(source.recipe, for: set)
        guard augmenter.outputShape == shape else {
            throw site.badData(
                "has images of \(set.shape), but the network needs \(shape); choose another data "
                    + "set")
        }
        guard set.classes == description.classes else {
            throw site.badData(
                "has \(set.classes) classes, but the network has \(description.classes)")
        }
        inputs = BatchFiller(reader: reader, augmenter: augmenter)
        var plain = source.recipe
        plain.augmentation.standardize = .none
        pixels = BatchFiller(reader: reader, augmenter: try Augmenter(plain, for: set))
    }

    /// Reads the samples at the positions of a range.
    package func read(_ samples: Range<Int>) throws -> Pictures {
        let request = BatchRequest(samples: Array(samples))
        let batch = Batch(capacity: samples.count, shape: shape)
        try pixels.fill(batch, with: request)
        let size = shape.count
        let bytes = samples.indices.map { index -> [UInt8] in
            let start = (index - samples.lowerBound) * size
            return batch.filledImages[start..<start + size].values.map {
                UInt8(min(max(($0 * 255).rounded(), 0), 255))
            }
        }
        try inputs.fill(batch, with: request)
        return Pictures(
            inputs: batch.filledImages, pixels: bytes, labels: Array(batch.labels))
    }
}
