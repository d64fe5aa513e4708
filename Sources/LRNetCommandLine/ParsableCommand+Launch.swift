package import ArgumentParser
internal import Foundation
internal import LRNetSupport

extension ParsableCommand {
    /// Reads this process's command line; does not return if it is wrong or asks for help.
    ///
    /// - Parameter isSilent: Another process prints what is wrong with the same command line.
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

    /// Ends the process with what ArgumentParser says; a misspelled option or command is named
    /// first, because a required option may be missing only for that reason.
    ///
    /// - Parameter isSilent: As above.
    package static func endCommandLine(with error: any Error, isSilent: Bool) -> Never {
        let code = exitCode(for: error)
        if isSilent {
            // A launcher kills all processes when one fails; the one that prints must be the first.
            if !code.isSuccess { Thread.sleep(forTimeInterval: 2) }
            Foundation.exit(code.rawValue)
        }
        let words = Array(PathText.arguments.dropFirst())
        if code == .validationFailure, let problem = commandTree?.problem(in: words) {
            let lines =
                "\(configuration.commandName ?? ""): \(problem.message)\nsee \(problem.command) --help\n"
            Console.complain(lines)
            Foundation.exit(ExitStatus.usage.rawValue)
        }
        if code.isSuccess {
            let text = fullMessage(for: error)
            do {
                if !text.isEmpty { try Console.print(text) }
            } catch {
                Console.complain("\(configuration.commandName ?? ""): \(error)\n")
                Foundation.exit(Failure.exitStatus(of: error).rawValue)
            }
            Foundation.exit(code.rawValue)
        }
        exit(withError: error)
    }

    /// The commands and options of this program.
    private static var commandTree: CommandTree? {
        do {
            _ = try parseAsRoot(["--experimental-dump-help"])
            return nil
        } catch {
            return try? CommandTree(json: message(for: error))
        }
    }
}
