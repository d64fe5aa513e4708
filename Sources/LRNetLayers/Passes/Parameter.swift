package import LRNetKernels

/// A learned tensor: its values, the gradient of a step, and its treatment by the optimizer.
package final class Parameter {
    /// The kind of tensor, which determines its regularizer.
    package enum Role: String, Sendable {
        /// Logits of discrete distributions, with probability decay.
        case logit
        /// Full-precision or latent weights, with weight decay.
        case weight
        /// Latent weights that are clipped instead, without decay.
        case latent
        /// Learned scales of discrete weights, without decay.
        case scale
        /// Biases, and gamma and beta of batch norm, without decay.
        case offset
    }

    /// A name that is unique in the network, such as `conv1.zeroLogit`.
    package let name: String

    /// The sizes of the tensor; the last dimension is the innermost one.
    package let shape: [Int]

    package let role: Role

    /// The values, row-major.
    package let value: FloatView

    /// dL/d value of the whole tensor, without decay. For batch norm it is that of the last step;
    /// for weights it is available after ``Layer/finishGradients(_:)``. The first access must come
    /// from a single thread.
    package private(set) lazy var gradient = FloatBuffer(count: value.count).all

    /// A factor of the learning rate.
    package let learningRateScale: Float

    /// The number of values per unit when processes divide the update of the tensor; `nil` if each
    /// process updates all values.
    package internal(set) var shareUnit: Int?

    /// lambda of the coupled regularizer `lambda / 2 * sum of squares`.
    package var decay: Float = 0

    /// Creates a tensor of zeros.
    package init(name: String, shape: [Int], role: Role, learningRateScale: Float = 1) {
        self.name = name
        self.shape = shape
        self.role = role
        self.learningRateScale = learningRateScale
        let count = shape.reduce(1, *)
        value = FloatBuffer(count: count).all
    }
}
