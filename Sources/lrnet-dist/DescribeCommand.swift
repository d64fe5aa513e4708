import ArgumentParser
import Foundation
import LRNetData
import LRNetSupport
import LRNetTraining

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show a recipe's network: layers, cost, memory, and what its steps exchange.")

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes a key of the recipe.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: "The ranks that share a batch, for the memory of each.")
    var ranks = 1

    @Flag(help: "Print the plan of the memory as JSON, nothing else.")
    var json = false

    func run() throws {
        let recipe = try Recipe(file: recipe, overrides: overrides)
        let leaves = recipe.training.gradientLeaves
        guard (1...leaves).contains(ranks) else {
            throw ValidationError(
                "--ranks \(ranks) is out of range; 1 to gradientLeaves, \(leaves)")
        }
        let plan = MemoryPlan(recipe: recipe, ranks: ranks)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(Summary(plan)), as: UTF8.self))
            return
        }
        print(recipe.title)
        print("inputs: \(recipe.augmentation.summary)")
        let network = recipe.makeNetwork()
        print(NetworkTable(network).text)
        print("What a training step exchanges:")
        print(ExchangeTable(network: network, recipe: recipe).text)
        print(plan.table.text, terminator: "")
    }

    /// What programs want of a plan.
    private struct Summary: Encodable {
        var parts: [MemoryPlan.Part]
        var step_bytes, peak_bytes: Int

        init(_ plan: MemoryPlan) {
            parts = plan.step + plan.run
            step_bytes = plan.stepByteCount
            peak_bytes = plan.peakByteCount
        }
    }
}
