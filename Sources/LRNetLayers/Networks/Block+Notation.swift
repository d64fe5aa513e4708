extension Architecture.Block: CustomStringConvertible {
    /// What a word of a network's description is wrong about.
    public struct NotationError: Error, CustomStringConvertible {
        /// The word and what is known, in one line.
        public let description: String
    }

    /// The words that ``list(notation:)`` reads, with an example each.
    static let vocabulary =
        "128C3 (convolution), 64C7/2 (stride 2), MP2, MP3/2 (max pooling), 64R, 128R/2 (residual "
        + "block), GAP (average pooling), 512FC (fully connected), dropout; 2x before a word repeats it"

    /// Reads one word: a block, or `2x` and a block for two of it.
    ///
    /// | word | block |
    /// |---|---|
    /// | `128C3`, `64C7/2` | convolution: filters, window, stride |
    /// | `MP2`, `MP3/2` | maximum pooling: window, stride (the window by default) |
    /// | `64R`, `128R/2` | residual block: filters, stride |
    /// | `GAP` | global average pooling |
    /// | `512FC` | fully connected: units |
    /// | `dropout` | dropout |
    public static func list(notation word: String) throws -> [Architecture.Block] {
        guard let parts = word.wholeMatch(of: /(?:([1-9]\d{0,2})x)?(.+)/),
            let block = parse(String(parts.output.2))
        else {
            throw NotationError(description: "'\(word)' is no block; known: \(vocabulary)")
        }
        let count = parts.output.1.flatMap { Int($0) } ?? 1
        return Array(repeating: block, count: count)
    }

    private static func parse(_ word: String) -> Architecture.Block? {
        // Four digits at most: larger networks are slips of the keyboard.
        func number(_ text: Substring?, _ fallback: Int) -> Int {
            text.flatMap { Int($0) } ?? fallback
        }
        if let match = word.wholeMatch(of: /([1-9]\d{0,4})C([1-9]\d?)(?:\/([1-9]))?/) {
            return .convolution(
                filters: number(match.1, 0), window: number(match.2, 0), stride: number(match.3, 1))
        }
        if let match = word.wholeMatch(of: /MP([1-9]\d?)(?:\/([1-9]\d?))?/) {
            let window = number(match.1, 0)
            return .maxPool(window: window, stride: number(match.2, window))
        }
        if let match = word.wholeMatch(of: /([1-9]\d{0,4})R(?:\/([1-9]))?/) {
            return .residual(filters: number(match.1, 0), stride: number(match.2, 1))
        }
        if let match = word.wholeMatch(of: /([1-9]\d{0,5})FC/) {
            return .linear(units: number(match.1, 0))
        }
        switch word {
        case "GAP": return .averagePool
        case "dropout": return .dropout
        default: return nil
        }
    }

    /// The word that ``list(notation:)`` reads as this block.
    public var description: String {
        func by(_ stride: Int, unless normal: Int = 1) -> String {
            stride == normal ? "" : "/\(stride)"
        }
        switch self {
        case .convolution(let filters, let window, let stride):
            return "\(filters)C\(window)\(by(stride))"
        case .maxPool(let window, let stride): return "MP\(window)\(by(stride, unless: window))"
        case .residual(let filters, let stride): return "\(filters)R\(by(stride))"
        case .averagePool: return "GAP"
        case .linear(let units): return "\(units)FC"
        case .dropout: return "dropout"
        }
    }
}
