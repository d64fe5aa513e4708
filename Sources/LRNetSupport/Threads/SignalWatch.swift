internal import Foundation

/// Signals that are answered by ordinary code, on a thread of its own.
package enum SignalWatch {
    /// From now on calls `body` for each of the signals that comes, instead of what it would do.
    ///
    /// A signal that was ignored when the program started stays ignored: `nohup` asks for that, and so does a
    /// shell that starts a program with `&` in a script. The signals are blocked in the calling thread and those
    /// that it starts later, so the first thread of a process calls it, before there are others.
    ///
    /// - Throws: ``Failure`` (74) if the system makes no thread.
    package static func start(
        _ numbers: [Int32], _ body: @escaping @Sendable (_ number: Int32) -> Void
    ) throws {
        var watched = sigset_t()
        sigemptyset(&watched)
        for number in numbers where !isIgnored(number) { sigaddset(&watched, number) }
        pthread_sigmask(SIG_BLOCK, &watched, nil)
        try SystemThread.start("signals") { [watched] in
            var watched = watched
            var number: Int32 = 0
            while true {
                if sigwait(&watched, &number) == 0 { body(number) }
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
