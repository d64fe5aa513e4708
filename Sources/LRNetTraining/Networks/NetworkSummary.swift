internal import Foundation
internal import LRNetData
internal import LRNetLayers
internal import LRNetSupport

/// A summary of a network file, as text or JSON: everything except the values.
package struct NetworkSummary {
    private let file: NetworkFile

    package init(_ file: NetworkFile) {
        self.file = file
    }

    package var text: String {
        var table = TextTable(["tensor", "type", "shape", "values", "zeros", "bytes"])
        for name in file.contents.names {
            guard let tensor = file.contents.tensors[name] else { continue }
            table.append([
                name, tensor.type == .int8 ? "int8" : "float32", "\(tensor.shape)",
                TextTable.grouped(tensor.values.count), Self.zeros(tensor),
                TextTable.grouped(tensor.values.count * (tensor.type == .int8 ? 1 : 4)),
            ])
        }
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { key, value in
            key + String(repeating: " ", count: width + 2 - key.count) + value + "\n"
        }.joined() + "\n" + table.text
    }

    private static func zeros(_ tensor: SafeTensors.Tensor) -> String {
        guard tensor.type == .int8 else { return "-" }
        let zeros = tensor.values.count { $0 == 0 }
        return String(format: "%.1f%%", 100 * Double(zeros) / Double(max(tensor.values.count, 1)))
    }

    private var facts: [(String, String)] {
        let metadata = file.contents.metadata
        func value(_ key: String) -> String { metadata[key] ?? "not recorded" }
        let drawn = file.isLikeliest ? "the likeliest weights" : "draw \(value("draw"))"
        var facts = [
            ("file", file.path),
            (
                "format",
                value("format")
                    + (description == nil
                        ? "; without architecture: usable only with its run's folder" : "")
            ),
            (
                "SHA-256",
                "\(value("sha256")) (stored in the file; computed with zeros in its place)"
            ),
            ("method", value("weights")),
            ("network", value("network")),
        ]
        if let description {
            let architecture = description.architecture
            facts += [
                ("blocks", architecture.blocks.map(\.description).joined(separator: " ")),
                (
                    "",
                    "padding \(architecture.padding.rawValue), first layer "
                        + "\(architecture.firstLayer.rawValue), last layer "
                        + "\(architecture.lastLayer.rawValue), shortcut "
                        + "\(architecture.shortcut.rawValue)"
                ),
                ("input", "\(architecture.input), \(Self.text(description.preprocessing))"),
                (
                    "classes",
                    "\(description.classes)"
                        + (description.classNames.map { ": \($0.joined(separator: ", "))" } ?? "")
                ),
            ]
        } else {
            facts.append(("classes", value("classes")))
        }
        facts += [
            (
                "chosen",
                "step \(value("step")), \(drawn), validation error "
                    + (metadata["validationError"].flatMap(Double.init).map {
                        String(format: "%.2f %%", $0)
                    } ?? "not recorded")
            ),
            ("data set", "\(value("data")) (fingerprint)"),
            ("recipe", "\(value("recipe")) (fingerprint)"),
        ]
        return facts
    }

    private var description: NetworkDescription? {
        // The hash of the bytes was verified, so only values of a later version can fail here.
        try? file.description()
    }

    private static func text(_ preprocessing: Preprocessing) -> String {
        var parts: [String] = []
        if let side = preprocessing.shorterSide { parts.append("shorter side \(side)") }
        if preprocessing.pad > 0 { parts.append("pad \(preprocessing.pad)") }
        if let crop = preprocessing.crop { parts.append("central crop \(crop)") }
        switch preprocessing.scaling {
        case .unit: parts.append("values / 255")
        case .image: parts.append("standardized per image")
        case .channels(let mean, let deviation):
            parts.append("values / 255, minus \(mean), divided by \(deviation)")
        }
        return parts.joined(separator: ", ")
    }

    private struct Listing: Encodable {
        struct Entry: Encodable {
            var name: String
            var type: String
            var shape: [Int]
        }
        var file: String
        var metadata: [String: String]
        var tensors: [Entry]
    }

    /// One JSON object. The metadata's values are text, as in the file.
    package var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let entries = file.contents.names.compactMap { name in
                file.contents.tensors[name].map {
                    Listing.Entry(name: name, type: $0.type.rawValue, shape: $0.shape)
                }
            }
            return String(
                decoding: try encoder.encode(
                    Listing(
                        file: file.path, metadata: file.contents.metadata, tensors: entries)),
                as: UTF8.self)
        }
    }
}
