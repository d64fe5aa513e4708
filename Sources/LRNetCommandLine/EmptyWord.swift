/// An empty word of a command line, usually from a shell variable that is not set.
///
/// A program that used it as a path would write into the root or the current folder.
package struct EmptyWord: Equatable, Sendable {
    /// The message, such as `--output '': is empty; ...`.
    package let message: String

    /// Prefixes of options that an empty value turns off.
    private static let prefixesOfOptionalPairs = ["--test-", "--validation-"]

    /// Finds the first empty word, or returns `nil` if there is none.
    ///
    /// - Parameter words: The command line without the program's name.
    package init?(in words: [String]) {
        var option = ""
        for word in words {
            var value = word[...]
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                option = String(word[..<equals])
                value = word[word.index(after: equals)...]
            } else if word.hasPrefix("-") {
                option = word
                continue
            }
            if option == "--set", let equals = value.firstIndex(of: "="),
                value.index(after: equals) == value.endIndex
            {
                let key = value[..<equals]
                message = "--set '\(value)': the value is empty; write \(key)=null for none"
                return
            }
            if value.isEmpty, !Self.prefixesOfOptionalPairs.contains(where: option.hasPrefix) {
                let name = option.isEmpty ? "''" : "\(option) ''"
                message =
                    "\(name): is empty, perhaps from a shell variable that is not set; give a value"
                return
            }
            option = ""
        }
        return nil
    }
}
