internal import LRNetSupport

/// A step of gradient descent with momentum for a range of parameters.
package enum MomentumKernel {
    /// Updates parameters and velocities in place.
    ///
    ///     v = momentum v + gradient + decay * w          w = w - learningRate * v
    ///
    /// - Parameter decay: The strength of the coupled L2 regularizer.
    /// - Precondition: The counts agree.
    /// - Source: The update of Torch7, Caffe and PyTorch, without dampening.
    package static func update(
        parameter: FloatView, gradient: FloatView, velocity: FloatView, learningRate: Float,
        momentum: Float, decay: Float
    ) {
        let count = parameter.count
        precondition(
            gradient.count == count && velocity.count == count,
            "\(count), \(gradient.count) and \(velocity.count) values")
        let (w, g, v) = (parameter.pointer, gradient.pointer, velocity.pointer)
        let rate = Vector(repeating: -learningRate)
        let keep = Vector(repeating: momentum)
        let decay = Vector(repeating: decay)
        forEachVector(count) { i, lanes in
            let old = load(w + i, lanes)
            let slope = multiplyAdd(decay, old, load(g + i, lanes))
            let speed = multiplyAdd(keep, load(v + i, lanes), slope)
            store(speed, v + i, lanes)
            store(multiplyAdd(rate, speed, old), w + i, lanes)
        }
    }
}
