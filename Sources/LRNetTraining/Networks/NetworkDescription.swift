internal import Foundation
package import LRNetData
internal import LRNetKernels
package import LRNetLayers
package import LRNetSupport

/// The part of a network file's metadata that is needed to rebuild the network and prepare its
/// inputs: compact JSON with sorted keys in `architecture`, `preprocessing` and, if the data set
/// has class names, `classNames`.
///
///     architecture   {"blocks":["32C5","MP2"],"classes":10,"firstLayer":"discrete","input":[28,28,1],
///                     "lastLayer":"full-precision","padding":"same","shortcut":"projection"}
///     preprocessing  {"crop":32,"pad":4,"standardize":"image"}
///
/// `shorterSide` and `crop` are absent if images are used at their original size. `standardize` is
/// `"none"` (values / 255), `"image"`, or the `mean` and `deviation` of each channel on the scale
/// [0, 1].
package struct NetworkDescription: Sendable, Equatable {
    package let architecture: Architecture

    package let classes: Int

    package let preprocessing: Preprocessing

    package let classNames: [String]?

    package init(
        architecture: Architecture, classes: Int, preprocessing: Preprocessing,
        classNames: [String]?
    ) {
        self.architecture = architecture
        self.classes = classes
        self.preprocessing = preprocessing
        self.classNames = classNames
    }

    // MARK: Metadata

    private struct Blocks: Codable {
        var blocks: [String]
        var classes: Int
        var firstLayer: String
        var input: [Int]
        var lastLayer: String
        var padding: String
        var shortcut: String
    }

    private struct ImageSettings: Codable {
        var crop: Int?
        var pad: Int
        var shorterSide: Int?
        var standardize: Standardization
    }

    private struct Constants: Codable {
        var deviation: [Double]
        var mean: [Double]
    }

    private enum Standardization: Codable {
        case word(String)
        case constants(Constants)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let word = try? container.decode(String.self) {
                self = .word(word)
            } else {
                self = .constants(try container.decode(Constants.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .word(let word): try container.encode(word)
            case .constants(let constants): try container.encode(constants)
            }
        }
    }

    /// The metadata's keys and values.
    package var metadata: [String: String] {
        get throws {
            let input = architecture.input
            var result = [
                "architecture": try Self.json(
                    Blocks(
                        blocks: architecture.blocks.map(\.description), classes: classes,
                        firstLayer: architecture.firstLayer.rawValue,
                        input: [input.height, input.width, input.channels],
                        lastLayer: architecture.lastLayer.rawValue,
                        padding: architecture.padding.rawValue,
                        shortcut: architecture.shortcut.rawValue)),
                "preprocessing": try Self.json(
                    ImageSettings(
                        crop: preprocessing.crop, pad: preprocessing.pad,
                        shorterSide: preprocessing.shorterSide,
                        standardize: Self.standardization(preprocessing.scaling))),
            ]
            if let classNames { result["classNames"] = try Self.json(classNames) }
            return result
        }
    }

    private static func standardization(_ scaling: Preprocessing.Scaling) -> Standardization {
        switch scaling {
        case .unit: .word("none")
        case .image: .word("image")
        case .channels(let mean, let deviation):
            .constants(Constants(deviation: deviation, mean: mean))
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Reads the metadata of a file.
    ///
    /// - Throws: `Failure` (65) that names the file and the key.
    package init(metadata: [String: String], site: FailureSite) throws {
        func decode<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
            guard let text = metadata[key] else { throw site.badData("has no \(key)") }
            guard let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) else {
                throw site.badData("\(key) cannot be read by this version: \(text)")
            }
            return value
        }
        let blocks = try decode("architecture", Blocks.self)
        func word<Choice: RawRepresentable<String>>(_ text: String, _ type: Choice.Type) throws
            -> Choice
        {
            guard let choice = Choice(rawValue: text) else {
                throw site.badData("architecture has '\(text)', which this version does not know")
            }
            return choice
        }
        guard blocks.input.count == 3, blocks.input.allSatisfy({ (1...65_536).contains($0) }),
            blocks.classes >= 2, !blocks.blocks.isEmpty
        else {
            throw site.badData(
                "architecture has input \(blocks.input), \(blocks.blocks.count) blocks and "
                    + "\(blocks.classes) classes")
        }
        let input = ImageShape(
            height: blocks.input[0], width: blocks.input[1], channels: blocks.input[2])
        var architecture: Architecture
        do {
            architecture = Architecture(
                name: metadata["network"] ?? "custom", input: input, classes: blocks.classes,
                blocks: try blocks.blocks.flatMap(BlockNotation.blocks(in:)))
        } catch {
            throw site.badData("architecture: \(error)")
        }
        architecture.firstLayer = try word(blocks.firstLayer, Architecture.FirstLayer.self)
        architecture.lastLayer = try word(blocks.lastLayer, Architecture.LastLayer.self)
        architecture.padding = try word(blocks.padding, Architecture.PaddingRule.self)
        architecture.shortcut = try word(blocks.shortcut, Architecture.Shortcut.self)
        if let problem = architecture.problem { throw site.badData("architecture: \(problem)") }
        self.architecture = architecture
        classes = blocks.classes

        let images = try decode("preprocessing", ImageSettings.self)
        let scaling: Preprocessing.Scaling
        switch images.standardize {
        case .word("none"): scaling = .unit
        case .word("image"): scaling = .image
        case .constants(let constants)
        where constants.mean.count == input.channels
            && constants.deviation.count == input.channels
            && constants.deviation.allSatisfy({ $0 > 0 }):
            scaling = .channels(mean: constants.mean, deviation: constants.deviation)
        case .word, .constants:
            throw site.badData("preprocessing has an unknown standardization of \(input)")
        }
        guard images.pad >= 0, images.crop ?? 1 > 0, images.shorterSide ?? 1 > 0 else {
            throw site.badData("preprocessing has sizes out of range")
        }
        preprocessing = Preprocessing(
            shorterSide: images.shorterSide, crop: images.crop, pad: images.pad,
            shape: input, scaling: scaling)
        classNames =
            metadata["classNames"] == nil ? nil : try decode("classNames", [String].self)
        guard classNames.map({ $0.count == blocks.classes }) ?? true else {
            throw site.badData(
                "classNames has \(classNames?.count ?? 0) names for \(blocks.classes) classes")
        }
    }
}
