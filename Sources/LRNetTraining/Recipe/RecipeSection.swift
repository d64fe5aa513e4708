internal import Foundation
internal import LRNetSupport
internal import Yams

/// A reader for one mapping of a recipe file. It returns typed values and detects keys that were
/// never read.
final class RecipeSection {
    /// The file, for messages.
    let file: String

    /// The path of the mapping: empty, or `training.`.
    let path: String

    private var nodes: [String: Node] = [:]
    private var known: [String] = []

    init(file: String, path: String = "", node: Node?) throws {
        self.file = file
        self.path = path
        guard let node, !Self.isNull(node) else { return }
        guard let mapping = node.mapping else {
            let section = String(path.dropLast())
            let word = node.string
            let hint =
                word != nil && RecipeKey.named("\(section).name") != nil
                ? "\(section): {name: \(word ?? "")}" : "`key: value` lines"
            throw failure(
                path.isEmpty ? "the file" : section,
                "'\(word ?? "a list")' is not a mapping; write \(hint)")
        }
        for (key, value) in mapping {
            guard let name = key.string else { throw failure(path, "a key must be a string") }
            guard nodes[name] == nil else { throw failure(path + name, "the key appears twice") }
            nodes[name] = value
        }
    }

    func section(_ key: String) throws -> RecipeSection {
        known.append(key)
        return try RecipeSection(file: file, path: "\(path)\(key).", node: nodes[key])
    }

    /// Returns a section that may be written as one word, which is short for `inner: word`.
    func section(_ key: String, orWord inner: String) throws -> RecipeSection {
        known.append(key)
        guard let node = nodes[key], let word = node.string else { return try section(key) }
        return try RecipeSection(
            file: file, path: "\(path)\(key).", node: Node([(Node(inner), Node(word))]))
    }

    func read(_ key: String, _ value: inout Int, in range: ClosedRange<Int>) throws {
        guard let node = node(key) else { return }
        guard let number = Self.whole(node) else {
            throw failure(key, node, "is not a whole number")
        }
        guard range.contains(number) else {
            throw failure(key, node, Self.advice(number, range))
        }
        value = number
    }

    /// Returns a whole number with any number of digits. Numbers beyond `Int` become `Int.max` or
    /// `Int.min`.
    private static func whole(_ node: Node) -> Int? {
        guard let text = node.string else { return nil }
        if let number = Int(text) { return number }
        guard text.wholeMatch(of: /[+-]?[0-9]+/) != nil else { return nil }
        return text.hasPrefix("-") ? .min : .max
    }

    private static func advice(_ number: Int, _ range: ClosedRange<Int>) -> String {
        "is out of range; "
            + (number < range.lowerBound
                ? "at least \(range.lowerBound)" : "at most \(range.upperBound)")
    }

    func read(_ key: String, _ value: inout Int?, in range: ClosedRange<Int>) throws {
        guard let node = node(key), !isNull(node) else { return }
        var number = 0
        try read(key, &number, in: range)
        value = number
    }

    func read(_ key: String, _ value: inout UInt64) throws {
        guard let node = node(key) else { return }
        guard let number = UInt64(node.string ?? "") else {
            throw failure(key, node, "is not a whole number from 0 to 2^64 - 1")
        }
        value = number
    }

    func read(
        _ key: String, _ value: inout Double, in bounds: NumberBounds
    ) throws {
        guard let node = node(key) else { return }
        guard let number = Self.number(node) else {
            throw failure(key, node, "is not a number")
        }
        if let advice = bounds.advice(number) {
            throw failure(key, node, "is out of range; \(advice)")
        }
        value = number
    }

    /// Returns a number; infinite if its magnitude is too large for `Double`.
    private static func number(_ node: Node) -> Double? {
        guard let text = node.string, let number = Double(text), !number.isNaN else { return nil }
        return number.isFinite || text.contains(where: \.isNumber) ? number : nil
    }

    func read(_ key: String, _ value: inout Double?, in bounds: NumberBounds) throws {
        guard let node = node(key), !isNull(node) else { return }
        var number = 0.0
        try read(key, &number, in: bounds)
        value = number
    }

