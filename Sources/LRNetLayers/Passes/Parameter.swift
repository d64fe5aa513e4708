package import LRNetKernels

/// One learned tensor: its values, the gradient of a step, and how the optimizer treats it.
package final class Parameter {
    /// What a tensor is, which decides the regulariser that acts on it.
    package enum Role: String, Sendable {
        /// Logits of discrete distributions: probability decay.
        case logit
        /// Full-precision or latent weights: weight decay.
        case weight
        /// Latent weights that are clipped instead: none.
        case latent
        /// Learned scales of discrete weights: none.
        case scale
        /// Biases, and batch norm's gamma and beta: none.
        case offset
    }

    /// `conv1.zeroLogit`; unique in the network.
    package let name: String

    /// The sizes of the tensor, the last one innermost.
    package let shape: [Int]

    /// What the tensor is.
    package let role: Role

    /// The values, row-major.
    package let value: FloatView

    /// dL/d value, without decay, where somebody asked for all of it: batch norm's of the last step,
    /// weights' after ``Layer/finishGradients(_:)``. Not for use by several threads before the first.
    package private(set) lazy var gradient = FloatBuffer(count: value.count).all

    /// Multiplies the learning rate.
    package let learningRateScale: Float

    /// The processes share out the values' update in units of so many values; `nil` if each does all
    /// of it.
    package internal(set) var shareUnit: Int?

    /// lambda of a coupled `lambda / 2 * sum of squares`.
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
