import LRNetKernels
import LRNetSupport

/// Samples in memory just as a shard holds them: pixels of one shape, or picture files one behind
/// the other.
struct ShardSamples {
    /// How the pictures are stored.
    let encoding: ImageEncoding

    /// The shape of every picture of a raw set; of an encoded one, what the index says.
    let shape: ImageShape

    /// All pictures, one behind the other.
    let bytes: [UInt8]

    /// Where each picture begins in ``bytes``, and the end of the last one; `[count + 1]`.
    let offsets: [Int]

    /// The labels, `[count]`.
    let labels: [Int32]

    /// Samples of a raw set.
    init(_ images: LabeledImages) {
        self.init(shape: images.shape, pixels: images.pixels, labels: images.labels)
    }

    /// Samples of a raw set.
    ///
    /// - Precondition: There are as many pixels as the labels ask for.
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

    /// Samples of an encoded set.
    ///
    /// - Precondition: Offsets rise from 0 to the number of bytes, one more than labels.
    init(shape: ImageShape, files: [UInt8], offsets: [Int], labels: [Int32]) {
        precondition(
            offsets.count == labels.count + 1 && offsets.last == files.count,
            "\(offsets.count) offsets for \(labels.count) pictures in \(files.count) bytes")
        encoding = .encoded
        self.shape = shape
        bytes = files
        self.offsets = offsets
        self.labels = labels
    }

    /// The number of samples.
    var count: Int { labels.count }

    /// The bytes of one picture: its pixels or its file.
    subscript(position: Int) -> ArraySlice<UInt8> {
        bytes[offsets[position]..<offsets[position + 1]]
    }

    /// Appends the samples to a split's hash, as ``ShardIndex/Split/samplesSHA256`` says.
    func update(_ hash: inout ContentHash) {
        for (position, label) in labels.enumerated() {
            let picture = self[position]
            if encoding == .encoded {
                withUnsafeBytes(of: UInt64(picture.count).littleEndian) { hash.update(Array($0)) }
            }
            hash.update(picture)
            withUnsafeBytes(of: label.littleEndian) { hash.update(Array($0)) }
        }
    }
}
