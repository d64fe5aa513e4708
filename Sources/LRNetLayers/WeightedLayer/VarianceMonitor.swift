internal import LRNetKernels

/// The smallest variance of a pre-activation in any thread.
package final class VarianceMonitor {
    private var smallest: [Float]

    /// Creates a monitor for this many threads.
    package init(workerCount: Int) {
        smallest = Array(repeating: .infinity, count: workerCount)
    }

    /// The smallest variance, before it is clamped and the floor is added.
    package var value: Float { smallest.min() ?? .infinity }

    /// Records variances; each thread passes its own `worker`.
    func note(_ variances: FloatView, worker: Int) {
        smallest[worker] = min(smallest[worker], Elementwise.minimum(variances))
    }
}
