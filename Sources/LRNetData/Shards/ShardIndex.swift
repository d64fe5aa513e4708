import Foundation
package import LRNetKernels
import LRNetSupport

/// The content of a shard set's `index.json`: a description of the set and the hashes that identify
/// it.
///
/// Two hashes protect it. ``fingerprint`` identifies the samples and does not depend on their
/// division into shards. ``checksum`` covers every other field of this index, so that any changed
/// digit is detected.
///
/// Version 1 of the format had no ``encoding`` (all sets were raw) and no ``classNames``. It can
/// still be read.
package struct ShardIndex: Sendable, Codable, Equatable {
    /// The index entry of a shard.
    package struct Shard: Sendable, Codable, Equatable {
        /// The file name in the set's folder: `train-00000.h5`.
        package var file: String

        /// The number of samples.
        package var count: Int

        /// The size of the file in bytes.
        package var byteCount: Int

        /// The SHA-256 of the file.
        package var sha256: String
    }

    /// The index entry of a split; its samples are in the order of the shards.
    package struct Split: Sendable, Codable, Equatable {
        package var name: DataSplit

        /// The number of samples.
        package var count: Int

        /// The SHA-256 over all samples in order. Each sample contributes the bytes of the image,
        /// then the label as four little-endian bytes. In an encoded set, the number of bytes comes
        /// first, as eight little-endian bytes.
        package var samplesSHA256: String

        package var shards: [Shard]
    }

    /// The version of the format that this program writes.
    package static let currentSchemaVersion = 2

    /// The versions that this program reads.
    static let readableSchemaVersions = 1...currentSchemaVersion

    package static let fileName = "index.json"

    package var schemaVersion: Int

    /// The name of the set: `mnist`.
    package var name: String

    /// The storage format of the images.
    package var encoding: ImageEncoding

    /// The shape of every image of a raw set; pixels are bytes.
    ///
    /// In an encoded set, images vary in size. Height and width are then both the maximum shorter
    /// side, to which larger images were reduced. The channels are those of a decoded image.
    package var shape: ImageShape

    /// The number of classes; labels are `0 ..< classes`.
    package var classes: Int

    /// The class names by label, if the source had names.
    package var classNames: [String]?

    /// The mean of the train split's pixels per channel, on the scale [0, 1].
    ///
    /// It covers all pixels of all images as stored (in an encoded set, decoded but not cropped),
    /// so larger images have more weight.
    package var mean: [Double]

    /// The population standard deviation of the same pixels per channel, on the scale [0, 1].
    package var deviation: [Double]

    package var splits: [Split]

    /// The SHA-256 over encoding (unless raw), shape, classes and the splits' names, counts and
    /// sample hashes.
    package var fingerprint: String

    /// The SHA-256 over all other fields.
    package var checksum: String

    /// The split with this name, if the set has it.
    package subscript(split: DataSplit) -> Split? { splits.first { $0.name == split } }

    /// Returns the name of a class, or its number if the classes have no names.
    ///
    /// - Precondition: The label is in `0 ..< classes`.
    package func className(_ label: Int) -> String { classNames?[label] ?? String(label) }

    /// The fingerprint that matches the other fields.
    var expectedFingerprint: String {
        var lines = ["lrnet samples 1", "shape \(shape)", "classes \(classes)"]
        // Raw sets keep their fingerprint of version 1.
        if encoding != .raw { lines.append("encoding \(encoding.rawValue)") }
        for split in splits {
            lines.append("\(split.name) \(split.count) \(split.samplesSHA256)")
        }
        return ContentHash.of(lines.joined(separator: "\n"))
    }

    /// The checksum that matches the other fields. Floating-point numbers contribute their bit
    /// patterns.
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

    /// The end of the last line. If it is missing, the file was truncated.
    private static let lastByte: UInt8 = 0x0A

    /// Returns the JSON text with sorted keys.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [Self.lastByte]
    }

    /// Reads an index and performs every check that needs no shard.
    ///
    /// - Parameter path: The path of the file, for error messages.
    /// - Throws: `Failure` (65) that describes the problem.
    package init(decoding bytes: [UInt8], path: String) throws {
        let site = FailureSite("index", path)
        if let found = ForeignContent.standIn(bytes) { throw site.badData(found.message) }
        guard bytes.last == Self.lastByte else {
            throw site.badData(
                "damaged: its end is missing; create the data set again in a new folder")
        }
        struct Version: Decodable { let schemaVersion: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).schemaVersion
            guard Self.readableSchemaVersions.contains(version) else {
                throw site.badData(
                    "schema version \(version), but this program reads versions 1 to "
                        + "\(Self.currentSchemaVersion); create the data set again in a new folder")
            }
            self = try JSONDecoder().decode(ShardIndex.self, from: Data(bytes))
        } catch let error as Failure {
            throw error
        } catch {
            throw site.badData("\(Self.reason(error)); create the data set again in a new folder")
        }
        guard checksum == expectedChecksum else {
            throw site.badData(
                "damaged or edited (wrong checksum); create the data set again in a new folder")
        }
        guard fingerprint == expectedFingerprint else {
            throw site.badData("wrong fingerprint; create the data set again in a new folder")
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

    /// Returns a one-line description of a JSON decoding error.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "the key \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "the value of \(context.codingPath.map(\.stringValue).joined(separator: ".")) "
                + "has the wrong type"
        default: "is not a valid JSON index"
        }
    }
}

extension ShardIndex {
    /// Decodes any readable version. Fields that version 1 did not have receive the values that it
    /// implied.
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
