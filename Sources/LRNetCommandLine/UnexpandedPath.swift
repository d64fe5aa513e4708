internal import LRNetSupport

/// A word of a command line in which the shell was to fill in a folder, and did not.
///
/// The shell replaces neither `'~/x'` nor `--output=~/x`; a program that takes such a word for a path
/// makes a folder named `~`.
package struct UnexpandedPath: Equatable, Sendable {
    /// `--output '~/x': the shell did not ...`
    package let message: String

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
            // `--set initialization.from=~/x`; a bare `~` is YAML's null there.
            if option == "--set", let equals = value.firstIndex(of: "=") {
                option += " \(value[..<equals])"
                value = value[value.index(after: equals)...]
            }
            let isNull = option.hasPrefix("--set ") && value == "~"
            if !isNull, let remedy = Self.remedy(value) {
                let name = option.isEmpty ? "'\(value)'" : "\(option) '\(value)'"
                message =
                    "\(name): the shell did not replace \(Self.start(value)); write \(remedy), or "
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
        if start.hasPrefix("~"), start.dropFirst().allSatisfy(isOfName) {
            return "\(value) without quotation marks, as a word of its own"
        }
        let name = start.dropFirst().filter { !"{}()".contains($0) }
        if start.hasPrefix("$"), !name.isEmpty, name.allSatisfy(isOfName) {
            return "\"$\(name)\(rest)\" in double quotation marks"
        }
        return nil
    }

    private static func isOfName(_ letter: Character) -> Bool {
        letter.isLetter || letter.isNumber || "_-.".contains(letter)
    }
}
