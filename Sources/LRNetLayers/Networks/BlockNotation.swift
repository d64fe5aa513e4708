/// The notation of networks: words that describe blocks.
package enum BlockNotation {
    /// The kinds of blocks, in the order in which messages list them.
    package static let kinds: [any Block.Type] = [
        ConvolutionBlock.self,
        MaxPoolBlock.self,
        BasicResidualBlock.self,
        AveragePoolBlock.self,
        FullyConnectedBlock.self,
        DropoutBlock.self,
    ]

    /// An error for a word that does not describe a block.
    package struct UnknownWord: Error, CustomStringConvertible {
        /// A message with the word and the known words, on one line.
        package let description: String
    }

    /// The words that ``blocks(in:)`` reads, with examples.
    static var vocabulary: String {
        let words = kinds.flatMap { kind in
            kind.examples.map { $0.value.isEmpty ? $0.key : "\($0.key) (\($0.value))" }
        }
        return words.joined(separator: ", ") + "; 2x before a word repeats it"
    }

    /// Reads one word: a block such as `64R`, or a repeated block such as `2x64R`.
    package static func blocks(in word: String) throws -> [any Block] {
        guard let parts = word.wholeMatch(of: /(?:([1-9]\d{0,2})x)?(.+)/),
            let block = block(String(parts.output.2))
        else {
            throw UnknownWord(description: "'\(word)' is not a block; known: \(vocabulary)")
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

    /// Returns the number in a part of a word, or `fallback` if there is none.
    static func number(_ text: Substring?, _ fallback: Int = 0) -> Int {
        text.flatMap { Int($0) } ?? fallback
    }

    /// Returns a suffix such as `/2`, or an empty string for the default stride.
    static func suffix(stride: Int, unless defaultStride: Int = 1) -> String {
        stride == defaultStride ? "" : "/\(stride)"
    }
}
