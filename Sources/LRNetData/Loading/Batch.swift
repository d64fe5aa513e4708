package import LRNetKernels
import LRNetSupport

/// Samples ready for the network; its memory is used again for later batches.
package final class Batch: @unchecked Sendable {
    /// Memory for `capacity` images; the first ``count`` are this batch's.
    package let images: FloatBuffer

    /// The labels, `[count]`.
    package internal(set) var labels: [Int32] = []

    /// The positions of the samples in the split, `[count]`.
    package internal(set) var samples: [Int] = []

    /// The number of images that fit.
    package let capacity: Int

    private let imageCount: Int

    /// Creates a batch without samples and with room for `capacity`.
    package init(capacity: Int, shape: ImageShape) {
        self.capacity = capacity
        imageCount = shape.count
        images = FloatBuffer(count: capacity * shape.count)
        labels.reserveCapacity(capacity)
    }

    /// The number of samples; 0 for a rank that has none in this step.
    package var count: Int { samples.count }

    /// The images of this batch, `[count, H, W, C]`, on the scale of the
    /// augmentation's last step, [0, 1] by default.
    package var filledImages: FloatView { images[0..<count * imageCount] }

    /// Makes the batch `count` images of zeros with label 0, to stand in for one that could not be
    /// read, or for measurements without data.
    ///
    /// - Precondition: `count` images fit.
    package func makeBlank(count: Int) {
        precondition(count >= 0 && count <= capacity, "\(count) of \(capacity) images")
        samples = Array(0..<count)
        labels = Array(repeating: 0, count: count)
        images[0..<count * imageCount].fill(0)
    }

    /// Replaces the labels, for batches that are filled by hand.
    ///
    /// - Precondition: There is one label a sample.
    package func setLabels(_ labels: [Int32]) {
        precondition(labels.count == count, "\(labels.count) labels for \(count) samples")
        self.labels = labels
    }
}