    func read(_ key: String, _ value: inout [Int], in range: ClosedRange<Int>) throws {
        guard let node = node(key) else { return }
        guard let sequence = node.sequence else {
            throw failure(key, node, Self.listAdvice(node))
        }
        value = try sequence.map { item in
            guard let number = Self.whole(item), number >= range.lowerBound else {
                throw failure(key, item, "is not a whole number of at least \(range.lowerBound)")
            }
            guard range.contains(number) else {
                throw failure(key, item, Self.advice(number, range))
            }
            return number
        }
    }

    func read(_ key: String, _ value: inout Bool) throws {
        guard let node = node(key) else { return }
        guard let word = node.string, ["true", "false"].contains(word) else {
            throw failure(key, node, "must be true or false")
        }
        value = word == "true"
    }

    /// Returns the numbers of a list, or a single number as a list of one.
    func numbers(_ key: String, _ node: Node, in bounds: NumberBounds) throws -> [Double] {
        let items = node.sequence.map(Array.init) ?? [node]
        return try items.map { item in
            guard let number = Self.number(item) else {
                throw failure(key, item, "is not a number")
            }
            if let advice = bounds.advice(number) {
                throw failure(key, item, "is out of range; \(advice)")
            }
            return number
        }
    }

    func read(_ key: String, _ value: inout [String]) throws {
        guard let node = node(key) else { return }
        guard let sequence = node.sequence else {
            throw failure(key, node, Self.listAdvice(node))
        }
        value = try sequence.map { item in
            guard let text = item.string else { throw failure(key, item, "must be a string") }
            return text
        }
    }

    func read(_ key: String, _ value: inout String?) throws {
        guard let node = node(key), !isNull(node) else { return }
        guard let text = node.string else { throw failure(key, node, "must be a string") }
        value = text
    }

    func read<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, _ value: inout Choice
    ) throws {
        let word = try word(key, of: Choice.allCases.map(\.rawValue))
        if let choice = word.flatMap(Choice.init(rawValue:)) { value = choice }
    }

    /// Returns one of the words in `names`; `nil` if the section lacks the key.
    func word(_ key: String, of names: [String]) throws -> String? {
        guard let node = node(key) else { return nil }
        if let word = node.string, names.contains(word) { return word }
        if let mapping = node.mapping {
            let keys = mapping.keys.compactMap(\.string).joined(separator: ", ")
            throw failure(
                path + key,
                "must be one word: \(names.joined(separator: ", "))"
                    + (keys.isEmpty ? "" : "; \(keys) is not available"))
        }
        let near = node.string.flatMap { Spelling.nearest($0, among: names) }
        let hint = near.map { "; did you mean \($0)?" } ?? ""
        throw failure(key, node, "is not one of \(names.joined(separator: ", "))\(hint)")
    }

    private static func listAdvice(_ node: Node) -> String {
        "must be a list, for example [\(node.string ?? "100")]"
    }

    /// Returns true if the key is absent or null.
    func isLeftOut(_ key: String) -> Bool { nodes[key].map(isNull) ?? true }

    /// Returns the node of a key, for values of several kinds.
    func node(_ key: String) -> Node? {
        if !known.contains(key) { known.append(key) }
        return nodes[key]
    }

    /// Throws if the section has a key that was never read.
    func finish() throws {
        guard let unknown = nodes.keys.filter({ !known.contains($0) }).min() else { return }
        let hint = RecipeHint.text(for: unknown, in: path, known: known)
        throw failure(path + unknown, "unknown key; \(hint)")
    }

    func failure(_ key: String, _ node: Node, _ message: String) -> Failure {
        let text = node.string ?? (node.sequence == nil ? "a mapping" : "a list")
        return failure(path + key, "'\(text)' \(message)")
    }

    func failure(_ key: String, _ message: String) -> Failure {
        Failure(call: "recipe \(file)", subject: key, message: message, exitStatus: .badRecipe)
    }

    func isNull(_ node: Node) -> Bool { Self.isNull(node) }

    static func isNull(_ node: Node) -> Bool {
        let isQuoted = [.singleQuoted, .doubleQuoted].contains(node.scalar?.style)
        return !isQuoted && ["null", "~", ""].contains(node.string)
    }
}
