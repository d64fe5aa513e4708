package import Foundation
internal import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers

/// Which images of a split a network gets wrong: what tells two networks apart that met the same images.
package struct ErrorMask: Sendable, Codable, Equatable {
    /// The images of the split.
    package let count: Int

    /// One bit an image, in the order of the set's files, the first in the lowest bit of the first byte: 1 for
    /// a wrong answer. Base64 in JSON.
    package private(set) var bits: Data

    /// Reads a mask.
    ///
    /// - Throws: `DecodingError` where the bits are not as many as the images have.
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

    /// No image is wrong.
    package init(count: Int) {
        self.count = count
        bits = Data(repeating: 0, count: (count + 7) / 8)
    }

    /// The image is wrong.
    package subscript(image: Int) -> Bool {
        get { bits[image / 8] >> UInt8(image % 8) & 1 == 1 }
        set {
            let bit = UInt8(1) << UInt8(image % 8)
            if newValue { bits[image / 8] |= bit } else { bits[image / 8] &= ~bit }
        }
    }

    /// Wrong images.
    package var errorCount: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Images that just one of two networks gets wrong.
    package func disagreementCount(with other: ErrorMask) -> Int {
        precondition(count == other.count, "\(count) images, and \(other.count)")
        return zip(bits, other.bits).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
    }

    /// Joins the ranks' masks, each of which has its own images. Every rank calls it.
    mutating func combine(_ group: any ProcessGroup) throws {
        for other in try group.allGather(Array(bits)) {
            for (index, byte) in other.enumerated() { bits[index] |= byte }
        }
    }
}

/// Fills a mask from the batches of a measurement, of which each rank sees its part.
final class ErrorMaskBuilder {
    private(set) var mask: ErrorMask
    private let context: RankContext
    /// Images of the batches so far.
    private var imageCount = 0

    init(count: Int, context: RankContext) {
        mask = ErrorMask(count: count)
        self.context = context
    }

    /// Takes in this rank's part of the next batch.
    ///
    /// - Parameter logits: Shape `[samples, classes]`.
    func add(_ logits: FloatView, _ labels: [Int32]) {
        let batch = min(context.recipe.training.globalBatch, mask.count - imageCount)
        let first = imageCount + context.layout(globalCount: batch).firstSample
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
