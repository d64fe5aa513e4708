internal import Foundation
internal import LRNetSupport
internal import Synchronization

/// How the thread that works tells its watchdog that the work is done.
final class ShutdownNotice: Sendable {
    /// What is to be said.
    struct Words: Sendable {
        var kind: Heartbeat.Kind
        var text: String
    }

    private let words = Mutex<Words?>(nil)
    private let isSaid = DispatchSemaphore(value: 0)
    private let readEnd: Int32
    private let writeEnd: Int32

    /// How long the watchdog is waited for; it may be busy with a connection.
    private static let patience = DispatchTimeInterval.seconds(1)

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw Failure.system(call: "pipe", subject: "watchdog", code: errno)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    /// Has the watchdog say it, and returns when it has.
    func say(_ kind: Heartbeat.Kind, text: String = "") {
        words.withLock { $0 = Words(kind: kind, text: text) }
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
        _ = isSaid.wait(timeout: .now() + Self.patience)
    }

    /// Can be read once there is something to say.
    var descriptor: Int32 { readEnd }

    /// What is to be said, if anything, once.
    func take() -> Words? {
        words.withLock { words in
            let taken = words
            words = nil
            return taken
        }
    }

    /// Notes that it was said.
    func noteSaid() { isSaid.signal() }
}
