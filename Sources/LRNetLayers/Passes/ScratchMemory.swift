package import LRNetKernels

/// Memory that the layers of a network use in turns, so that it is small and stays in cache.
///
/// - packed weights of the layer at work, made anew when its turn comes
/// - scratch of each thread
/// - gradients of activations on their way back
///
/// Layers say what they need while memory is reserved; the sum of all is the largest need.
package final class ScratchMemory {
    /// The number of threads.
    package let workerCount: Int

    private var weightCount = 0
    private var scratchCount = 0
    private var weightBuffer = FloatBuffer(count: 0)
    private var scratchBuffers: [FloatBuffer] = []
    private var gradientBuffers: [FloatBuffer] = []

    /// Creates memory that holds nothing yet.
    package init(workerCount: Int) {
        self.workerCount = workerCount
    }

    /// The values of all buffers of gradients so far.
    package var gradientValueCount: Int { gradientBuffers.map(\.count).reduce(0, +) }

    /// Asks for values of packed weights, and of each thread's scratch.
    package func need(weights: Int, scratch: Int) {
        weightCount = max(weightCount, weights)
        scratchCount = max(scratchCount, scratch)
    }

    /// Allocates what was asked for.
    package func allocate() {
        weightBuffer = FloatBuffer(count: weightCount)
        scratchBuffers = (0..<workerCount).map { _ in FloatBuffer(count: scratchCount) }
    }

    /// Memory for packed weights; whoever packs next overwrites it.
    package func weights(_ count: Int) -> FloatView { weightBuffer[0..<count] }

    /// A thread's scratch; the next call of any layer overwrites it.
    package func scratch(_ worker: Int) -> FloatView { scratchBuffers[worker].all }

    /// A gradient's memory: a buffer that nobody else refers to, at best the smallest that will do.
    ///
    /// It is taken as long as a view of it lives. Buffers are made in the first steps only. Not for
    /// use by several threads at a time.
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
