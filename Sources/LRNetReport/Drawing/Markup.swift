/// An element of SVG or HTML: a name, attributes in order, and contents.
///
/// All text is escaped, so that the name of a run or layer cannot become markup.
package struct Markup: Sendable {
    private enum Content: Sendable {
        case element(Markup)
        case text(String)
        case raw(String)
    }

    private let name: String
    private var attributes: [(name: String, value: String)]
    private var contents: [Content] = []

    package init(_ name: String, _ attributes: [(name: String, value: String)] = []) {
        self.name = name
        self.attributes = attributes
    }

    package init(
        _ name: String, _ attributes: [(name: String, value: String)] = [], text: String
    ) {
        self.init(name, attributes)
        contents = [.text(text)]
    }

    package init(
        _ name: String, _ attributes: [(name: String, value: String)] = [], _ children: [Markup]
    ) {
        self.init(name, attributes)
        contents = children.map { .element($0) }
    }

    package mutating func append(_ child: Markup) { contents.append(.element(child)) }

    package mutating func append(_ children: [Markup]) {
        contents += children.map { .element($0) }
    }

    package mutating func append(text: String) { contents.append(.text(text)) }

    /// Adds text without escaping it, such as a style sheet.
    package mutating func append(raw: String) { contents.append(.raw(raw)) }

    /// Adds or replaces an attribute.
    package mutating func set(_ name: String, _ value: String) {
        attributes.removeAll { $0.name == name }
        attributes.append((name, value))
    }

    /// The elements of HTML that have no end tag.
    private static let voidElements = ["meta", "img", "br", "link"]

    /// The element as text. Empty elements of SVG are written as `<g/>`, which HTML supports only
    /// inside SVG.
    package var source: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to result: inout String) {
        result += "<\(name)"
        for attribute in attributes {
            result += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
        }
        if Self.voidElements.contains(name) {
            result += ">"
            return
        }
        if contents.isEmpty {
            result += Self.isDrawn(name) ? "/>" : "></\(name)>"
            return
        }
        result += ">"
        for content in contents {
            switch content {
            case .element(let element): element.write(to: &result)
            case .text(let text): result += Self.escaped(text)
            case .raw(let raw): result += raw
            }
        }
        result += "</\(name)>"
        if ["p", "section", "figure", "svg", "tr", "h2", "h3"].contains(name) { result += "\n" }
    }

    private static func isDrawn(_ name: String) -> Bool {
        ["path", "line", "rect", "circle", "g", "image", "polyline"].contains(name)
    }

    /// Escapes text for an element or an attribute. Characters that XML forbids are omitted.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Formats a coordinate or length with at most two decimals.
func coordinate(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    guard rounded.isFinite else { preconditionFailure("a coordinate of \(value)") }
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
