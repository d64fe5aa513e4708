import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetSupport
import LRNetTraining

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time whole training steps on data in memory; prints one JSON line.")

    @Option(help: "The network.")
    var network = "mnist"

    @Option(help: "The training method.")
    var weights = "ternary"

    @Option(name: .customLong("global-batch"), help: "Samples of a step over all ranks.")
    var globalBatch = 256

    @Option(name: .customLong("gradient-leaves"), help: "Parts that a batch is cut into.")
    var gradientLeaves = 8

    @Option(name: .customLong("micro-batch"), help: "Samples of a product; a leaf by default.")
    var microBatch: Int?

    @Option(help: "Threads of a rank.")
    var threads = 1

    @Option(help: "Steps to time, after two to warm up.")
    var steps = 20

    @Option(help: "How gradients are added up: exact or fast.")
    var reduction = "exact"

    func validate() throws {
        if steps < 1 { throw ValidationError("--steps \(steps) is out of range; at least 1") }
        if gradientLeaves < 1 {
            throw ValidationError("--gradient-leaves \(gradientLeaves) is out of range; at least 1")
        }
    }

    func run() throws {
        let micro = microBatch ?? max(globalBatch / gradientLeaves, 1)
        let overrides = [
            "network=\(network)", "weights=\(weights)", "training.globalBatch=\(globalBatch)",
            "training.gradientLeaves=\(gradientLeaves)", "training.microBatch=\(micro)",
            "training.threads=\(threads)", "reduction=\(reduction)",
        ]
        ProcessGroups.run { group in
            let recipe = try group.agreeing {
                try Recipe(yaml: "", file: "bench", overrides: overrides)
            }
            let report = try TrainingBenchmark(recipe: recipe, group: group).run(steps: steps)
            if group.isCoordinator {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys]
                print(String(decoding: try encoder.encode(report), as: UTF8.self))
                fflush(nil)
            }
            return .success
        }
    }
}
