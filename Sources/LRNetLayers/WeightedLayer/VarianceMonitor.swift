internal import LRNetKernels

/// The smallest variance of a pre-activation that any thread has seen.
package final class VarianceMonitor {
    private var smallest: [Float]

    /// Creates a monitor for as many threads.
    package init(workerCount: Int) {
        smallest = Array(repeating: .infinity, count: workerCount)
    }

    /// The smallest variance, before clamp and floor.
    package var value: Float { smallest.min() ?? .infinity }

    /// Looks at variances; each thread has its own `worker`.
    func note(_ variances: FloatView, worker: Int) {
        smallest[worker] = min(smallest[worker], Elementwise.minimum(variances))
    }
}
