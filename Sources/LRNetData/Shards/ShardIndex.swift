import Foundation
package import LRNetKernels
import LRNetSupport

/// The content of a shard set's `index.json`: what the set holds and how to know it again.
///
/// Two hashes guard it. ``fingerprint`` names the samples themselves and does not depend on how
/// they are cut into shards; ``checksum`` covers every other field of this index, so that a changed
/// digit cannot go unnoticed.
///
/// Version 1 of the format had no ``encoding`` (all sets were raw) and no ``classNames``; it is still
/// read.
package struct ShardIndex: Sendable, Codable, Equatable {
    /// One shard.
    package struct Shard: Sendable, Codable, Equatable {
        /// The file's name in the set's folder: `train-00000.h5`.
        package var file: String

        /// The number of samples.
        package var count: Int

        /// The size of the file.
        package var byteCount: Int

        /// The SHA-256 of the file.
        package var sha256: String
    }

    /// The samples of one split, in order of the shards.
    package struct Split: Sendable, Codable, Equatable {
        /// Which split.
        package var name: DataSplit

        /// The number of samples.
        package var count: Int

        /// The SHA-256 over all samples in order: the bytes of the image, then the label as four
        /// little-endian bytes; in an encoded set the number of bytes, as eight, comes first.
        package var samplesSHA256: String

        /// The shards.
        package var shards: [Shard]
    }

    /// The version of this format that this program writes.
    package static let currentSchemaVersion = 2

    /// The versions that it reads.
    static let readableSchemaVersions = 1...currentSchemaVersion

    /// The name of the index in the set's folder.
    package static let fileName = "index.json"

    /// The version of the format.
    package var schemaVersion: Int

    /// What the set calls itself.
    package var name: String

    /// How pictures are stored.
    package var encoding: ImageEncoding

    /// The shape of every image of a raw set; pixels are bytes.
    ///
    /// In an encoded set pictures vary, and height and width are the shorter side to which larger
    /// ones were reduced; the channels are those of a decoded picture.
    package var shape: ImageShape

    /// The number of classes; labels are `0 ..< classes`.
    package var classes: Int

    /// The classes' names, by label, if the source had names.
    package var classNames: [String]?

    /// The mean of the train split's pixels, a channel, on the scale [0, 1].
    ///
    /// Over all pixels of all pictures as they are stored (an encoded set's pictures decoded, not
    /// cropped), so that a larger picture weighs more.
    package var mean: [Double]

    /// The (population) standard deviation of the train split's pixels, a channel, on the scale
    /// [0, 1], over the same pixels.
    package var deviation: [Double]

    /// The splits that are present.
    package var splits: [Split]

    /// SHA-256 over encoding, shape, classes and the splits' names, counts and sample hashes.
    package var fingerprint: String

    /// SHA-256 over all other fields.
    package var checksum: String

    /// The split of this name, if the set has it.
    package subscript(split: DataSplit) -> Split? { splits.first { $0.name == split } }

    /// A class's name, or its number where classes have none.
    ///
    /// - Precondition: The label is in `0 ..< classes`.
    package func className(_ label: Int) -> String { classNames?[label] ?? String(label) }

    /// The fingerprint that belongs to the other fields.
    var expectedFingerprint: String {
        var lines = ["lrnet samples 1", "shape \(shape)", "classes \(classes)"]
        // Raw sets keep the fingerprint that version 1 gave them.
        if encoding != .raw { lines.append("encoding \(encoding.rawValue)") }
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
        if schemaVersion > 1 {
            lines.append(encoding.rawValue)
            lines += (classNames ?? []).map { "class \($0)" }
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
    /// - Throws: ``Failure`` (65) that says what is wrong.
    package init(decoding bytes: [UInt8], path: String) throws {
        let site = FailureSite("index", path)
        if let found = ForeignContent.standIn(bytes) { throw site.badData(found.message) }
        guard bytes.last == Self.lastByte else {
            throw site.badData("damaged: its end is missing; import the data again")
        }
        struct Version: Decodable { let schemaVersion: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).schemaVersion
            guard Self.readableSchemaVersions.contains(version) else {
                throw site.badData(
                    "schema version \(version), but this program reads versions 1 to "
                        + "\(Self.currentSchemaVersion); import the data again")
            }
            self = try JSONDecoder().decode(ShardIndex.self, from: Data(bytes))
        } catch let error as Failure {
            throw error
        } catch {
            throw site.badData("\(Self.reason(error)); import the data again")
        }
        guard checksum == expectedChecksum else {
            throw site.badData("damaged or edited (wrong checksum); import the data again")
        }
        guard fingerprint == expectedFingerprint else {
            throw site.badData("wrong fingerprint; import the data again")
        }
        guard shape.height > 0, shape.width > 0, shape.channels > 0, classes > 0,
            mean.count == shape.channels, deviation.count == shape.channels
        else { throw site.badData("impossible shape \(shape), \(classes) classes") }
        guard classNames.map({ $0.count == classes }) ?? true else {
            throw site.badData("\(classNames?.count ?? 0) class names for \(classes) classes")
        }
        guard Set(splits.map(\.name)).count == splits.count else {
            throw site.badData("a split is named twice")
        }
        for split in splits where split.shards.reduce(0, { $0 + $1.count }) != split.count {
            throw site.badData(
                "the shards of \(split.name) do not add up to \(split.count) samples")
        }
        for shard in splits.flatMap(\.shards)
        where shard.file.contains("/") || shard.count < 0 || shard.file.hasPrefix(".") {
            throw site.badData("impossible shard \(shard.file)")
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
    /// Decodes any readable version; what version 1 did not have takes the values that it implied.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try values.decode(Int.self, forKey: .schemaVersion)
        name = try values.decode(String.self, forKey: .name)
        encoding =
            schemaVersion == 1 ? .raw : try values.decode(ImageEncoding.self, forKey: .encoding)
        shape = try values.decode(ImageShape.self, forKey: .shape)
        classes = try values.decode(Int.self, forKey: .classes)
        classNames = try values.decodeIfPresent([String].self, forKey: .classNames)
        mean = try values.decode([Double].self, forKey: .mean)
        deviation = try values.decode([Double].self, forKey: .deviation)
        splits = try values.decode([Split].self, forKey: .splits)
        fingerprint = try values.decode(String.self, forKey: .fingerprint)
        checksum = try values.decode(String.self, forKey: .checksum)
    }

    /// Creates an index and computes its two hashes.
    package init(
        name: String, encoding: ImageEncoding = .raw, shape: ImageShape, classes: Int,
        classNames: [String]? = nil, mean: [Double], deviation: [Double], splits: [Split]
    ) {
        schemaVersion = Self.currentSchemaVersion
        self.name = name
        self.encoding = encoding
        self.shape = shape
        self.classes = classes
        self.classNames = classNames
        self.mean = mean
        self.deviation = deviation
        self.splits = splits
        fingerprint = ""
        checksum = ""
        fingerprint = expectedFingerprint
        checksum = expectedChecksum
    }
}
