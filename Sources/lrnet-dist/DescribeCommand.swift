import ArgumentParser
import Foundation
import LRNetCollectives
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
              lrnet-dist describe launch/recipes/mnist-ternary.yaml --ranks 8 --per-node 4
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

    @Option(help: "Ranks that share a batch, to plan the memory and the messages of each rank.")
    var ranks = 1

    @Option(
        help: ArgumentHelp(
            "Ranks on each machine; prints what a step sends within and between machines.",
            valueName: "ranks"))
    var perNode: Int?

    @OptionGroup(title: "Forecast (a model)") var forecast: ForecastOptions

    @Flag(help: "Print JSON: the memory plan of a recipe, or everything but a network's weights.")
    var json = false

    func validate() throws {
        if methods {
            if file != nil || json || !overrides.isEmpty || ranks != 1 || perNode != nil {
                throw ValidationError(
                    "--methods cannot be combined with other arguments; omit them")
            }
        } else if file == nil {
            throw ValidationError("give a recipe or a network, or --methods")
        }
        if let perNode, perNode < 1 || ranks % perNode != 0 {
            throw ValidationError(
                "--per-node \(perNode) does not divide --ranks \(ranks); every machine must have "
                    + "the same number of ranks")
        }
        try forecast.check(perNode: perNode)
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
        if let perNode {
            throw ValidationError("--per-node \(perNode) requires a recipe, not a network's file")
        }
        let summary = NetworkSummary(try NetworkFile(path: file))
        try Console.print(json ? summary.json : summary.text, terminator: json ? "\n" : "")
    }

    private func describeRecipe(_ file: String) throws {
        let recipe = try Recipe(file: file, overrides: overrides)
        let leaves = recipe.training.gradientLeaves
        guard (1...leaves).contains(ranks) else {
            throw ValidationError(
                "--ranks \(ranks) is out of range; 1 to training.gradientLeaves, \(leaves), which "
                    + "--set can raise (with other results)")
        }
        let plan = MemoryPlan(recipe: recipe, ranks: ranks)
        let step = perNode.map { stepTable(recipe, RankGroups(ranks: ranks, ranksPerMachine: $0)) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let summary = Summary(plan, step)
            try Console.print(String(decoding: encoder.encode(summary), as: UTF8.self))
            return
        }
        if let step {
            try Console.print(recipe.title)
            try Console.print(step.text, terminator: "")
            try Console.print(plan.table.text, terminator: "")
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

    private func stepTable(_ recipe: Recipe, _ groups: RankGroups) -> StepTable {
        StepTable(recipe: recipe, groups: groups, machines: forecast.machines)
    }

    /// A memory plan, and the plan of a step, as JSON.
    private struct Summary: Encodable {
        var parts: [MemoryPlan.Part]
        var step_bytes, peak_bytes: Int
        var step: StepTable.Summary?

        init(_ plan: MemoryPlan, _ step: StepTable?) {
            parts = plan.step + plan.run
            step_bytes = plan.stepByteCount
            peak_bytes = plan.peakByteCount
            self.step = step?.summary
        }
    }
}
