internal import LRNetSupport

/// The form of values of one type in a recipe.
struct RecipeForm<Value: Sendable>: Sendable {
    /// The type in words: `whole number`, `one of drop, keep`.
    let type: String

    /// The bounds in words: `at least 1`; empty if there are none.
    var bounds = ""

    /// Reads the value of a key in a section; leaves it unchanged if the section lacks the key.
    let read:
        @Sendable (_ section: RecipeSection, _ key: String, _ value: inout Value) throws -> Void

    /// Returns the text after `key: `; `null` if no value is set.
    let text: @Sendable (Value) -> String
}

extension RecipeForm where Value == Int {
    static func whole(_ range: ClosedRange<Int>) -> Self {
        RecipeForm(type: "whole number", bounds: range.words) {
            try $0.read($1, &$2, in: range)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == Int {
    /// Returns the form ``whole(_:)`` that also accepts null, for a value derived from other keys.
    static func derivedWhole(_ range: ClosedRange<Int>) -> Self {
        RecipeForm(type: "whole number or null", bounds: range.words) {
            section, key, value in
            if let node = section.node(key), section.isNull(node) { return }
            try section.read(key, &value, in: range)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == Int? {
    static func whole(_ range: ClosedRange<Int>) -> Self {
        RecipeForm(type: "whole number or null", bounds: range.words) {
            try $0.read($1, &$2, in: range)
        } text: { value in
            value.map { "\($0)" } ?? "null"
        }
    }
}

extension RecipeForm where Value == UInt64 {
    static var seed: Self {
        RecipeForm(type: "whole number", bounds: "0 to 2^64 - 1") {
            try $0.read($1, &$2)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == Double {
    static func number(_ bounds: NumberBounds) -> Self {
        RecipeForm(type: "number", bounds: bounds.text) {
            try $0.read($1, &$2, in: bounds)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == Double? {
    static func number(_ bounds: NumberBounds) -> Self {
        RecipeForm(type: "number or null", bounds: bounds.text) {
            try $0.read($1, &$2, in: bounds)
        } text: { value in
            value.map { "\($0)" } ?? "null"
        }
    }
}

extension RecipeForm where Value == Bool {
    static var flag: Self {
        RecipeForm(type: "true or false") {
            try $0.read($1, &$2)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == [Int] {
    static func wholes(_ range: ClosedRange<Int>) -> Self {
        RecipeForm(type: "list of whole numbers", bounds: "each \(range.words)") {
            try $0.read($1, &$2, in: range)
        } text: {
            "\($0)"
        }
    }
}

extension RecipeForm where Value == [String] {
    static var words: Self {
        RecipeForm(type: "list of words") {
            try $0.read($1, &$2)
        } text: {
            "[\($0.joined(separator: ", "))]"
        }
    }
}

extension RecipeForm where Value == String {
    static func word(_ type: String) -> Self {
        RecipeForm(type: type) { section, key, value in
            var text: String?
            try section.read(key, &text)
            value = text ?? value
        } text: {
            $0
        }
    }
}

extension RecipeForm where Value == String {
    static func word(of words: [String]) -> Self {
        RecipeForm(type: "one of " + words.joined(separator: ", ")) {
            if let word = try $0.word($1, of: words) { $2 = word }
        } text: {
            $0
        }
    }
}

extension RecipeForm where Value == String? {
    static var path: Self {
        RecipeForm(type: "path or null") {
            try $0.read($1, &$2)
        } text: { value in
            guard let value else { return "null" }
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\"\(escaped)\""
        }
    }
}

extension RecipeForm
where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
    static var choice: Self {
        RecipeForm(type: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")) {
            try $0.read($1, &$2)
        } text: {
            $0.rawValue
        }
    }
}

extension ClosedRange<Int> {
    /// The range in words: `at least 1 and at most 1024`.
    fileprivate var words: String { "at least \(lowerBound) and at most \(upperBound)" }
}
