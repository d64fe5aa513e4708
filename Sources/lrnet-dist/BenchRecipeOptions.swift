import ArgumentParser
import LRNetCollectives
import LRNetTraining

/// The options that say which training steps a benchmark makes.
struct BenchRecipeOptions: ParsableArguments {
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

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes a key of the benchmark's recipe.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "Threads of a rank.")
    var threads = 1

    func validate() throws {
        try checkRange("--global-batch", globalBatch, 1...10_000_000)
        try checkRange("--gradient-leaves", gradientLeaves, 1...65_536)
        try checkRange("--micro-batch", microBatch, 1...10_000_000)
        try checkRange("--threads", threads, 1...1024)
    }

    /// The recipe. Every rank calls it.
    func read(_ group: any ProcessGroup, reduction: String = "exact") throws -> Recipe {
        let micro = microBatch ?? max(globalBatch / gradientLeaves, 1)
        let overrides = [
            "network=\(network)", "weights=\(weights)", "training.globalBatch=\(globalBatch)",
            "training.gradientLeaves=\(gradientLeaves)", "training.microBatch=\(micro)",
            "training.threads=\(threads)", "reduction=\(reduction)",
        ]
        return try group.agreeing {
            try Recipe(yaml: "", file: "bench", overrides: overrides + settings)
        }
    }
}
