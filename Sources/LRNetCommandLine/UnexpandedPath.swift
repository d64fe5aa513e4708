internal import LRNetSupport

/// A word of a command line with a `~` or a variable that the shell did not expand.
///
/// The shell expands neither `'~/x'` nor `--output=~/x`. A program that used such a word as a path
/// would create a folder named `~`.
package struct UnexpandedPath: Equatable, Sendable {
    /// The message, such as `--output '~/x': the shell did not ...`.
    package let message: String

    /// Finds the first such word, or returns `nil` if there is none.
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
            // A path can follow a key, as in `--set initialization.from=~/x`. There a bare `~` is
            // YAML's null.
            if option == "--set", let equals = value.firstIndex(of: "=") {
                option += " \(value[..<equals])"
                value = value[value.index(after: equals)...]
            }
            let isNull = option.hasPrefix("--set ") && value == "~"
            if !isNull, let remedy = Self.remedy(value) {
                let name = option.isEmpty ? "'\(value)'" : "\(option) '\(value)'"
                message =
                    "\(name): the shell did not expand \(Self.start(value)); write \(remedy), or "
                    + "'./\(value)' if that is the name"
                return
            }
            option = ""
        }
        return nil
    }

    private static func start(_ value: Substring) -> String {
        String(value.prefix { $0 != "/" })
    }

    private static func remedy(_ value: Substring) -> String? {
        let start = start(value)
        let rest = value.dropFirst(start.count)
        if start == "~" { return "\"$HOME\(rest)\"" }
        if start.hasPrefix("~"), start.dropFirst().allSatisfy(isNameCharacter) {
            return "\(value) without quotes, as a separate word"
        }
        let name = start.dropFirst().filter { !"{}()".contains($0) }
        if start.hasPrefix("$"), !name.isEmpty, name.allSatisfy(isNameCharacter) {
            return "\"$\(name)\(rest)\" in double quotes"
        }
        return nil
    }

    private static func isNameCharacter(_ letter: Character) -> Bool {
        letter.isLetter || letter.isNumber || "_-.".contains(letter)
    }
}
