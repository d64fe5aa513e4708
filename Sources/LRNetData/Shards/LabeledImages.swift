package import LRNetKernels
import LRNetSupport

/// Images of one shape with their labels, in memory. Importers produce them and tests compare them.
package struct LabeledImages: Sendable, Equatable {
    package let shape: ImageShape

    /// The pixels, `[N, H, W, C]`.
    package var pixels: [UInt8]

    /// The labels, `[N]`.
    package var labels: [Int32]

    /// - Precondition: There is one label per image.
    package init(shape: ImageShape, pixels: [UInt8], labels: [Int32]) {
        precondition(
            pixels.count == labels.count * shape.count,
            "\(pixels.count) pixels for \(labels.count) images of \(shape)")
        self.shape = shape
        self.pixels = pixels
        self.labels = labels
    }

    package var count: Int { labels.count }

    /// The images of a range.
    ///
    /// - Precondition: The range is within the collection.
    package subscript(range: Range<Int>) -> LabeledImages {
        LabeledImages(
            shape: shape,
            pixels: Array(pixels[range.lowerBound * shape.count..<range.upperBound * shape.count]),
            labels: Array(labels[range]))
    }
}
