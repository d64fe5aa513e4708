internal import Dispatch
internal import LRNetSupport
internal import Synchronization

/// The phase of a rank's work, as reported by its watchdog.
package enum ProgressPhase: UInt8, Sendable, CaseIterable {
    case starting
    case loading
    case forward
    case statusExchange
    case backward
    case allReduce
    case update
    case validating
    case saving
    case finishing

    /// The name of the phase, for messages.
    package var name: String {
        switch self {
        case .statusExchange: "status exchange"
        case .allReduce: "all-reduce"
        default: "\(self)"
        }
    }
}

/// The progress of a rank at one moment.
package struct Progress: Sendable, Equatable {
    package var phase: ProgressPhase
    /// The step, counted from 1 as in messages; 0 before the first step.
    package var step: Int
    /// The number of phases begun so far. All ranks begin the same phases in the same order, so the
    /// others wait for the rank with the lowest count.
    package var count: UInt64
    /// The number of pieces of files read or written so far. A rank that checks a large data set
    /// makes progress, although it begins no phase.
    package var activity: UInt64

    package init(
        phase: ProgressPhase = .starting, step: Int = 0, count: UInt64 = 0, activity: UInt64 = 0
    ) {
        self.phase = phase
        self.step = step
        self.count = count
        self.activity = activity
    }
}

/// The current progress of a rank, set by the training thread and read by the watchdog's thread.
///
/// Each mark is a few relaxed stores, which is cheap enough for several marks per step.
package final class ProgressBeacon: Sendable {
    /// The step, and in the lowest byte the phase, so that both change at once.
    private let position = Atomic<UInt64>(0)
    private let count = Atomic<UInt64>(0)
    /// The time at which a signal asked this rank to stop, in nanoseconds; 0 without such a signal.
    private let stopAskedAt = Atomic<UInt64>(0)

    /// Creates a beacon in the phase `starting`.
    package init() {}

    /// Marks the beginning of a phase. A phase may follow itself, for example for each batch.
    ///
    /// Only the training thread may call it, and every rank must call it in the same order.
    ///
    /// - Parameter step: The step, counted from 1; `nil` for the same step as before.
    package func enter(_ phase: ProgressPhase, step: Int? = nil) {
        let steps = step.map(UInt64.init) ?? position.load(ordering: .relaxed) >> 8
        position.store(steps << 8 | UInt64(phase.rawValue), ordering: .relaxed)
        count.store(count.load(ordering: .relaxed) + 1, ordering: .relaxed)
    }

    /// Records that a signal asked this rank to stop.
    package func noteStopAsked() {
        _ = stopAskedAt.compareExchange(
            expected: 0, desired: DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
    }

    /// Returns true if a signal asked this rank to stop at least `seconds` ago.
    package func wasAskedToStop(secondsAgo seconds: Double) -> Bool {
        let then = stopAskedAt.load(ordering: .relaxed)
        guard then > 0 else { return false }
        return Double(DispatchTime.now().uptimeNanoseconds - then) >= seconds * 1e9
    }

    /// The current progress of the rank.
    package var progress: Progress {
        let position = position.load(ordering: .relaxed)
        return Progress(
            phase: ProgressPhase(rawValue: UInt8(position & 0xFF)) ?? .starting,
            step: Int(position >> 8), count: count.load(ordering: .relaxed),
            activity: FileActivity.pieceCount)
    }
}
