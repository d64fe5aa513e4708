internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A failure on purpose, for tests of what happens then; never set it for a run that counts.
///
///     LRNET_FAULT=KIND:rank=N,step=N[,when=fresh]
///
/// Behind the loading of the step (counted from 1) the rank does what the kind says:
///
/// - `nan`: one pixel of its batch is no number
/// - `gradient`: one input gradient of the second layer with weights is no number, so that the loss
///   is finite and later layers are updated
/// - `stop`: raises SIGSTOP
/// - `hang`: sleeps for ever
/// - `kill`: raises SIGKILL
/// - `exit`: `_exit(1)`
/// - `error`: throws an error that the other ranks do not share
///
/// `when=fresh` does so only in a run that has not gone on from a checkpoint, and so once.
package struct FaultInjection: Equatable {
    /// What happens.
    package enum Kind: String, CaseIterable {
        case nan, gradient, stop, hang, kill, exit, error
    }

    static let variable = "LRNET_FAULT"

    package let text: String
    package let kind: Kind
    package let rank: Int
    package let step: Int
    package let onlyFresh: Bool

    /// What the environment asks for; `nil` where it says nothing.
    static func fromEnvironment() throws -> FaultInjection? {
        try ProcessInfo.processInfo.environment[variable].map { try FaultInjection($0) }
    }

    /// - Throws: `Failure` (64) for a text that is not exactly as above.
    package init(_ text: String) throws {
        let site = FailureSite(
            Self.variable, "'\(text)'",
            remedy: "write KIND:rank=N,step=N[,when=fresh], KIND one of "
                + Kind.allCases.map(\.rawValue).joined(separator: ", "))
        var words = try FaultText(text, site: site)
        guard let kind = Kind(rawValue: words.kind) else {
            throw site.usage("names no kind of fault")
        }
        let when = words.take("when")
        guard let rank = words.take("rank").flatMap({ Int($0) }), rank >= 0,
            let step = words.take("step").flatMap({ Int($0) }), step >= 1
        else { throw site.usage("rank (from 0) and step (from 1) are needed") }
        guard when == nil || when == "fresh" else { throw site.usage("when is fresh or left out") }
        try words.finish()
        self.text = text
        self.kind = kind
        self.rank = rank
        self.step = step
        onlyFresh = when != nil
    }

    /// What the log of such a run says.
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
