internal import Foundation
internal import LRNetSupport
internal import Yams

/// One mapping of a recipe file while it is read: hands out typed values, and in the end knows
/// which keys nobody asked for.
final class RecipeSection {
    /// The file, for messages.
    let file: String

    /// The keys that lead here: empty, or `training.`.
    let path: String

    private var nodes: [String: Node] = [:]
    private var known: [String] = []

    init(file: String, path: String = "", node: Node?) throws {
        self.file = file
        self.path = path
        guard let node, !Self.isNull(node) else { return }
        guard let mapping = node.mapping else {
            throw failure(
                path.isEmpty ? "the file" : String(path.dropLast()),
                "'\(node.string ?? "a list")' is no mapping; write `key: value` lines")
        }
        for (key, value) in mapping {
            guard let name = key.string else { throw failure(path, "a key is not a word") }
            guard nodes[name] == nil else { throw failure(path + name, "the key stands twice") }
            nodes[name] = value
        }
    }

    func section(_ key: String) throws -> RecipeSection {
        known.append(key)
        return try RecipeSection(file: file, path: "\(path)\(key).", node: nodes[key])
    }

    /// A section that may also be one word, which then stands for `key: word` in it.
    func section(_ key: String, orWord inner: String) throws -> RecipeSection {
        known.append(key)
        guard let node = nodes[key], let word = node.string else { return try section(key) }
        return try RecipeSection(
            file: file, path: "\(path)\(key).", node: Node([(Node(inner), Node(word))]))
    }

    func read(_ key: String, _ value: inout Int, in range: PartialRangeFrom<Int>) throws {
        guard let node = node(key) else { return }
        guard let number = Int(node.string ?? "") else {
            throw failure(key, node, "is not a whole number")
        }
        guard range.contains(number) else {
            throw failure(key, node, "is out of range; at least \(range.lowerBound)")
        }
        value = number
    }

    func read(_ key: String, _ value: inout Int?, in range: PartialRangeFrom<Int>) throws {
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
        _ key: String, _ value: inout Double, from low: Double, below high: Double = .infinity,
        excludingLow: Bool = false
    ) throws {
        guard let node = node(key) else { return }
        guard let number = Double(node.string ?? ""), number.isFinite else {
            throw failure(key, node, "is not a number")
        }
        guard number >= low && number < high && !(excludingLow && number == low) else {
            let lower = excludingLow ? "more than \(low)" : "at least \(low)"
            let upper = high.isFinite ? " and below \(high)" : ""
            throw failure(key, node, "is out of range; \(lower)\(upper)")
        }
        value = number
    }

    func read(_ key: String, _ value: inout Double?, above low: Double) throws {
        guard let node = node(key), !isNull(node) else { return }
        var number = 0.0
        try read(key, &number, from: low, excludingLow: true)
        value = number
    }

    func read(_ key: String, _ value: inout [Int], in range: PartialRangeFrom<Int>) throws {
        guard let node = node(key) else { return }
        guard let sequence = node.sequence else {
            throw failure(key, node, "is no list; write [100] or []")
        }
        value = try sequence.map { item in
            guard let number = Int(item.string ?? ""), range.contains(number) else {
                throw failure(key, item, "is no whole number of at least \(range.lowerBound)")
            }
            return number
        }
    }

    func read(_ key: String, _ value: inout Bool) throws {
        guard let node = node(key) else { return }
        guard let word = node.string, ["true", "false"].contains(word) else {
            throw failure(key, node, "is neither true nor false")
        }
        value = word == "true"
    }

    /// Numbers of a list, or a single number as a list of one.
    func numbers(_ key: String, _ node: Node, least: Double) throws -> [Double] {
        let items = node.sequence.map(Array.init) ?? [node]
        return try items.map { item in
            guard let number = Double(item.string ?? ""), number.isFinite else {
                throw failure(key, item, "is not a number")
            }
            guard number >= least else {
                throw failure(key, item, "is out of range; at least \(least)")
            }
            return number
        }
    }

    func read(_ key: String, _ value: inout [String]) throws {
        guard let node = node(key) else { return }
        guard let sequence = node.sequence else {
            throw failure(key, node, "is no list; write [a, b]")
        }
        value = try sequence.map { item in
            guard let text = item.string else { throw failure(key, item, "is no word") }
            return text
        }
    }

    func read(_ key: String, _ value: inout String?) throws {
        guard let node = node(key), !isNull(node) else { return }
        guard let text = node.string else { throw failure(key, node, "is no text") }
        value = text
    }

    func read<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, _ value: inout Choice
    ) throws {
        guard let node = node(key) else { return }
        guard let choice = Choice(rawValue: node.string ?? "") else {
            let names = Choice.allCases.map(\.rawValue)
            let near = node.string.flatMap { Spelling.nearest($0, among: names) }
            let hint = near.map { "; did you mean \($0)?" } ?? ""
            throw failure(key, node, "is none of \(names.joined(separator: ", "))\(hint)")
        }
        value = choice
    }

    /// The node of a key, for values that are one of several kinds.
    func node(_ key: String) -> Node? {
        if !known.contains(key) { known.append(key) }
        return nodes[key]
    }

    /// Throws if the section has a key that was not asked for.
    func finish() throws {
        guard let unknown = nodes.keys.filter({ !known.contains($0) }).min() else { return }
        let near = Spelling.nearest(unknown, among: known)
        let hint =
            near.map { "did you mean \(path)\($0)?" }
            ?? "known here: \(known.joined(separator: ", "))"
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

    private static func isNull(_ node: Node) -> Bool {
        let isQuoted = [.singleQuoted, .doubleQuoted].contains(node.scalar?.style)
        return !isQuoted && ["null", "~", ""].contains(node.string)
    }
}

/// Finds what a misspelt word was meant to be.
enum Spelling {
    /// The nearest candidate, if it is near: at most a third of the letters differ.
    static func nearest(_ word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
        return best.1 <= max(1, max(word.count, best.0.count) / 3) ? best.0 : nil
    }

    /// The number of letters to insert, delete or replace.
    static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (letter == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
