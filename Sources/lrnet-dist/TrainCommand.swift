import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetSupport
package import LRNetTraining
import LRNetWatchdog

extension RunFolder.Resume: ExpressibleByArgument {}

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a network from a recipe; rerun the same command to resume.",
        discussion: """
              lrnet-dist train launch/recipes/mnist-ternary.yaml \\
                --data data/mnist --output runs/mnist-ternary
            """)

    @Argument(help: "Recipe, a YAML file; see launch/recipes.")
    var recipe: String

    @Option(help: "Data set folder, made by lrnet-data.")
    var data: String?

    @Option(help: "Run folder, for the log, metrics, checkpoints and winner.")
    var output: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Set a key of the recipe, such as training.steps=50.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(
        help: """
            Treatment of the run in --output: auto resumes it if there is one, must requires one, \
            never requires that there is none.
            """)
    var resume = RunFolder.Resume.auto

    @Flag(
        help: """
            Check the recipe, the data, the source run and --output as training would, print the \
            plan, and exit.
            """)
    var dryRun = false

    @Flag(help: "Print the recipe with every key, and exit.")
    var printRecipe = false

    @Flag(help: "Print a table of the layers and check gradients before training, in one process.")
    var debug = false

    func validate() throws {
        if printRecipe { return }
        if data == nil { throw ValidationError("Missing expected option '--data <data>'") }
        if output == nil && !dryRun {
            throw ValidationError("Missing expected option '--output <output>'")
        }
        if let output { try checkIsFolder(output) }
    }

    func run() throws {
        var options = Trainer.Options(data: data ?? "", output: output ?? "")
        options.resume = resume
        options.debug = debug
        let file = recipe
        // Created before anything that takes time: MPI's start, or waiting for a lock.
        let stopSignal = try printRecipe || dryRun ? nil : StopSignal()
        ProcessGroups.run { group in
            let recipe = try group.agreeing { try Recipe(file: file, overrides: overrides) }
            if printRecipe || dryRun {
                let bytes = try group.fromCoordinator {
                    let text = try printRecipe ? recipe.yaml : Self.plan(recipe, options, group)
                    return Array(text.utf8)
                }
                let text = String(decoding: bytes, as: UTF8.self)
                if group.isCoordinator { try Console.print(text, terminator: "") }
                return .success
            }
            var output = options.output
            let result = try Watchdog.guarding(
                group, stallSeconds: recipe.watchdog.stallSeconds,
                log: "\(options.output)/train.log"
            ) { beacon in
                let trainer = try Trainer(
                    recipe: recipe, options: options, group: group,
                    stopSignal: stopSignal ?? StopSignal(), beacon: beacon)
                defer { output = trainer.output }
                return try trainer.run()
            }
            guard let result else { return .stoppedEarly }
            if group.isCoordinator { Self.show(result, output: output) }
            return .success
        }
    }

    private static func plan(
        _ recipe: Recipe, _ options: Trainer.Options, _ group: any ProcessGroup
    ) throws -> String {
        let bar = Terminal.current == nil ? nil : ProgressBar("checking", total: 1, unit: "shards")
        defer { bar?.finish() }
        return try RunPlan(recipe: recipe, options: options, ranks: group.size) { done, all in
            bar?.update(done: done, total: all)
        }.text
    }

    /// Prints the final table.
    private static func show(_ result: RunResult, output: String) {
        func percent(_ value: Double?) -> String {
            value.map { String(format: "%.2f %%", $0) } ?? "-"
        }
        var table = TextTable(["run", output])
        if let bytes = result.winnerBytes {
            table.append(["network", "\(output)/winner.safetensors"])
            table.append(["file size", "\(TextTable.grouped(bytes)) bytes"])
        }
        table.append(["weights", result.weights])
        table.append(["steps", TextTable.grouped(result.steps)])
        if result.resumedFromStep > 0 {
            table.append(["resumed from step", TextTable.grouped(result.resumedFromStep)])
        }
        table.append(["training loss", String(format: "%.4f", result.trainingLoss)])
        if let step = result.winnerStep, let draw = result.winnerDraw {
            let which =
                result.winnerIsLikeliest == true
                ? ", the likeliest weights" : result.draws.count > 1 ? ", draw \(draw)" : ""
            table.append(["winner", "step \(step)\(which)"])
        }
        table.append(["validation error", percent(result.validationError)])
        table.append(["test error of the winner file", percent(result.testError)])
        if let seconds = result.seconds {
            table.append(["duration", ProgressBar.time(seconds)])
        }
        table.append(["images/s", String(format: "%.0f", result.imagesPerSecond)])
        table.append(["ranks x threads", "\(result.ranks) x \(result.threads)"])
        table.append(["parameters SHA-256", String(result.parametersSHA256.prefix(16))])
        Console.show("\n" + table.text, terminator: "")
        let page = PathText.shellWord("\(output)/report.html")
        Console.show("\nnext: lrnet-dist report \(PathText.shellWord(output)) --output \(page)")
    }
}
