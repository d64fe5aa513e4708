internal import Foundation
internal import LRNetSupport

/// A program's commands with their options, as ArgumentParser describes them in JSON.
package struct CommandTree: Decodable, Sendable {
    /// A command.
    package struct Command: Decodable, Sendable {
        /// Its name.
        package let commandName: String
        /// The text below its options' overview, if there is one.
        package let discussion: String?
        /// The commands below it.
        package let subcommands: [Command]?
        /// The name of the one that takes its options where none is named.
        package let defaultSubcommand: String?
        /// Its options, flags and arguments.
        package let arguments: [Argument]?
    }

    /// An option, flag or argument of a command.
    package struct Argument: Decodable, Sendable {
        /// A spelling: `long` and `output` for `--output`.
        package struct Name: Decodable, Sendable {
            /// `long` for two hyphens.
            package let kind: String
            /// The name without hyphens.
            package let name: String
        }

        /// `option` for one with a value, `flag`, or `positional`.
        package let kind: String
        /// Its spellings; none for a positional argument.
        package let names: [Name]?
        /// The command works without it.
        package let isOptional: Bool
        /// It may be given more than once.
        package let isRepeating: Bool

        var spellings: [String] {
            (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
        }
    }

    /// The program.
    package let command: Command

    /// Reads the answer to `PROGRAM --experimental-dump-help`.
    package init(json: String) throws {
        self = try JSONDecoder().decode(CommandTree.self, from: Data(json.utf8))
    }
}

extension CommandTree {
    /// A mistake in a command line.
    package struct Problem: Equatable, Sendable {
        /// `unknown option --ouput; did you mean --output?`
        package let message: String
        /// The command whose help tells more: `lrnet-dist train`.
        package let command: String
    }

    /// The first word of a command line that is a command or an option which does not exist; `nil`
    /// if there is none.
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
    /// The option with this spelling, hyphens included.
    package func argument(_ spelling: String) -> CommandTree.Argument? {
        arguments?.first { $0.spellings.contains(spelling) }
    }

    /// The command that ``defaultSubcommand`` names.
    var defaultCommand: CommandTree.Command? {
        subcommands?.first { $0.commandName == defaultSubcommand }
    }

    /// All options, hyphens included.
    var spellings: [String] { (arguments ?? []).flatMap(\.spellings) }
}
