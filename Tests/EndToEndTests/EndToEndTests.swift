import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// The programs as users start them: on a small set of drawn digits, with the MNIST network and
/// recipes of a few steps, one launch at a time.
@Suite(.serialized) enum EndToEndTests {}

/// 250 training images (15 batches of 16, and a tail of 10), 60 for validation, 40 for test.
enum Digits {
    private static let folder = try? TestFolder()

    /// The data set's folder; made once.
    static let path: String = {
        let path = "\(folder?.path ?? "/nowhere")/digits"
        _ = try? make(path)
        // What a static property holds is never released.
        atexit { try? FileManager.default.removeItem(atPath: Digits.folder?.path ?? "") }
        return path
    }()

    /// Makes another copy, or a set of other digits.
    static func make(
        _ path: String, train: Int = 250, _ options: [String] = ["--shards", "3"]
    ) throws {
        let outcome = try launch(
            Launch.program("lrnet-data"),
            [
                "synthesize", "digits", "--output", path, "--train", "\(train)",
                "--validation", "60", "--test", "40",
            ] + options)
        try #require(outcome.code == 0, "\(outcome.error)")
    }
}

/// One run's folder, and the command that trains in it.
final class TestRun: Sendable {
    let folder: TestFolder
    let output: String
    let recipe: String

    /// Steps are so small that two cores take a tenth of a second for one.
    static let yaml = """
        network: mnist
        weights: ternary
        training: {steps: 4, globalBatch: 16, gradientLeaves: 8, microBatch: 2}
        validation: {everyEpochs: 0}
        checkpoint: {everySteps: 500}
        """

    /// Writes the recipe.
    ///
    /// - Parameters:
    ///   - output: The run's folder; one in a temporary folder by default.
    ///   - yaml: The recipe.
    init(output: String? = nil, yaml: String = TestRun.yaml) throws {
        folder = try TestFolder()
        self.output = output ?? "\(folder.path)/run"
        recipe = "\(folder.path)/recipe.yaml"
        try AtomicFile.write(yaml, to: recipe)
    }

    /// The arguments of `lrnet-dist train`.
    func arguments(_ settings: [String], data: String? = nil, _ more: [String] = []) -> [String] {
        ["train", recipe, "--data", data ?? Digits.path, "--output", output]
            + settings.flatMap { ["--set", $0] } + more
    }

    /// Starts training.
    func start(
        _ settings: [String] = [], ranks: Int? = nil, data: String? = nil, _ more: [String] = [],
        environment: [String: String] = [:]
    ) throws -> Launch {
        try Launch(
            Launch.program("lrnet-dist"), arguments(settings, data: data, more), ranks: ranks,
            environment: environment)
    }

    /// Trains to the end.
    @discardableResult
    func train(
        _ settings: [String] = [], ranks: Int? = nil, data: String? = nil, _ more: [String] = [],
        environment: [String: String] = [:]
    ) throws -> Launch.Outcome {
        try start(settings, ranks: ranks, data: data, more, environment: environment).wait()
    }

    /// Trains to the end, which must be a good one.
    func result(_ settings: [String] = [], ranks: Int? = nil) throws -> RunResult {
        let outcome = try train(settings, ranks: ranks)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try written()
    }

    /// What the run says of itself in its folder.
    func written() throws -> RunResult {
        try JSONDecoder().decode(
            RunResult.self, from: Data(FileBytes.read("\(output)/result.json")))
    }

    /// The winner's file.
    func winner() throws -> [UInt8] { try FileBytes.read("\(output)/winner.safetensors") }

    /// The names of checkpoints and links.
    var checkpoints: [String] { TestFolder.names(in: "\(output)/checkpoints") }

    /// The lines of the metrics that do not tell times.
    func metricsOfWeights() throws -> [String] {
        let text = String(decoding: try FileBytes.read("\(output)/metrics.jsonl"), as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter {
            $0.contains(#""kind":"weights""#) || $0.contains(#""kind":"distributions""#)
        }
    }

    /// Kind and step of each line of the metrics.
    func metricsSteps() throws -> [String] {
        struct Line: Codable {
            var kind: String
            var step: Int
        }
        let text = String(decoding: try FileBytes.read("\(output)/metrics.jsonl"), as: UTF8.self)
        return try text.split(separator: "\n").map {
            let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            return "\(line.kind) \(line.step)"
        }
    }
}

extension RunResult {
    /// The result without what depends on the machine's speed and on how the run was cut up.
    var numbers: RunResult {
        var result = self
        result.imagesPerSecond = 0
        result.seconds = nil
        result.ranks = 0
        result.threads = 0
        result.resumedFromStep = 0
        return result
    }
}
