internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A failure that a test injects on purpose. Never set it for a real run.
///
///     LRNET_FAULT=KIND:rank=N,step=N[,when=fresh]
///
/// After loading the batch of the step (counted from 1), the rank fails according to the kind:
///
/// - `nan`: sets one pixel of its batch to NaN
/// - `gradient`: sets one input gradient of the second layer with weights to NaN, so that the loss
///   is finite and later layers are updated
/// - `stop`: raises SIGSTOP
/// - `hang`: sleeps forever
/// - `kill`: raises SIGKILL
/// - `exit`: calls `_exit(1)`
/// - `error`: throws an error that the other ranks do not throw
///
/// `when=fresh` limits the fault to a run that was not resumed from a checkpoint, so that it
/// happens once.
package struct FaultInjection: Equatable {
    /// The kind of failure.
    package enum Kind: String, CaseIterable {
        case nan, gradient, stop, hang, kill, exit, error
    }

    static let variable = "LRNET_FAULT"

    package let text: String
    package let kind: Kind
    package let rank: Int
    package let step: Int
    package let onlyFresh: Bool

    /// Reads the fault from the environment; `nil` if the variable is not set.
    static func fromEnvironment() throws -> FaultInjection? {
        try ProcessInfo.processInfo.environment[variable].map { try FaultInjection($0) }
    }

    /// Parses the text of the variable.
    ///
    /// - Throws: `Failure` (64) if the text does not have exactly the form above.
    package init(_ text: String) throws {
        let site = FailureSite(
            Self.variable, "'\(text)'",
            remedy: "write KIND:rank=N,step=N[,when=fresh], KIND one of "
                + Kind.allCases.map(\.rawValue).joined(separator: ", "))
        var words = try FaultText(text, site: site)
        guard let kind = Kind(rawValue: words.kind) else {
            throw site.usage("does not name a known kind of fault")
        }
        let when = words.take("when")
        guard let rank = words.take("rank").flatMap({ Int($0) }), rank >= 0,
            let step = words.take("step").flatMap({ Int($0) }), step >= 1
        else { throw site.usage("requires rank (from 0) and step (from 1)") }
        guard when == nil || when == "fresh" else {
            throw site.usage("'when' must be fresh or omitted")
        }
        try words.finish()
        self.text = text
        self.kind = kind
        self.rank = rank
        self.step = step
        onlyFresh = when != nil
    }

    /// The warning in the log of a run with a fault.
    package var warning: String {
        "\(Self.variable)=\(text) is set: this run fails on purpose, for a test"
    }

    /// Injects the fault if this is its rank and step.
    func inject(
        rank: Int, step: Int, isResumed: Bool, batch: Batch, on trainingStep: TrainingStep
    ) throws {
        guard rank == self.rank, step == self.step, !(onlyFresh && isResumed) else { return }
        switch kind {
        case .nan: batch.filledImages[0] = .nan
        case .gradient:
            let target = trainingStep.network.weightedLayers[1]
            trainingStep.injectedFault = { layer, values, isGradient in
                if isGradient, layer === target, values.count > 0 { values[0] = .nan }
            }
        case .stop: raise(SIGSTOP)
        case .hang: while true { sleep(1000) }
        case .kill: raise(SIGKILL)
        case .exit: _exit(1)
        case .error:
            throw Failure(
                call: Self.variable, subject: text, message: "an error on purpose",
                exitStatus: .inputOutput)
        }
    }
}
