import LRNetKernels
import LRNetSupport

/// Samples in memory in the layout of a shard: pixels of one shape, or concatenated image files.
struct ShardSamples {
    /// The storage format of the images.
    let encoding: ImageEncoding

    /// The shape of every image in a raw set. In an encoded set, the shape in the index.
    let shape: ImageShape

    /// The bytes of all images, concatenated.
    let bytes: [UInt8]

    /// The start of each image in ``bytes``, and the end of the last one; `[count + 1]`.
    let offsets: [Int]

    /// The labels, `[count]`.
    let labels: [Int32]

    init(_ images: LabeledImages) {
        self.init(shape: images.shape, pixels: images.pixels, labels: images.labels)
    }

    /// Creates the samples of a raw set.
    ///
    /// - Precondition: There are exactly as many pixels as the labels require.
    init(shape: ImageShape, pixels: [UInt8], labels: [Int32]) {
        precondition(
            pixels.count == labels.count * shape.count,
            "\(pixels.count) pixels for \(labels.count) images of \(shape)")
        encoding = .raw
        self.shape = shape
        bytes = pixels
        offsets = (0...labels.count).map { $0 * shape.count }
        self.labels = labels
    }

    /// Creates the samples of an encoded set.
    ///
    /// - Precondition: Offsets increase from 0 to the number of bytes. There is one more than
    ///   labels.
    init(shape: ImageShape, files: [UInt8], offsets: [Int], labels: [Int32]) {
        precondition(
            offsets.count == labels.count + 1 && offsets.last == files.count,
            "\(offsets.count) offsets for \(labels.count) images in \(files.count) bytes")
        encoding = .encoded
        self.shape = shape
        bytes = files
        self.offsets = offsets
        self.labels = labels
    }

    var count: Int { labels.count }

    /// The bytes of one image: its pixels or its file.
    subscript(position: Int) -> ArraySlice<UInt8> {
        bytes[offsets[position]..<offsets[position + 1]]
    }

    /// Appends the samples to a split's hash, in the format of ``ShardIndex/Split/samplesSHA256``.
    func update(_ hash: inout ContentHash) {
        for (position, label) in labels.enumerated() {
            let image = self[position]
            if encoding == .encoded {
                withUnsafeBytes(of: UInt64(image.count).littleEndian) { hash.update(Array($0)) }
            }
            hash.update(image)
            withUnsafeBytes(of: label.littleEndian) { hash.update(Array($0)) }
        }
    }
}
