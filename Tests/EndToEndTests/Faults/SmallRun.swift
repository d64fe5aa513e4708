import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// A run so small that it can be disturbed many times: 60 steps of a network of 3,316 weights in
/// half a second, 30 checkpoints and 4 validations meanwhile.
enum SmallRun {
    static let yaml = """
        network: {layers: [4C3, MP2, 4C3, MP2, 16FC], input: 28x28x1, classes: 10}
        weights: ternary
        training: {steps: 60, globalBatch: 16, gradientLeaves: 4, microBatch: 4}
        validation: {everyEpochs: 1, draws: 2, reestimateBatches: 1}
        checkpoint: {everySteps: 2, keepLatest: 3}
        """

    /// What an undisturbed run gives.
    struct Reference {
        var result: RunResult
        var winner: [UInt8]
        var validations: [String]

        init(_ settings: [String] = []) throws {
            let run = try SmallRun.make()
            result = try run.result(settings)
            winner = try run.winner()
            validations = try run.validations()
        }
    }

    /// Of a run without further settings.
    static let reference = Result { try Reference() }

    /// A run that was not started yet.
    static func make(output: String? = nil) throws -> TestRun {
        try TestRun(output: output, yaml: yaml)
    }
}

extension TestRun {
    /// The steps of the validations that the metrics tell of.
    func validations() throws -> [String] {
        try metricsSteps().filter { $0.hasPrefix("validation") }
    }

    /// Whether the run ended as an undisturbed one does; what is another.
    func differences(from reference: SmallRun.Reference) throws -> [String] {
        var found: [String] = []
        let result = try written()
        if result.stateSHA256 != reference.result.stateSHA256 { found.append("state") }
        if result.numbers != reference.result.numbers { found.append("result.json") }
        if try winner() != reference.winner { found.append("winner") }
        if try validations() != reference.validations { found.append("validations") }
        if !partialNames.isEmpty { found.append("leftovers \(partialNames)") }
        return found
    }

    /// What killed writers leave behind, and their successors must remove.
    var partialNames: [String] {
        (TestFolder.names(in: output) + checkpoints).filter { $0.contains(".partial") }
    }

    /// The processes of the run's ranks, by rank; 0 is also a process without a launcher.
    func rankProcesses() -> [Int: Int32] {
        LRNetLaunchSupport.rankProcesses(of: "lrnet-dist", with: output)
    }

    /// Waits until no rank of the run is left: they outlive a killed mpirun by about a second.
    func waitsForTheEndOfRanks() -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while !rankProcesses().isEmpty {
            if ContinuousClock.now > end { return false }
            usleep(20_000)
        }
        return true
    }

    /// The newest checkpoint that is sound; looking changes nothing.
    func newestCheckpoint() throws -> Int? {
        let store = CheckpointStore(runFolder: output)
        return try store.steps().last { step in
            (try? store.load(String(format: "step-%08d", step))) != nil
        }
    }

    /// What stands in `train.log` so far.
    var logText: String {
        (try? String(contentsOfFile: "\(output)/train.log", encoding: .utf8)) ?? ""
    }
}
