internal import Foundation

/// Signal handling by ordinary code on a separate thread.
package enum SignalWatch {
    /// Starts to call `body` for each of the given signals, instead of their default actions.
    ///
    /// A signal that was ignored when the program started stays ignored. `nohup` requires this, and
    /// so does a shell script that starts a program with `&`. The signals are blocked in the
    /// calling thread and in the threads that it starts later. The first thread of a process must
    /// therefore call this before it starts other threads.
    ///
    /// - Throws: ``Failure`` (74) if the system cannot create a thread.
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
