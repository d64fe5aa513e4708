import LRNetCommandLine
import LRNetLaunchSupport
import Testing

/// The help of every command of both programs, as a terminal of 80 columns shows it.
@Suite struct HelpTests {
    private static let programs = ["lrnet-dist", "lrnet-data"]

    private static func tree(_ program: String) throws -> CommandTree {
        let outcome = try Launch(Launch.program(program), ["--experimental-dump-help"]).wait()
        return try CommandTree(json: outcome.output)
    }

    /// Returns every command with the words that lead to it.
    private static func commands(
        _ command: CommandTree.Command, _ path: [String] = []
    ) -> [(path: [String], command: CommandTree.Command)] {
        [(path, command)]
            + (command.subcommands ?? []).flatMap { commands($0, path + [$0.commandName]) }
    }

    /// Returns the command lines in a text; lines that end in a backslash are joined.
    private static func examples(in text: String) -> [String] {
        var found: [String] = []
        var isOpen = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            let isStart = ["lrnet-dist ", "lrnet-data ", "mpirun "].contains(
                where: trimmed.hasPrefix)
            guard isOpen || isStart && line.hasPrefix("  ") else { continue }
            let ends = !trimmed.hasSuffix("\\")
            let words = ends ? String(trimmed) : String(trimmed.dropLast())
            if isOpen { found[found.count - 1] += words } else { found.append(words) }
            isOpen = !ends
        }
        return found
    }

    @Test(arguments: programs)
    func `every example in the help is unbroken and a valid command`(program: String) throws {
        let trees = try Dictionary(
            uniqueKeysWithValues: Self.programs.map { ($0, try Self.tree($0)) })
        let root = try #require(trees[program]).command
        for (path, command) in Self.commands(root) where path != ["help"] {
            let help = try Launch(
                Launch.program(program), path + ["--help"], environment: ["COLUMNS": "80"]
            ).wait()
            #expect(help.status == 0)
            let shown = Self.examples(in: help.output)
            #expect(shown == Self.examples(in: command.discussion ?? ""), "\(path)")
            for example in shown { try Self.check(example, trees) }
        }
    }

    /// Checks that an example names a command, uses only its options and has all that it requires.
    private static func check(_ example: String, _ trees: [String: CommandTree]) throws {
        var words = example.split(separator: " ").map(String.init)
        let start = try #require(words.firstIndex { trees[$0] != nil }, "\(example)")
        let tree = try #require(trees[words[start]])
        words = Array(words[(start + 1)...])
        #expect(tree.problem(in: words) == nil, "\(example)")
        var command = tree.command
        var positionals: [String] = []
        var options: [String] = []
        var position = 0
        while position < words.count {
            let word = words[position]
            position += 1
            if let next = command.subcommands?.first(where: { $0.commandName == word }) {
                command = next
            } else if let option = command.argument(word) {
                options.append(word)
                guard option.kind == "option" else { continue }
                #expect(position < words.count, "\(example): \(word) lacks its value")
                position += 1
            } else {
                positionals.append(word)
            }
        }
        for argument in command.arguments ?? [] where !argument.isOptional {
            let isGiven =
                argument.kind == "positional"
                ? !positionals.isEmpty
                : options.contains {
                    command.argument($0)?.names?.first?.name == argument.names?.first?.name
                }
            #expect(isGiven, "\(example)")
        }
    }
}
