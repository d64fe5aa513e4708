import ArgumentParser

/// `lrnet-data describe`.
struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Shows what a data set holds.")
}
