import Foundation
package import LRNetKernels
import LRNetSupport

/// Synthetic digits that look handwritten, 28x28 gray: a data set that needs no download.
///
/// Each image is a pure function of (seed, split, position). The program draws a random digit and
/// one of its styles, perturbs its points, places it by an affine map (size, shear, rotation,
/// shift), and draws it with a pen of varying width and brightness. It then adds specks, stray
/// marks and noise.
package struct SyntheticDigits: Sendable {
    package let seed: UInt64

    package static let shape = ImageShape(height: 28, width: 28, channels: 1)

    package static let classes = 10

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// Draws the images of a range of a split on the threads of a pool.
    ///
    /// - Precondition: The range fits in 32 bits.
    package func images(
        _ split: DataSplit, _ range: Range<Int>, on pool: ThreadPool = ThreadPool()
    ) -> LabeledImages {
        let pieces = Pieces(count: (range.count + Self.pieceCount - 1) / Self.pieceCount)
        pool.forEach(pieces.count) { piece, _ in
            let first = range.lowerBound + piece * Self.pieceCount
            let samples = first..<min(first + Self.pieceCount, range.upperBound)
            pieces.set(piece, samples.map { image(split, $0) })
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(range.count * Self.shape.count)
        var labels: [Int32] = []
        for image in pieces.all {
            pixels += image.pixels
            labels.append(image.label)
        }
        return LabeledImages(shape: Self.shape, pixels: pixels, labels: labels)
    }

    /// Draws the set and writes its shards.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: The name stored in the set.
    ///   - counts: The number of samples in each split. A split of 0 samples is omitted, except for
    ///     train.
    ///   - shards: The number of shards in the train split; by default one per 256 MiB.
    ///   - progress: Called with (samples written so far, total samples).
    /// - Throws: `Failure` (74). No folder remains after a failure.
    @discardableResult
    package func write(
        output: String, name: String, counts: (train: Int, validation: Int, test: Int),
        shards: Int? = nil, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        let pool = try ThreadPool(
            threadCount: ProcessInfo.processInfo.activeProcessorCount)
        let writer = try ShardWriter(
            directory: output, name: name, shape: Self.shape, classes: Self.classes)
        let total = counts.train + counts.validation + counts.test
        var done = 0
        for (split, count) in [
            (DataSplit.train, counts.train), (.validation, counts.validation), (.test, counts.test),
        ] where count > 0 || split == .train {
            try writer.write(
                split, count: count, shards: split == .train ? shards : nil,
                samples: { images(split, $0, on: pool) },
                progress: { count in
                    done += count
                    progress(done, total)
                })
        }
        return try writer.finish()
    }

    /// The number of images that one thread draws at a time.
    private static let pieceCount = 64

    /// Draws one image and returns it with its label.
    func image(_ split: DataSplit, _ position: Int) -> (pixels: [UInt8], label: Int32) {
        let ordinal: UInt32 =
            switch split {
            case .train: 0
            case .validation: 1
            case .test: 2
            }
        var writer = DigitWriter(
            key: NoiseKey(
                seed: seed, purpose: .synthesis, step: ordinal, index: UInt32(position)))
        return writer.write()
    }

    /// The results of the threads, in order.
    private final class Pieces: @unchecked Sendable {
        private let lock = NSLock()
        private var parts: [[(pixels: [UInt8], label: Int32)]]
        let count: Int

        init(count: Int) {
            self.count = count
            parts = Array(repeating: [], count: count)
        }

        func set(_ piece: Int, _ images: [(pixels: [UInt8], label: Int32)]) {
            lock.withLock { parts[piece] = images }
        }

        var all: [(pixels: [UInt8], label: Int32)] { parts.flatMap { $0 } }
    }
}
