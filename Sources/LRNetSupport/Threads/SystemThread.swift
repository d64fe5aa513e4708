internal import CDispatch
internal import Foundation

/// Threads whose creation can fail with an error.
///
/// The system refuses a thread under a limit on processes (`ulimit -u`, a container's limit on
/// pids) or without memory for its stack. Foundation's `Thread` then reports nothing, and code that
/// waits for the thread hangs.
package enum SystemThread {
    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            (self.name, self.body) = (name, body)
        }
    }

    /// Starts a thread, which ends when `body` returns.
    ///
    /// - Parameters:
    ///   - name: The thread's name, of which the system keeps at most 15 characters.
    ///   - remedy: A way to reduce the number of threads, such as `lower training.threads`.
    /// - Throws: ``Failure`` (74), naming the thread.
    package static func start(
        _ name: String, stackByteCount: Int = 1 << 20, remedy: String? = nil,
        _ body: @escaping @Sendable () -> Void
    ) throws {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackByteCount)
        let work = Unmanaged.passRetained(Work(name: name, body: body))
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                let work = Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
                Thread.current.name = work.name
                work.body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            let limits =
                "raise the limit on processes and threads (ulimit -u, or a container's limit on "
                + "pids)"
            throw Failure(
                call: "pthread_create", subject: name,
                message: "\(String(cString: strerror(code))); "
                    + (remedy.map { "\(limits), or \($0)" } ?? limits), exitStatus: .inputOutput)
        }
    }
}
