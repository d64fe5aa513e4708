internal import Foundation
internal import Synchronization

/// The end of a command by a signal, after its temporary folders are removed.
package enum Interruption {
    private struct Belongings {
        var folders: Set<String> = []
        var processes: Set<pid_t> = []
    }

    /// The lock is held while a signal ends the process, so other threads then wait for its end.
    private static let belongings = Mutex(Belongings())

    /// The time that killed children may take to release a folder.
    private static let patience: Duration = .seconds(2)

    /// Makes SIGINT, SIGTERM and SIGHUP remove the temporary folders before they end the process.
    ///
    /// The first thread must call this before it starts other threads.
    ///
    /// - Throws: ``Failure`` (74) if the system cannot create a thread.
    package static func start() throws {
        try SignalWatch.start([SIGINT, SIGTERM, SIGHUP]) { number in
            belongings.withLock { belongings in
                for process in belongings.processes { kill(-process, SIGKILL) }
                for folder in belongings.folders { remove(folder) }
                end(number)
            }
        }
    }

    private static func remove(_ folder: String) {
        let start = ContinuousClock.now
        while FileBytes.exists(folder), ContinuousClock.now - start < patience {
            if (try? AtomicFile.remove(folder)) == nil { usleep(10_000) }
        }
    }

    /// Ends the process by the default action of a signal.
    private static func end(_ number: Int32) {
        signal(number, SIG_DFL)
        var numbers = sigset_t()
        sigemptyset(&numbers)
        sigaddset(&numbers, number)
        pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
        raise(number)
        _exit(128 + number)
    }

    /// Does work that a signal does not interrupt, such as writing the final files.
    package static func postponed(_ work: () throws -> Void) throws {
        try belongings.withLock { _ in try work() }
    }

    // MARK: Temporary folders

    /// Creates a folder for temporary files.
    ///
    /// - Parameter name: The start of its name.
    /// - Returns: The path. Remove the folder by ``removeFolder(_:)``.
    /// - Throws: ``Failure`` (74) if it cannot be created.
    package static func makeFolder(_ name: String) throws -> String {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("\(name)-\(UUID().uuidString)").path
        try belongings.withLock { belongings in
            try AtomicFile.createFolder(path)
            belongings.folders.insert(path)
        }
        return path
    }

    /// Removes a folder that ``makeFolder(_:)`` created.
    package static func removeFolder(_ path: String) {
        belongings.withLock { belongings in
            try? AtomicFile.remove(path)
            belongings.folders.remove(path)
        }
    }

    // MARK: Children

    /// Runs a program until it ends, or until a signal ends this process and the program.
    ///
    /// - Parameter arguments: The program, which is searched for in `PATH`, and its arguments.
    /// - Returns: The exit code, and the text of standard error.
    /// - Throws: ``Failure``: 66 if the program is missing, 74 if it cannot be started.
    package static func run(_ arguments: [String]) throws -> (code: Int32, words: String) {
        let child = try belongings.withLock { belongings in
            let child = try ChildProcess(arguments, hasOwnGroup: true)
            belongings.processes.insert(child.process)
            return child
        }
        defer {
            belongings.withLock { belongings in
                _ = belongings.processes.remove(child.process)
            }
        }
        while try !child.read().isEmpty {}
        return child.finish()
    }
}
