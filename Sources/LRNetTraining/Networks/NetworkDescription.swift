internal import Foundation
package import LRNetData
internal import LRNetKernels
package import LRNetLayers
package import LRNetSupport

/// What a network's file says besides its tensors, so that the network can be rebuilt and fed: compact JSON
/// with sorted keys in the metadata `architecture`, `preprocessing` and, where the data set has names,
/// `classNames`.
///
///     architecture   {"blocks":["32C5","MP2"],"classes":10,"firstLayer":"discrete","input":[28,28,1],
///                     "lastLayer":"full-precision","padding":"same","shortcut":"projection"}
///     preprocessing  {"crop":32,"pad":4,"standardize":"image"}
///
/// `shorterSide` and `crop` are absent for pictures as they are. `standardize` is `"none"` (values / 255),
/// `"image"`, or the `mean` and `deviation` of each channel on the scale [0, 1].
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

    private struct Pictures: Codable {
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
                    Pictures(
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
    /// - Throws: `Failure` (65) naming the file and the key.
    package init(metadata: [String: String], site: FailureSite) throws {
        func decode<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
            guard let text = metadata[key] else { throw site.badData("has no \(key)") }
            guard let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) else {
                throw site.badData("\(key) is not what this version reads: \(text)")
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

        let pictures = try decode("preprocessing", Pictures.self)
        let scaling: Preprocessing.Scaling
        switch pictures.standardize {
        case .word("none"): scaling = .unit
        case .word("image"): scaling = .image
        case .constants(let constants)
        where constants.mean.count == input.channels
            && constants.deviation.count == input.channels
            && constants.deviation.allSatisfy({ $0 > 0 }):
            scaling = .channels(mean: constants.mean, deviation: constants.deviation)
        case .word, .constants:
            throw site.badData("preprocessing has no standardization of \(input) that is known")
        }
        guard pictures.pad >= 0, pictures.crop ?? 1 > 0, pictures.shorterSide ?? 1 > 0 else {
            throw site.badData("preprocessing has sizes out of range")
        }
        preprocessing = Preprocessing(
            shorterSide: pictures.shorterSide, crop: pictures.crop, pad: pictures.pad,
            shape: input, scaling: scaling)
        classNames =
            metadata["classNames"] == nil ? nil : try decode("classNames", [String].self)
        guard classNames.map({ $0.count == blocks.classes }) ?? true else {
            throw site.badData(
                "classNames has \(classNames?.count ?? 0) names for \(blocks.classes) classes")
        }
    }
}
