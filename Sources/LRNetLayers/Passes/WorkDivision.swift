internal import LRNetKernels

/// The division of leaves among more threads than there are leaves.
///
/// A leaf's samples are divided where each sample has results of its own, and its outputs where
/// samples are summed. Results do not change, because with our own kernels the bits of an element
/// do not depend on the rows or columns that a call computes. OpenBLAS does not guarantee that, so
/// builds that use it do not divide leaves.
package struct WorkDivision {
    /// The number of parts of each leaf: 1 unless there are more threads than leaves.
    let partCount: Int

    /// The largest number of threads that can share a leaf. Each part repeats some work, such as
    /// the transforms of images.
    package static let largestPartCount = MatrixProduct.usesOwnKernels ? 8 : 1

    /// The work that another part repeats, as a share of a leaf's work. (Measured shares are 1 to 5
    /// percent.)
    private static let repeatedShare = 0.03

    init(leaves: Int, threads: Int) {
        guard leaves > 0, threads > leaves else {
            partCount = 1
            return
        }
        /// Returns the time of the thread with the most parts, in units of a leaf's time.
        func time(_ parts: Int) -> Double {
            let rounds = (leaves * parts + threads - 1) / threads
            return Double(rounds) / Double(parts) * (1 + Double(parts - 1) * Self.repeatedShare)
        }
        partCount = (1...Self.largestPartCount).min { time($0) < time($1) } ?? 1
    }

    /// Returns the parts of some samples, in order. None is empty.
    func parts(of samples: Range<Int>) -> [Range<Int>] {
        if partCount == 1 { return [samples] }
        let count = min(partCount, samples.count)
        return (0..<count).map { part in
            samples.lowerBound + samples.count * part / count..<samples.lowerBound + samples.count
                * (part + 1) / count
        }
    }

    /// Returns one of ``partCount`` parts of `0 ..< count`, which may be empty.
    func part(_ index: Int, of count: Int) -> Range<Int> {
        count * index / partCount..<count * (index + 1) / partCount
    }
}

extension Pass {
    /// The division of this process's leaves among its threads.
    var division: WorkDivision {
        WorkDivision(leaves: layout.leaves.count, threads: pool.threadCount)
    }

    /// Calls `body` for parts of all micro-batches, in parallel. No part crosses the boundary of a
    /// micro-batch.
    ///
    /// - Parameter body: Results of a sample must not depend on the other samples of its part.
    func forEachPart(_ body: (_ microBatch: Int, _ samples: Range<Int>) -> Void) {
        let division = division
        let parts = layout.microBatches.indices.flatMap { index in
            division.parts(of: layout.microBatches[index]).map { (index, $0) }
        }
        pool.forEach(parts.count) { index, _ in body(parts[index].0, parts[index].1) }
    }

    /// Calls `body` for each micro-batch and parts of `channels` channels, in parallel.
    func forEachMicroBatch(
        channels: Int, _ body: (_ microBatch: Int, _ channels: Range<Int>) -> Void
    ) {
        let vectors = (channels + 15) / 16
        let parts = min(division.partCount, vectors)
        pool.forEach(layout.microBatches.count * parts) { index, _ in
            let part = index % parts
            let first = vectors * part / parts * 16
            let end = min(vectors * (part + 1) / parts * 16, channels)
            body(index / parts, first..<end)
        }
    }

    /// Calls `body(samples, worker)` for panels of at most `size` samples of all leaves, or for parts
    /// of panels, in parallel.
    ///
    /// Without a division, a thread computes the panels of a leaf one after another, so that they
    /// share its cache.
    ///
    /// - Parameters:
    ///   - span: If given, all samples are divided into equal panels of at most `span` samples
    ///     instead, at least one for each thread, without regard to leaves.
    ///   - body: Results of a sample must not depend on the other samples of its panel.
    package func forEachPanel(
        _ size: Int, span: Int? = nil, _ body: (_ samples: Range<Int>, _ worker: Int) -> Void
    ) {
        if let span {
            let (samples, threads) = (layout.sampleCount, pool.threadCount)
            let rounds = (samples + span * threads - 1) / (span * threads)
            let count = min(rounds * threads, samples)
            return pool.forEach(count) { panel, worker in
                body(samples * panel / count..<samples * (panel + 1) / count, worker)
            }
        }
        let division = division
        guard division.partCount > 1 else {
            return pool.forEach(layout.leaves.count) { leaf, worker in
                for panel in layout.panels(ofLeaf: leaf, panelSize: size) { body(panel, worker) }
            }
        }
        let panels = layout.leaves.indices.flatMap { layout.panels(ofLeaf: $0, panelSize: size) }
        // A leaf of several panels needs fewer parts of each.
        let perLeaf = max(panels.count / max(layout.leaves.count, 1), 1)
        let parts =
            perLeaf >= division.partCount ? panels : panels.flatMap(division.parts(of:))
        pool.forEach(parts.count) { index, worker in body(parts[index], worker) }
    }
}
