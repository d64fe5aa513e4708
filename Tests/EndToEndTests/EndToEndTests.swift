import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// Tests that start the programs as users do: on a small data set of synthetic digits, with the
/// MNIST network and recipes of a few steps. Only one launch runs at a time.
@Suite(.serialized) enum EndToEndTests {}

/// A data set of 250 training images (15 batches of 16 and a tail batch of 10), 60 validation
/// images and 40 test images.
enum Digits {
    private static let folder = try? TestFolder()

    /// The data set's folder, made once.
    static let path: String = {
        let path = "\(folder?.path ?? "/nowhere")/digits"
        _ = try? make(path)
        // A static property is never released, so the folder is removed at exit.
        atexit { try? FileManager.default.removeItem(atPath: Digits.folder?.path ?? "") }
        return path
    }()

    /// Makes another copy of the data set, or one with other digits.
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

/// The folder of a run, and the command that trains in it.
final class TestRun: Sendable {
    let folder: TestFolder
    let output: String
    let recipe: String

    /// A recipe with steps so small that two cores take a tenth of a second for each.
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

    /// Trains to the end, requires exit code 0, and returns the result.
    func result(_ settings: [String] = [], ranks: Int? = nil) throws -> RunResult {
        let outcome = try train(settings, ranks: ranks)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try written()
    }

    /// Returns the run's `result.json`.
    func written() throws -> RunResult {
        try JSONDecoder().decode(
            RunResult.self, from: Data(FileBytes.read("\(output)/result.json")))
    }

    /// The content of `ended.json`.
    struct End: Decodable {
        let code: Int32
        let step: Int
    }

    /// Returns the recorded end of the run; `nil` if there is none.
    func end() throws -> End? {
        let path = "\(output)/ended.json"
        guard FileBytes.exists(path) else { return nil }
        return try JSONDecoder().decode(End.self, from: Data(FileBytes.read(path)))
    }

    /// Returns the recorded exit code, or the launcher's if there is none. hydra can return 0 or
    /// the number of a signal for a run that recorded another code.
    func code(_ outcome: Launch.Outcome) throws -> Int32 {
        let end = try end()
        #expect(RankLauncher.current == .hydra || end == nil || end?.code == outcome.status)
        return end?.code ?? outcome.status
    }

    /// Returns the bytes of the winner's file.
    func winner() throws -> [UInt8] { try FileBytes.read("\(output)/winner.safetensors") }

    /// The names of the checkpoints and of the links to them.
    var checkpoints: [String] { TestFolder.names(in: "\(output)/checkpoints") }

    /// Returns the lines of the metrics that contain no times: those of weights and distributions.
    func metricsOfWeights() throws -> [String] {
        let text = String(decoding: try FileBytes.read("\(output)/metrics.jsonl"), as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter {
            $0.contains(#""kind":"weights""#) || $0.contains(#""kind":"distributions""#)
        }
    }

    /// Returns the errors of each class and then the samples of each class, for each validation of
    /// the metrics.
    func classTallies() throws -> [[Int]] {
        struct Line: Codable {
            var classErrors, classCounts: [Int]?
        }
        let text = String(decoding: try FileBytes.read("\(output)/metrics.jsonl"), as: UTF8.self)
        return try text.split(separator: "\n").compactMap {
            let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            return line.classErrors.map { $0 + (line.classCounts ?? []) }
        }
    }

    /// Returns the kind and the step of each line of the metrics.
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
    /// The result without the fields that depend on the machine's speed, or on the ranks, threads,
    /// and resumes of the run.
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
