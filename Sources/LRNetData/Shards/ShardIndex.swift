import Foundation
public import LRNetKernels
import LRNetSupport

/// The content of a shard set's `index.json`: what the set holds and how to know it again.
///
/// Two hashes guard it. ``fingerprint`` names the samples themselves and does not depend on how
/// they are cut into shards; ``checksum`` covers every other field of this index, so that a changed
/// digit cannot go unnoticed.
public struct ShardIndex: Sendable, Codable, Equatable {
    /// One shard.
    public struct Shard: Sendable, Codable, Equatable {
        /// The file's name in the set's folder: `train-00000.h5`.
        public var file: String

        /// The number of samples.
        public var count: Int

        /// The size of the file.
        public var byteCount: Int

        /// The SHA-256 of the file.
        public var sha256: String
    }

    /// The samples of one split, in order of the shards.
    public struct Split: Sendable, Codable, Equatable {
        /// Which split.
        public var name: DataSplit

        /// The number of samples.
        public var count: Int

        /// The SHA-256 over all samples in order: the bytes of the image, then the label as four
        /// little-endian bytes.
        public var samplesSHA256: String

        /// The shards.
        public var shards: [Shard]
    }

    /// The version of this format that this program writes and reads.
    public static let currentSchemaVersion = 1

    /// The name of the index in the set's folder.
    public static let fileName = "index.json"

    /// The version of the format.
    public var schemaVersion: Int

    /// What the set calls itself.
    public var name: String

    /// The shape of every image; pixels are bytes.
    public var shape: ImageShape

    /// The number of classes; labels are `0 ..< classes`.
    public var classes: Int

    /// The mean of the train split's pixels, a channel, on the scale [0, 1].
    public var mean: [Double]

    /// The (population) standard deviation of the train split's pixels, a channel, on the scale
    /// [0, 1].
    public var deviation: [Double]

    /// The splits that are present.
    public var splits: [Split]

    /// SHA-256 over shape, classes and the splits' names, counts and sample hashes.
    public var fingerprint: String

    /// SHA-256 over all other fields.
    public var checksum: String

    /// The split of this name, if the set has it.
    public subscript(split: DataSplit) -> Split? { splits.first { $0.name == split } }

    /// The fingerprint that belongs to the other fields.
    var expectedFingerprint: String {
        var lines = ["lrnet samples 1", "shape \(shape)", "classes \(classes)"]
        for split in splits {
            lines.append("\(split.name) \(split.count) \(split.samplesSHA256)")
        }
        return ContentHash.of(lines.joined(separator: "\n"))
    }

    /// The checksum that belongs to the other fields. Real numbers enter by their bits.
    var expectedChecksum: String {
        var lines = ["lrnet index \(schemaVersion)", name, "\(shape)", "\(classes)"]
        for value in mean + deviation { lines.append(String(value.bitPattern, radix: 16)) }
        for split in splits {
            lines.append("\(split.name) \(split.count) \(split.samplesSHA256)")
            for shard in split.shards {
                lines.append("\(shard.file) \(shard.count) \(shard.byteCount) \(shard.sha256)")
            }
        }
        lines.append(fingerprint)
        return ContentHash.of(lines.joined(separator: "\n"))
    }

    /// The end of the last line; without it a file was cut off.
    private static let lastByte: UInt8 = 0x0A

    /// The JSON text, keys sorted.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [Self.lastByte]
    }

    /// Reads an index and checks all that can be checked without the shards.
    ///
    /// - Parameter path: The file, for errors.
    /// - Throws: ``DataFailure`` (65) that says what is wrong.
    init(decoding bytes: [UInt8], path: String) throws {
        func failure(_ message: String) -> DataFailure {
            DataFailure(call: "index", subject: path, message: message)
        }
        guard bytes.last == Self.lastByte else {
            throw failure("damaged: its end is missing; import the data again")
        }
        struct Version: Decodable { let schemaVersion: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).schemaVersion
            guard version == Self.currentSchemaVersion else {
                throw failure(
                    "schema version \(version), but this program reads version "
                        + "\(Self.currentSchemaVersion); import the data again")
            }
            self = try JSONDecoder().decode(ShardIndex.self, from: Data(bytes))
        } catch let error as DataFailure {
            throw error
        } catch {
            throw failure("\(Self.reason(error)); import the data again")
        }
        guard checksum == expectedChecksum else {
            throw failure("damaged or edited (wrong checksum); import the data again")
        }
        guard fingerprint == expectedFingerprint else {
            throw failure("wrong fingerprint; import the data again")
        }
        guard shape.height > 0, shape.width > 0, shape.channels > 0, classes > 0,
            mean.count == shape.channels, deviation.count == shape.channels
        else { throw failure("impossible shape \(shape), \(classes) classes") }
        guard Set(splits.map(\.name)).count == splits.count else {
            throw failure("a split is named twice")
        }
        for split in splits where split.shards.reduce(0, { $0 + $1.count }) != split.count {
            throw failure("the shards of \(split.name) do not add up to \(split.count) samples")
        }
        for shard in splits.flatMap(\.shards)
        where shard.file.contains("/") || shard.count < 0 || shard.file.hasPrefix(".") {
            throw failure("impossible shard \(shard.file)")
        }
    }

    /// One line for what the JSON decoder says.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "the key \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "the value of \(context.codingPath.map(\.stringValue).joined(separator: ".")) "
                + "has the wrong type"
        default: "this is no valid JSON index"
        }
    }
}

extension ShardIndex {
    /// Creates an index and computes its two hashes.
    package init(
        name: String, shape: ImageShape, classes: Int, mean: [Double], deviation: [Double],
        splits: [Split]
    ) {
        schemaVersion = Self.currentSchemaVersion
        self.name = name
        self.shape = shape
        self.classes = classes
        self.mean = mean
        self.deviation = deviation
        self.splits = splits
        fingerprint = ""
        checksum = ""
        fingerprint = expectedFingerprint
        checksum = expectedChecksum
    }
}
