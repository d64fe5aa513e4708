import ArgumentParser
import LRNetCollectives
import LRNetTraining

/// Options that define the training steps of a benchmark.
struct BenchRecipeOptions: ParsableArguments {
    @Option(help: "Network to benchmark, such as mnist, cifar10 or resnet18.")
    var network = "mnist"

    @Option(help: "Training method; `lrnet-dist describe --methods` lists all.")
    var weights = "ternary"

    @Option(name: .customLong("global-batch"), help: "Samples per step over all ranks.")
    var globalBatch = 256

    @Option(
        name: .customLong("gradient-leaves"),
        help: "Parts (leaves) of a batch; at most this many ranks can share it.")
    var gradientLeaves = 8

    @Option(
        name: .customLong("micro-batch"),
        help: "Samples per matrix product; by default, a whole leaf.")
    var microBatch: Int?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Set a key of the benchmark's recipe, such as augmentation.crop=32.",
            valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "Threads per rank.")
    var threads = 1

    func validate() throws {
        try checkRange("--global-batch", globalBatch, 1...10_000_000)
        try checkRange("--gradient-leaves", gradientLeaves, 1...65_536)
        try checkRange("--micro-batch", microBatch, 1...10_000_000)
        try checkRange("--threads", threads, 1...1024)
    }

    /// Returns the recipe. Every rank must call it.
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
