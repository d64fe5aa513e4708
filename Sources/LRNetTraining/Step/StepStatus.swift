internal import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport

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

    init(stopWanted: Bool, hasFailure: Bool) {
        self = []
        if stopWanted { insert(.stopWanted) }
        if hasFailure { insert(.hasFailure) }
    }
}

/// The exchange that combines losses and flags over the ranks. It adds leaves in tree order, so
/// that the loss has the same bits at any number of ranks.
final class StatusExchange {
    private let group: any ProcessGroup

    /// The number of values per leaf: loss, errors, top-five errors and samples.
    private static let width = 4

    init(group: any ProcessGroup) {
        self.group = group
    }

    /// Combines the leaves of all ranks. Every rank calls it, at the same point of the same step.
    func combine(
        _ leaves: [ClassificationLoss.Totals], layout: BatchLayout, flags: RankFlags = []
    ) throws -> StepStatus {
        let present = layout.globalLeafCount
        let counts = (0..<group.size).map { rank in
            let run = LeafTree.run(
                of: rank, ranks: group.size, leafCount: layout.dealtLeafCount)
            return 1 + Self.width * run.clamped(to: 0..<present).count
        }
        var local = [Double(flags.rawValue)]
        for leaf in leaves {
            local += [
                leaf.loss, Double(leaf.errorCount), Double(leaf.topFiveErrorCount),
                Double(leaf.sampleCount),
            ]
        }
        var gathered = Array(repeating: 0.0, count: counts.reduce(0, +))
        try group.allGather(local, counts: counts, into: &gathered)
        return Self.sum(gathered, counts: counts, present: present)
    }

    private static func sum(_ gathered: [Double], counts: [Int], present: Int) -> StepStatus {
        var status = StepStatus()
        var flags: RankFlags = []
        var losses: [Double] = []
        var position = 0
        for count in counts {
            flags.formUnion(RankFlags(rawValue: Int(gathered[position])))
            for leaf in stride(from: position + 1, to: position + count, by: width) {
                losses.append(gathered[leaf])
                status.errorCount += Int(gathered[leaf + 1])
                status.topFiveErrorCount += Int(gathered[leaf + 2])
                status.sampleCount += Int(gathered[leaf + 3])
            }
            position += count
        }
        status.stopWanted = flags.contains(.stopWanted)
        status.hasFailure = flags.contains(.hasFailure)
        let loss = LeafTree(count: present).combine(leaves: losses) { $0 += $1 } ?? 0
        status.loss = status.sampleCount > 0 ? loss / Double(status.sampleCount) : 0
        return status
    }
}
