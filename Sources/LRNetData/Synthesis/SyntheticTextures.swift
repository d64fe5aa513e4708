import Foundation
package import LRNetKernels
import LRNetSupport

/// Colored waves with noise, in any size: a data set for testing the data path and its speed when
/// no real images are available.
///
/// The class determines the direction of the wave. Its phase and two colors are drawn for each
/// image. All arithmetic is in integers, so each image is the same pure function of
/// (seed, split, position) on every machine.
package struct SyntheticTextures: Sendable {
    package let seed: UInt64

    /// The shape of every image. It may have any number of channels.
    package let shape: ImageShape

    package let classes: Int

    /// - Precondition: The shape has pixels, and there are 2 to 1000 classes.
    package init(seed: UInt64, shape: ImageShape, classes: Int) {
        precondition(shape.count > 0 && (2...1000).contains(classes), "\(shape), \(classes)")
        self.seed = seed
        self.shape = shape
        self.classes = classes
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
            pieces.set(piece, part(split, samples))
        }
        var all = LabeledImages(shape: shape, pixels: [], labels: [])
        all.pixels.reserveCapacity(range.count * shape.count)
        for piece in pieces.all {
            all.pixels += piece.pixels
            all.labels += piece.labels
        }
        return all
    }

    /// Draws the set and writes its shards. A split of 0 samples is omitted, except for train.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - progress: Called with the number of samples written so far.
    /// - Throws: `Failure` (74). No folder remains after a failure.
    @discardableResult
    package func write(
        output: String, name: String, counts: [(split: DataSplit, count: Int)],
        progress: (Int) -> Void = { _ in }
    ) throws -> ShardIndex {
        let pool = try ThreadPool(
            threadCount: ProcessInfo.processInfo.activeProcessorCount)
        let writer = try ShardWriter(
            directory: output, name: name, shape: shape, classes: classes)
        var done = 0
        for (split, count) in counts where count > 0 || split == .train {
            try writer.write(
                split, count: count, samples: { images(split, $0, on: pool) },
                progress: { count in
                    done += count
                    progress(done)
                })
        }
        return try writer.finish()
    }

    /// The number of images that one thread draws at a time.
    private static let pieceCount = 16

    private func part(_ split: DataSplit, _ range: Range<Int>) -> LabeledImages {
        var part = LabeledImages(shape: shape, pixels: [], labels: [])
        part.pixels.reserveCapacity(range.count * shape.count)
        for position in range { append(split, position, to: &part) }
        return part
    }

    private func append(_ split: DataSplit, _ position: Int, to part: inout LabeledImages) {
        let ordinal: UInt32 =
            switch split {
            case .train: 0
            case .validation: 1
            case .test: 2
            }
        // Layer 0 is used by the digits.
        let key = NoiseKey(
            seed: seed, purpose: .synthesis, step: ordinal, layer: 1, index: UInt32(position))
        let colorKey = NoiseKey(
            seed: seed, purpose: .synthesis, step: ordinal, layer: 2, index: UInt32(position))
        let label = colorKey.integer(0, below: classes)
        let phase = colorKey.integer(1, below: 256)
        let colors = (0..<2 * shape.channels).map { colorKey.integer(2 + $0, below: 208) }
        // The wave's phase advance per pixel, in 1/256 of a period. Directions are spread over a
        // half turn.
        let turn = 64 * label / classes
        let (right, down) = (24 - abs(turn - 32) / 2, 32 - turn)
        var noise: UInt32 = 0
        var element = 0
        for y in 0..<shape.height {
            for x in 0..<shape.width {
                let place = (right * x + down * y + phase) & 255
                let wave = place < 128 ? 2 * place : 510 - 2 * place
                for channel in 0..<shape.channels {
                    if element & 3 == 0 { noise = key.bits(element >> 2) }
                    let (low, high) = (colors[2 * channel], colors[2 * channel + 1])
                    let shade = low + (high - low) * wave / 255
                    part.pixels.append(UInt8(shade + Int(noise & 47)))
                    noise >>= 8
                    element += 1
                }
            }
        }
        part.labels.append(Int32(label))
    }

    /// The results of the threads, in order.
    private final class Pieces: @unchecked Sendable {
        private let lock = NSLock()
        private var parts: [LabeledImages?]
        let count: Int

        init(count: Int) {
            self.count = count
            parts = Array(repeating: nil, count: count)
        }

        func set(_ piece: Int, _ images: LabeledImages) { lock.withLock { parts[piece] = images } }

        var all: [LabeledImages] { lock.withLock { parts.compactMap(\.self) } }
    }
}
