import ArgumentParser

/// `lrnet-data synthesize`.
struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize", abstract: "Makes a data set without any input.",
        subcommands: [])
}
