internal import Foundation

/// The coordinator's state between steps, which is part of every checkpoint.
package struct CoordinatorState: Sendable, Codable, Equatable {
    /// The best network so far: it has the fewest errors, then the lowest loss, then the latest
    /// step, then the lowest draw.
    package struct Leader: Sendable, Codable, Equatable {
        /// The number of steps trained when it was drawn.
        package var step: Int
        /// Its result on the validation split.
        package var result: DrawResult
        /// The results of all draws of that step.
        package var report: ValidationReport
        /// The SHA-256 of the network's file; absent in checkpoints of earlier versions.
        package var fileSHA256: String?
    }

    /// The best network so far; `nil` before the first validation.
    package var leader: Leader?

    /// The steps at which the run was resumed.
    package var resumedAt: [Int] = []

    /// The training loss of the last step.
    package var trainingLoss = 0.0

    /// Training time so far, in seconds, without validations and checkpoints.
    package var trainingSeconds = 0.0

    /// The total time of all parts of the run so far, in seconds, with validations; absent in
    /// checkpoints of earlier versions.
    package var runSeconds: Double?

    /// The number of images trained on so far.
    package var imageCount = 0

    /// The seed of the random numbers that steps use, if it is not the recipe's (see ``RunStart``);
    /// absent in cold starts, and in runs that an earlier version started.
    package var stepSeed: UInt64?

    /// True if a stop request aborted the validation of the last step. The validation is then
    /// repeated before training resumes.
    package var owesValidation: Bool?

    package init() {}

    /// Updates the leader from a validation.
    ///
    /// - Returns: True if the validation has a new leader.
    package mutating func consider(_ report: ValidationReport) -> Bool {
        guard let best = report.best else { return false }
        if let leader, leader.result.isBetter(than: best) { return false }
        leader = Leader(step: report.step, result: best, report: report)
        return true
    }
}

/// The coordinator's decision after a step. It is broadcast, so that all ranks follow it.
package struct Decision: Sendable, Equatable {
    /// The learning rates of the next step.
    package var rates: UpdateRates
    /// True if networks must be drawn and validated.
    package var validates = false
    /// True if the state of the run must be saved.
    package var savesCheckpoint = false
    /// True if training ends here, because this was the last step or because of a stop request.
    package var stops = false

    package init(rates: UpdateRates) {
        self.rates = rates
    }

    /// The encoded decision in 25 bytes: the flags, then the rates as three little-endian doubles.
    package var bytes: [UInt8] {
        var result = [(validates ? 1 : 0) + (savesCheckpoint ? 2 : 0) + (stops ? 4 : 0) as UInt8]
        for rate in [rates.real, rates.logits, rates.logitGrowth] {
            withUnsafeBytes(of: rate.bitPattern.littleEndian) { result += $0 }
        }
        return result
    }

    /// Decodes ``bytes``.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 25, "a decision of \(bytes.count) bytes")
        func rate(_ range: Range<Int>) -> Double {
            Double(bitPattern: bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
        rates = UpdateRates(real: rate(1..<9), logits: rate(9..<17), logitGrowth: rate(17..<25))
        validates = bytes[0] & 1 != 0
        savesCheckpoint = bytes[0] & 2 != 0
        stops = bytes[0] & 4 != 0
    }
}
