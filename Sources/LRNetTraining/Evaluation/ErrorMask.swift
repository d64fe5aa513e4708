package import Foundation
internal import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers

/// The set of images in a split that a network misclassifies. It allows a paired comparison of two
/// networks on the same images.
package struct ErrorMask: Sendable, Codable, Equatable {
    /// The number of images in the split.
    package let count: Int

    /// One bit per image, in the order of the data set's files: 1 if the image is misclassified.
    /// The first image is in the lowest bit of the first byte. Base64 in JSON.
    package private(set) var bits: Data

    /// Reads a mask.
    ///
    /// - Throws: `DecodingError` if the number of bytes does not match the number of images.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        count = try values.decode(Int.self, forKey: .count)
        bits = try values.decode(Data.self, forKey: .bits)
        guard count >= 0, bits.count == (count + 7) / 8 else {
            throw DecodingError.dataCorruptedError(
                forKey: .bits, in: values,
                debugDescription: "\(bits.count) bytes for \(count) images")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case count, bits
    }

    /// Creates a mask without misclassified images.
    package init(count: Int) {
        self.count = count
        bits = Data(repeating: 0, count: (count + 7) / 8)
    }

    /// True if the image is misclassified.
    package subscript(image: Int) -> Bool {
        get { bits[image / 8] >> UInt8(image % 8) & 1 == 1 }
        set {
            let bit = UInt8(1) << UInt8(image % 8)
            if newValue { bits[image / 8] |= bit } else { bits[image / 8] &= ~bit }
        }
    }

    /// The number of misclassified images.
    package var errorCount: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Returns the number of images that exactly one of two networks misclassifies.
    package func disagreementCount(with other: ErrorMask) -> Int {
        precondition(count == other.count, "\(count) images, and \(other.count)")
        return zip(bits, other.bits).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    }

    /// Merges the masks of the ranks, which cover disjoint images. Every rank must call it.
    mutating func combine(_ group: any ProcessGroup) throws {
        for other in try group.allGather(Array(bits)) {
            for (index, byte) in other.enumerated() { bits[index] |= byte }
        }
    }
}

/// Builds a mask from the batches of a measurement. Each rank adds its part of each batch.
final class ErrorMaskBuilder {
    private(set) var mask: ErrorMask
    private let context: RankContext
    /// The number of images in the batches so far.
    private var imageCount = 0

    init(count: Int, context: RankContext) {
        mask = ErrorMask(count: count)
        self.context = context
    }

    /// Adds this rank's part of the next batch.
    ///
    /// - Parameter logits: Shape `[samples, classes]`.
    func add(_ logits: FloatView, _ labels: [Int32]) {
        let batch = min(context.recipe.training.globalBatch, mask.count - imageCount)
        let first = imageCount + context.measuringLayout(globalCount: batch).firstSample
        imageCount += batch
        guard !labels.isEmpty else { return }
        let values = logits.values
        let classes = values.count / labels.count
        for (sample, label) in labels.enumerated() {
            let answer = ClassTally.prediction(values[sample * classes..<(sample + 1) * classes])
            mask[first + sample] = answer != Int(label)
        }
    }
}
