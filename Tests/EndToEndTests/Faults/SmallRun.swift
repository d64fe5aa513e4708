import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// A run small enough to be disturbed many times: 60 steps of a network with 3,316 weights take
/// half a second, and include 30 checkpoints and 4 validations.
enum SmallRun {
    static let yaml = """
        network: {layers: [4C3, MP2, 4C3, MP2, 16FC], input: 28x28x1, classes: 10}
        weights: ternary
        training: {steps: 60, globalBatch: 16, gradientLeaves: 4, microBatch: 4}
        validation: {everyEpochs: 1, draws: 2, reestimateBatches: 1}
        checkpoint: {everySteps: 2, keepLatest: 3}
        """

    /// The results of an undisturbed run.
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

    /// The results of a run without further settings.
    static let reference = Result { try Reference() }

    /// Returns a run that has not been started.
    static func make(output: String? = nil) throws -> TestRun {
        try TestRun(output: output, yaml: yaml)
    }
}

extension TestRun {
    /// Returns the validations in the metrics, each with its step.
    func validations() throws -> [String] {
        try metricsSteps().filter { $0.hasPrefix("validation") }
    }

    /// Returns the names of the results that differ from those of an undisturbed run; empty if none
    /// does.
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

    /// The partial files that killed writers leave and that later runs must remove.
    var partialNames: [String] {
        (TestFolder.names(in: output) + checkpoints).filter { $0.contains(".partial") }
    }

    /// Returns the process of each rank; rank 0 is also a process without a launcher.
    func rankProcesses() -> [Int: Int32] {
        LRNetLaunchSupport.rankProcesses(of: "lrnet-dist", with: output)
    }

    /// Waits until all ranks of the run have exited, about a second after a killed mpirun.
    ///
    /// - Returns: True if they exited within 20 seconds.
    func waitForRanksToExit() -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while !rankProcesses().isEmpty {
            if ContinuousClock.now > end { return false }
            usleep(20_000)
        }
        return true
    }

    /// Returns the step of the newest intact checkpoint, and changes nothing.
    func newestCheckpoint() throws -> Int? {
        let store = CheckpointStore(runFolder: output)
        return try store.steps().last { step in
            (try? store.load(String(format: "step-%08d", step))) != nil
        }
    }

    /// The contents of `train.log` so far; empty if it does not exist.
    var logText: String {
        (try? String(contentsOfFile: "\(output)/train.log", encoding: .utf8)) ?? ""
    }
}
