/// An empty word of a command line, as a shell leaves it of a variable that is not set.
///
/// A program that takes it for a path writes into the root, or into the current folder.
package struct EmptyWord: Equatable, Sendable {
    /// `--output '': is empty; ...`
    package let message: String

    /// Options that an empty word turns off.
    private static let prefixesOfOptionalPairs = ["--test-", "--validation-"]

    /// Looks for the first such word; `nil` if there is none.
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
                    "\(name): is empty, as a variable of the shell that is not set; give a value"
                return
            }
            option = ""
        }
        return nil
    }
}
