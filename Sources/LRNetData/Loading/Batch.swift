package import LRNetKernels
import LRNetSupport

/// Samples ready for the network. The memory is reused for later batches.
package final class Batch: @unchecked Sendable {
    /// Memory for `capacity` images. Only the first ``count`` belong to this batch.
    package let images: FloatBuffer

    /// The labels, `[count]`.
    package internal(set) var labels: [Int32] = []

    /// The positions of the samples in the split, `[count]`.
    package internal(set) var samples: [Int] = []

    /// The maximum number of images.
    package let capacity: Int

    private let imageCount: Int

    /// Creates an empty batch with room for `capacity` images.
    package init(capacity: Int, shape: ImageShape) {
        self.capacity = capacity
        imageCount = shape.count
        images = FloatBuffer(count: capacity * shape.count)
        labels.reserveCapacity(capacity)
    }

    /// The number of samples. It is 0 for a rank that has none in this step.
    package var count: Int { samples.count }

    /// The images of this batch, `[count, H, W, C]`, on the output scale of the augmentation
    /// ([0, 1] by default).
    package var filledImages: FloatView { images[0..<count * imageCount] }

    /// Fills the batch with `count` zero images with label 0.
    ///
    /// Such a batch stands in for one that could not be read, or serves measurements without data.
    ///
    /// - Precondition: `count` is at most ``capacity``.
    package func makeBlank(count: Int) {
        precondition(count >= 0 && count <= capacity, "\(count) of \(capacity) images")
        samples = Array(0..<count)
        labels = Array(repeating: 0, count: count)
        images[0..<count * imageCount].fill(0)
    }

    /// Replaces the labels of a batch that is filled by hand.
    ///
    /// - Precondition: There is one label per sample.
    package func setLabels(_ labels: [Int32]) {
        precondition(labels.count == count, "\(labels.count) labels for \(count) samples")
        self.labels = labels
    }
}
