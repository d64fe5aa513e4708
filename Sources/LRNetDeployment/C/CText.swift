internal import Foundation

/// Builds C source text.
struct CText {
    private(set) var text = ""

    /// The longest line.
    private static let width = 100

    mutating func add(_ lines: String) { text += lines + "\n" }

    /// Adds a comment, wrapped to the width.
    mutating func comment(_ words: String) {
        var lines: [String] = []
        var line = "/*"
        for word in words.replacing("*/", with: "* /").split(separator: " ") {
            if line.utf8.count + word.utf8.count + 4 > Self.width {
                lines.append(line)
                line = "  "
            }
            line += " \(word)"
        }
        add((lines + ["\(line) */"]).joined(separator: "\n"))
    }

    /// Adds a constant array.
    ///
    /// - Parameter sizes: The sizes of a matrix, or the size of a vector.
    mutating func array(
        _ type: String, _ name: String, _ sizes: [Int], _ values: [String]
    ) {
        let brackets = sizes.map { "[\($0)]" }.joined()
        guard sizes.count == 2 else {
            add("static const \(type) \(name)\(brackets) = {\n\(Self.list(values))};")
            return
        }
        let rows = (0..<sizes[0]).map { row in
            "{\n\(Self.list(Array(values[row * sizes[1]..<(row + 1) * sizes[1]])))}"
        }
        add("static const \(type) \(name)\(brackets) = {\(rows.joined(separator: ", "))};")
    }

    mutating func array<Value: FixedWidthInteger>(
        _ type: String, _ name: String, _ sizes: [Int], _ values: [Value]
    ) {
        array(type, name, sizes, values.map { "\($0)" })
    }

    /// Adds real numbers, whose shortest decimal form a C compiler reads as the same number.
    mutating func array(_ name: String, _ sizes: [Int], _ values: [Float]) {
        array("float", name, sizes, values.map { "\($0)f" })
    }

    /// Joins values with commas and breaks the lines.
    private static func list(_ values: [String]) -> String {
        var result = "    "
        var column = 4
        for (index, value) in values.enumerated() {
            let part = index + 1 < values.count ? "\(value)," : value
            if column + part.utf8.count + 2 > width {
                result += "\n    "
                column = 4
            }
            result += part
            column += part.utf8.count
        }
        return result
    }

    /// Returns a layer's name as a C identifier.
    static func identifier(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
