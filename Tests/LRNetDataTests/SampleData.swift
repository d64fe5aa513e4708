import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport

/// The seed of the random numbers in all tests.
let testSeed: UInt64 = 20_240_611

/// Returns random images. Height, width and channels differ, so a transposed shape cannot pass.
func randomImages(
    _ count: Int, shape: ImageShape = ImageShape(height: 5, width: 7, channels: 2),
    classes: Int = 4, stream: UInt32 = 0
) -> LabeledImages {
    let key = NoiseKey(seed: testSeed, purpose: .test, step: stream)
    let size = shape.count
    return LabeledImages(
        shape: shape,
        pixels: (0..<count * size).map { UInt8(truncatingIfNeeded: key.bits($0)) },
        labels: (0..<count).map { Int32(key.with(index: 1).integer($0, below: classes)) })
}

/// Writes a data set of random images; validation has one shard and test has two.
@discardableResult
func writeSet(
    _ directory: String, train: LabeledImages = randomImages(41),
    validation: LabeledImages = randomImages(7, stream: 1),
    test: LabeledImages = randomImages(12, stream: 2), shards: Int = 3, classes: Int = 4
) throws -> ShardIndex {
    let writer = try ShardWriter(
        directory: directory, name: "random", shape: train.shape, classes: classes)
    try writer.write(.train, count: train.count, shards: shards) { train[$0] }
    try writer.write(.validation, count: validation.count) { validation[$0] }
    try writer.write(.test, count: test.count, shards: 2) { test[$0] }
    return try writer.finish()
}

/// Reads all splits of a data set.
func readAll(_ directory: String) throws -> [LabeledImages] {
    let set = try ShardSet(directory: directory)
    return try set.index.splits.map { split in
        let reader = try ShardReader(set: set, split: split.name)
        return try reader.read(samples: Array(0..<reader.count))
    }
}

/// Returns the exit code of an error, if it is a `Failure`.
func exitStatus(_ error: any Error) -> ExitStatus? { (error as? Failure)?.exitStatus }
