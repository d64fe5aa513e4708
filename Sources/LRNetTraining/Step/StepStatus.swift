/// The status of a step on all ranks after the forward pass: loss, error counts and flags.
package struct StepStatus: Sendable, Equatable {
    /// The mean loss of the batch, without regularizers (cross-entropy is in nats).
    package var loss = 0.0
    /// The number of samples whose largest logit is not the label's.
    package var errorCount = 0
    /// The number of samples whose label is not among the five largest logits.
    package var topFiveErrorCount = 0
    /// The number of samples in the batch.
    package var sampleCount = 0
    /// True if a stop was requested on some rank, by a signal or a time limit.
    package var stopWanted = false
    /// True if some rank could not load its part of the batch.
    package var hasFailure = false

    package init() {}

    /// The share of misclassified samples, in percent.
    package var errorPercent: Double {
        sampleCount == 0 ? 0 : 100 * Double(errorCount) / Double(sampleCount)
    }
}

/// Flags that a rank sends to the other ranks with its losses.
package struct RankFlags: OptionSet {
    package let rawValue: Int

    package static let stopWanted = RankFlags(rawValue: 1)
    package static let hasFailure = RankFlags(rawValue: 2)

    package init(rawValue: Int) { self.rawValue = rawValue }

    package init(stopWanted: Bool, hasFailure: Bool) {
        self = []
        if stopWanted { insert(.stopWanted) }
        if hasFailure { insert(.hasFailure) }
    }
}
