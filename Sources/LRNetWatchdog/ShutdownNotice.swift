internal import Foundation
internal import LRNetSupport
internal import Synchronization

/// The channel over which the worker thread notifies its watchdog that the work is done.
final class ShutdownNotice: Sendable {
    /// The contents of the notice.
    struct Message: Sendable {
        var kind: Heartbeat.Kind
        var text: String
    }

    private let message = Mutex<Message?>(nil)
    private let isSent = DispatchSemaphore(value: 0)
    private let readEnd: Int32
    private let writeEnd: Int32

    /// The maximum time to wait for the watchdog, which may be busy with a connection.
    private static let patience = DispatchTimeInterval.seconds(1)

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw Failure.system(call: "pipe", subject: "watchdog", code: errno)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    /// Passes the notice to the watchdog, and waits until it has been sent or ``patience`` has
    /// elapsed.
    func send(_ kind: Heartbeat.Kind, text: String = "") {
        message.withLock { $0 = Message(kind: kind, text: text) }
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
        _ = isSent.wait(timeout: .now() + Self.patience)
    }

    /// The file descriptor that becomes readable once there is a notice.
    var descriptor: Int32 { readEnd }

    /// Removes and returns the notice, if there is one.
    func take() -> Message? {
        message.withLock { message in
            let taken = message
            message = nil
            return taken
        }
    }

    /// Confirms that the notice was sent.
    func confirm() { isSent.signal() }
}
