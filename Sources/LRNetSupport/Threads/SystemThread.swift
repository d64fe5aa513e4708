internal import CDispatch
internal import Foundation

/// Threads that the system may refuse: under a limit on processes (`ulimit -u`, a container's limit on pids), or
/// where there is no memory for a stack. Foundation's `Thread` says nothing then, and who waits for it waits for
/// ever.
package enum SystemThread {
    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            (self.name, self.body) = (name, body)
        }
    }

    /// Starts a thread, which ends with `body`.
    ///
    /// - Parameters:
    ///   - name: At most 15 characters reach the system.
    ///   - remedy: What lowers the number of threads, such as `lower training.threads`.
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
            let ways =
                "raise the limit on processes and threads (ulimit -u, or a container's limit on pids)"
            throw Failure(
                call: "pthread_create", subject: name,
                message: "\(String(cString: strerror(code))); "
                    + (remedy.map { "\(ways), or \($0)" } ?? ways), exitStatus: .inputOutput)
        }
    }
}
