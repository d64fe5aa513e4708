internal import Foundation

/// What the coordinator remembers from step to step; part of every checkpoint.
package struct CoordinatorState: Sendable, Codable, Equatable {
    /// The network that is ahead: the fewest errors, then the lowest loss, then the latest step, then the
    /// lowest draw.
    package struct Leader: Sendable, Codable, Equatable {
        /// Steps trained when it was drawn.
        package var step: Int
        /// Its result on the validation split.
        package var result: DrawResult
        /// The results of all draws of that step.
        package var report: ValidationReport
        /// SHA-256 of the file of the network; absent in checkpoints of earlier versions.
        package var fileSHA256: String?
    }

    /// The network that is ahead, once there was a validation.
    package var leader: Leader?

    /// Steps at which the run was resumed.
    package var resumedAt: [Int] = []

    /// The training loss of the last step.
    package var trainingLoss = 0.0

    /// Training time so far, in seconds, without validations and checkpoints.
    package var trainingSeconds = 0.0

    /// Time of all parts of the run so far, in seconds, with validations; absent in checkpoints of earlier
    /// versions.
    package var runSeconds: Double?

    /// Images trained on so far.
    package var imageCount = 0

    /// Set where the validation of the last step was given up, because somebody asked to stop; it is
    /// made before training goes on.
    package var owesValidation: Bool?

    /// Creates the state of a new run.
    package init() {}

    /// Takes in a validation.
    ///
    /// - Returns: Whether a new network is ahead.
    package mutating func consider(_ report: ValidationReport) -> Bool {
        guard let best = report.best else { return false }
        if let leader, leader.result.isBetter(than: best) { return false }
        leader = Leader(step: report.step, result: best, report: report)
        return true
    }
}

/// What the coordinator wants done behind a step; broadcast, so that all ranks do it.
package struct Decision: Sendable, Equatable {
    /// The rates of the next step.
    package var rates: UpdateRates
    /// Draw networks and validate them.
    package var validates = false
    /// Save the run's state.
    package var savesCheckpoint = false
    /// End here: the last step is done, or somebody asked.
    package var stops = false

    /// Creates a decision.
    package init(rates: UpdateRates) {
        self.rates = rates
    }

    /// 25 bytes: the flags, then the rates.
    package var bytes: [UInt8] {
        var result = [(validates ? 1 : 0) + (savesCheckpoint ? 2 : 0) + (stops ? 4 : 0) as UInt8]
        for rate in [rates.real, rates.logits, rates.logitGrowth] {
            withUnsafeBytes(of: rate.bitPattern.littleEndian) { result += $0 }
        }
        return result
    }

    /// Reads what ``bytes`` wrote.
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
