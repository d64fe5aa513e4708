internal import Dispatch
internal import LRNetSupport
internal import Synchronization

/// What a rank is doing, as its watchdog tells others.
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

    /// The phase in words, for messages.
    package var name: String {
        switch self {
        case .statusExchange: "status exchange"
        case .allReduce: "all-reduce"
        default: "\(self)"
        }
    }
}

/// Where a rank is, at one moment.
package struct Progress: Sendable, Equatable {
    /// What it is doing.
    package var phase: ProgressPhase
    /// The step, counted from 1 as in messages; 0 before the first.
    package var step: Int
    /// Phases begun so far. All ranks begin the same phases in the same order, so the rank with the
    /// lowest count is the one that the others wait for.
    package var count: UInt64
    /// Pieces of files read or written so far: a rank that checks a large data set is alive,
    /// although it begins no phase.
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

/// Where a rank is: set by the thread that trains, read by the watchdog's.
///
/// Marks are a few relaxed stores, cheap enough for several a step.
package final class ProgressBeacon: Sendable {
    /// The step, and in the lowest byte the phase, so that both change at once.
    private let position = Atomic<UInt64>(0)
    private let count = Atomic<UInt64>(0)
    /// When a signal has asked this rank to stop, in nanoseconds; 0 while none has.
    private let stopAskedAt = Atomic<UInt64>(0)

    /// Makes a beacon in the phase `starting`.
    package init() {}

    /// Says that a phase begins; a phase may follow itself, as batch follows batch.
    ///
    /// Only the thread that trains calls it, and every rank in the same order.
    ///
    /// - Parameter step: Counted from 1; the one before where it is left out.
    package func enter(_ phase: ProgressPhase, step: Int? = nil) {
        let steps = step.map(UInt64.init) ?? position.load(ordering: .relaxed) >> 8
        position.store(steps << 8 | UInt64(phase.rawValue), ordering: .relaxed)
        count.store(count.load(ordering: .relaxed) + 1, ordering: .relaxed)
    }

    /// Says that a signal has asked this rank to stop.
    package func noteStopAsked() {
        _ = stopAskedAt.compareExchange(
            expected: 0, desired: DispatchTime.now().uptimeNanoseconds, ordering: .relaxed)
    }

    /// Whether a signal has asked this rank to stop, at least `seconds` ago.
    package func wasAskedToStop(secondsAgo seconds: Double) -> Bool {
        let then = stopAskedAt.load(ordering: .relaxed)
        guard then > 0 else { return false }
        return Double(DispatchTime.now().uptimeNanoseconds - then) >= seconds * 1e9
    }

    /// Where the rank is now.
    package var progress: Progress {
        let position = position.load(ordering: .relaxed)
        return Progress(
            phase: ProgressPhase(rawValue: UInt8(position & 0xFF)) ?? .starting,
            step: Int(position >> 8), count: count.load(ordering: .relaxed),
            activity: FileActivity.pieceCount)
    }
}
