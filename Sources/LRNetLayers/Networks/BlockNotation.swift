/// The words that describe networks.
package enum BlockNotation {
    /// The kinds of blocks, in the order of messages.
    package static let kinds: [any Block.Type] = [
        ConvolutionBlock.self,
        MaxPoolBlock.self,
        BasicResidualBlock.self,
        AveragePoolBlock.self,
        FullyConnectedBlock.self,
        DropoutBlock.self,
    ]

    /// A word that means no block.
    package struct UnknownWord: Error, CustomStringConvertible {
        /// The word and what is known, in one line.
        package let description: String
    }

    /// The words that ``blocks(in:)`` reads, with an example each.
    static var vocabulary: String {
        let words = kinds.flatMap { kind in
            kind.examples.map { $0.value.isEmpty ? $0.key : "\($0.key) (\($0.value))" }
        }
        return words.joined(separator: ", ") + "; 2x before a word repeats it"
    }

    /// Reads one word: a block, or `2x` and a block for two of it.
    package static func blocks(in word: String) throws -> [any Block] {
        guard let parts = word.wholeMatch(of: /(?:([1-9]\d{0,2})x)?(.+)/),
            let block = block(String(parts.output.2))
        else {
            throw UnknownWord(description: "'\(word)' is no block; known: \(vocabulary)")
        }
        let count = parts.output.1.flatMap { Int($0) } ?? 1
        return Array(repeating: block, count: count)
    }

    private static func block(_ word: String) -> (any Block)? {
        for kind in kinds {
            if let block = kind.init(notation: word) { return block }
        }
        return nil
    }

    /// A number of a word, or what stands for none.
    static func number(_ text: Substring?, _ fallback: Int = 0) -> Int {
        text.flatMap { Int($0) } ?? fallback
    }

    /// `/2`, or nothing where the stride goes without saying.
    static func suffix(stride: Int, unless normal: Int = 1) -> String {
        stride == normal ? "" : "/\(stride)"
    }
}
