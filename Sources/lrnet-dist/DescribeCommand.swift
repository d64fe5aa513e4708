import ArgumentParser
import Foundation
import LRNetData
import LRNetSupport
import LRNetTraining

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: """
            Show a recipe's network (layers, cost, memory, exchange), a network file, or all \
            methods.
            """,
        discussion: """
              lrnet-dist describe launch/recipes/mnist-ternary.yaml --ranks 2
              lrnet-dist describe runs/mnist-ternary/winner.safetensors
              lrnet-dist describe --methods
            """)

    @Argument(
        help: ArgumentHelp(
            "Recipe (a YAML file) or network (a .safetensors file).",
            valueName: "recipe-or-network"))
    var file: String?

    @Flag(help: "Print the table of training methods as Markdown.")
    var methods = false

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Set a key of the recipe, such as training.steps=50.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: "Ranks that share a batch, to compute the memory of each rank.")
    var ranks = 1

    @Flag(help: "Print JSON: the memory plan of a recipe, or everything but a network's weights.")
    var json = false

    func validate() throws {
        if methods {
            if file != nil || json || !overrides.isEmpty || ranks != 1 {
                throw ValidationError(
                    "--methods cannot be combined with other arguments; omit them")
            }
        } else if file == nil {
            throw ValidationError("give a recipe or a network, or --methods")
        }
    }

    func run() throws {
        guard let file else { return try Console.print(MethodReference.table, terminator: "") }
        if FileBytes.isFolder(file) {
            throw FailureSite("describe", file).usage(
                "is a folder; give a recipe, or a network such as \(file)/winner.safetensors")
        }
        if file.hasSuffix(".safetensors") {
            try describeNetwork(file)
        } else {
            try describeRecipe(file)
        }
    }

    private func describeNetwork(_ file: String) throws {
        if let override = overrides.first {
            throw ValidationError("--set \(override) requires a recipe, not a network's file")
        }
        let summary = NetworkSummary(try NetworkFile(path: file))
        try Console.print(json ? summary.json : summary.text, terminator: json ? "\n" : "")
    }

    private func describeRecipe(_ file: String) throws {
        let recipe = try Recipe(file: file, overrides: overrides)
        let leaves = recipe.training.gradientLeaves
        guard (1...leaves).contains(ranks) else {
            throw ValidationError(
                "--ranks \(ranks) is out of range; 1 to gradientLeaves, \(leaves)")
        }
        let plan = MemoryPlan(recipe: recipe, ranks: ranks)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try Console.print(String(decoding: encoder.encode(Summary(plan)), as: UTF8.self))
            return
        }
        try Console.print(recipe.title)
        try Console.print("inputs: \(recipe.augmentation.summary)")
        let network = recipe.makeNetwork()
        try Console.print(NetworkTable(network).text)
        try Console.print("Data exchanged per training step:")
        try Console.print(ExchangeTable(network: network, recipe: recipe).text)
        try Console.print(plan.table.text, terminator: "")
    }

    /// A memory plan as JSON.
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
