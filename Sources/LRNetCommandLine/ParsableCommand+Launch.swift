package import ArgumentParser
internal import Foundation
internal import LRNetSupport

extension ParsableCommand {
    /// Parses this process's command line. Exits if the command line is wrong or requests help.
    ///
    /// - Parameter isSilent: True if another process with the same command line prints the errors.
    package static func parsedCommandLine(isSilent: Bool) -> any ParsableCommand {
        let words = Array(PathText.arguments.dropFirst())
        do {
            let command = try parseAsRoot(words)
            if let path = UnexpandedPath(in: words) { throw ValidationError(path.message) }
            if let word = EmptyWord(in: words) { throw ValidationError(word.message) }
            return command
        } catch {
            endCommandLine(with: error, isSilent: isSilent)
        }
    }

    /// Exits with ArgumentParser's message. If an option or command is misspelled, prints only that
    /// problem, because the misspelling can be the reason why a required option is missing.
    ///
    /// - Parameter isSilent: True if another process with the same command line prints the errors.
    package static func endCommandLine(with error: any Error, isSilent: Bool) -> Never {
        let code = exitCode(for: error)
        if isSilent {
            // A launcher kills all processes when one fails, so the process that prints must fail
            // first.
            if !code.isSuccess { Thread.sleep(forTimeInterval: 2) }
            Foundation.exit(code.rawValue)
        }
        let words = Array(PathText.arguments.dropFirst())
        if code == .validationFailure, let problem = commandTree?.problem(in: words) {
            let lines =
                "\(configuration.commandName ?? ""): \(problem.message)\n"
                + "see \(problem.command) --help\n"
            Console.printError(lines)
            Foundation.exit(ExitStatus.usage.rawValue)
        }
        if code.isSuccess {
            let text = fullMessage(for: error)
            do {
                if !text.isEmpty { try Console.print(text) }
            } catch {
                Console.printError("\(configuration.commandName ?? ""): \(error)\n")
                Foundation.exit(Failure.exitStatus(of: error).rawValue)
            }
            Foundation.exit(code.rawValue)
        }
        exit(withError: error)
    }

    /// The commands and options of this program; `nil` if ArgumentParser's dump cannot be parsed.
    private static var commandTree: CommandTree? {
        do {
            _ = try parseAsRoot(["--experimental-dump-help"])
            return nil
        } catch {
            return try? CommandTree(json: message(for: error))
        }
    }
}
