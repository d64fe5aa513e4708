import Foundation
package import LRNetKernels
import LRNetSupport

/// Coloured waves under noise, of any size: a set for trials of the data path and of speed, where
/// real pictures are not at hand.
///
/// The class decides the direction of the wave; its phase and two colours are drawn for each picture.
/// Whole-number arithmetic only, so each picture is the same pure function of (seed, split, position)
/// on every machine.
package struct SyntheticTextures: Sendable {
    /// The seed of the set.
    package let seed: UInt64

    /// The shape of every picture; any number of channels.
    package let shape: ImageShape

    /// The number of classes.
    package let classes: Int

    /// Creates the set of a seed.
    ///
    /// - Precondition: The shape has pixels; there are at least 2 classes and at most 1000.
    package init(seed: UInt64, shape: ImageShape, classes: Int) {
        precondition(shape.count > 0 && (2...1000).contains(classes), "\(shape), \(classes)")
        self.seed = seed
        self.shape = shape
        self.classes = classes
    }

    /// The pictures of a range of a split, made on the threads of a pool.
    ///
    /// - Precondition: The range fits 32 bits.
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

    /// Makes the set and writes its shards; a split of 0 samples is left out, except for train.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - progress: Called with the samples written so far.
    /// - Throws: ``Failure`` (74). No folder is left behind.
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

    /// Pictures that one thread makes at a time.
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
        // Digits use layer 0.
        let key = NoiseKey(
            seed: seed, purpose: .synthesis, step: ordinal, layer: 1, index: UInt32(position))
        let colorKey = NoiseKey(
            seed: seed, purpose: .synthesis, step: ordinal, layer: 2, index: UInt32(position))
        let label = colorKey.integer(0, below: classes)
        let phase = colorKey.integer(1, below: 256)
        let colors = (0..<2 * shape.channels).map { colorKey.integer(2 + $0, below: 208) }
        // Steps of the wave a pixel, of 256 a period: directions are spread over a half turn.
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

    /// The results of the threads, each at its place.
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
