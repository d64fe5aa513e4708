package import LRNetKernels

/// Scratch memory that the layers of a network use in turns, so that it is small and stays in
/// cache:
///
/// - the packed weights of the current layer, which are packed again at each of its turns, or other
///   packed factors of its products
/// - the scratch of each thread
/// - gradients of activations during a backward pass
///
/// Layers request packed weights and scratch in ``Layer/reserve(_:memory:)``. Each of these buffers
/// has the size of the largest request.
package final class ScratchMemory {
    package let workerCount: Int

    private var weightCount = 0
    private var scratchCount = 0
    private var weightBuffer = FloatBuffer(count: 0)
    private var scratchBuffers: [FloatBuffer] = []
    private var gradientBuffers: [FloatBuffer] = []

    package init(workerCount: Int) {
        self.workerCount = workerCount
    }

    /// The number of values of all gradient buffers so far.
    package var gradientValueCount: Int { gradientBuffers.map(\.count).reduce(0, +) }

    /// Requests values of packed weights, and of scratch for each thread.
    package func need(weights: Int, scratch: Int) {
        weightCount = max(weightCount, weights)
        scratchCount = max(scratchCount, scratch)
    }

    /// Allocates the requested memory.
    package func allocate() {
        weightBuffer = FloatBuffer(count: weightCount)
        scratchBuffers = (0..<workerCount).map { _ in FloatBuffer(count: scratchCount) }
    }

    /// Returns memory for packed weights or other factors; the next call of any layer overwrites it.
    package func weights(_ count: Int) -> FloatView { weightBuffer[0..<count] }

    /// Returns the scratch of a thread; the next call of any layer overwrites it.
    package func scratch(_ worker: Int) -> FloatView { scratchBuffers[worker].all }

    /// Returns memory for a gradient: the smallest free buffer that is large enough, or a new
    /// buffer.
    ///
    /// A buffer is in use while a view of it exists. New buffers are only allocated in the first
    /// steps. Must not be called by several threads at the same time.
    package func gradient(_ count: Int) -> FloatView {
        var best: Int?
        for index in gradientBuffers.indices {
            let size = gradientBuffers[index].count
            guard size >= count, best.map({ size < gradientBuffers[$0].count }) ?? true,
                isKnownUniquelyReferenced(&gradientBuffers[index])
            else { continue }
            best = index
        }
        if let best { return gradientBuffers[best][0..<count] }
        let buffer = FloatBuffer(count: count)
        gradientBuffers.append(buffer)
        return buffer.all
    }
}
