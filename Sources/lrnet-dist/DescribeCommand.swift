import ArgumentParser
import LRNetData
import LRNetSupport
import LRNetTraining

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show a recipe's network, and what its steps exchange by the number of ranks.")

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes a key of the recipe.", valueName: "key=value"))
    var overrides: [String] = []

    func run() throws {
        let recipe = try Recipe(file: recipe, overrides: overrides)
        print(recipe.title)
        print("inputs: \(recipe.augmentation.summary)")
        let network = recipe.makeNetwork()
        print(NetworkTable(network).text)
        print("What a training step exchanges:")
        print(ExchangeTable(network: network, recipe: recipe).text, terminator: "")
    }
}
