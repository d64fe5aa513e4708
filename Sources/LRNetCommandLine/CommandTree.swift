internal import Foundation
internal import LRNetSupport

/// A program's commands with their options, as ArgumentParser describes them in JSON.
package struct CommandTree: Decodable, Sendable {
    package struct Command: Decodable, Sendable {
        package let commandName: String
        /// The text that follows the abstract in its help.
        package let discussion: String?
        package let subcommands: [Command]?
        /// The name of the subcommand that runs if the command line names none.
        package let defaultSubcommand: String?
        /// The options, flags and positional arguments.
        package let arguments: [Argument]?
    }

    /// An option, flag or argument of a command.
    package struct Argument: Decodable, Sendable {
        /// A spelling: kind `long` and name `output` for `--output`.
        package struct Name: Decodable, Sendable {
            /// `long` for two hyphens.
            package let kind: String
            /// The name without hyphens.
            package let name: String
        }

        /// `option` (which has a value), `flag`, or `positional`.
        package let kind: String
        /// The spellings; none for a positional argument.
        package let names: [Name]?
        package let isOptional: Bool
        /// True if it can be given more than once.
        package let isRepeating: Bool

        var spellings: [String] {
            (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
        }
    }

    /// The root command, which is the program.
    package let command: Command

    /// Parses the output of `PROGRAM --experimental-dump-help`.
    package init(json: String) throws {
        self = try JSONDecoder().decode(CommandTree.self, from: Data(json.utf8))
    }
}

extension CommandTree {
    /// A mistake in a command line.
    package struct Problem: Equatable, Sendable {
        /// The message, such as `unknown option --ouput; did you mean --output?`.
        package let message: String
        /// The command whose help is relevant, such as `lrnet-dist train`.
        package let command: String
    }

    /// Returns the first unknown command or option of a command line, or `nil` if all are known.
    ///
    /// - Parameter words: The command line without the program's name.
    package func problem(in words: [String]) -> Problem? {
        var command = command
        var path = command.commandName
        var position = 0
        var isHelp = false
        while position < words.count {
            let word = words[position]
            position += 1
            if word == "--" { return nil }
            if word.count > 1, word.hasPrefix("-"), Double(word) == nil {
                let name = word.prefix { $0 != "=" }
                if command.argument(String(name)) == nil, let named = command.defaultCommand {
                    command = named
                }
                guard let known = command.argument(String(name)) else {
                    return Problem(
                        message: Self.unknown("option", "\(name)", command.spellings),
                        command: path)
                }
                if known.kind == "option" && name.count == word.count { position += 1 }
                continue
            }
            guard let below = command.subcommands, !below.isEmpty else {
                if isHelp { return nil }
                continue
            }
            if word == "help" {
                isHelp = true
            } else if let next = below.first(where: { $0.commandName == word }) {
                command = next
                path += " \(word)"
            } else {
                return Problem(
                    message: Self.unknown("command", "'\(word)'", below.map(\.commandName)),
                    command: path)
            }
        }
        return nil
    }

    private static func unknown(_ kind: String, _ word: String, _ known: [String]) -> String {
        func bare(_ text: String) -> String {
            text.trimmingCharacters(in: CharacterSet(charactersIn: "-'"))
        }
        let near = Spelling.nearest(bare(word), among: known.map(bare))
        guard let found = known.first(where: { bare($0) == near }) else {
            return "unknown \(kind) \(word)"
        }
        let quoted = word.hasPrefix("'") ? "'\(found)'" : found
        return "unknown \(kind) \(word); did you mean \(quoted)?"
    }
}

extension CommandTree.Command {
    /// Returns the option with this spelling, which includes the hyphens.
    package func argument(_ spelling: String) -> CommandTree.Argument? {
        arguments?.first { $0.spellings.contains(spelling) }
    }

    var defaultCommand: CommandTree.Command? {
        subcommands?.first { $0.commandName == defaultSubcommand }
    }

    /// The spellings of all options, including hyphens.
    var spellings: [String] { (arguments ?? []).flatMap(\.spellings) }
}
