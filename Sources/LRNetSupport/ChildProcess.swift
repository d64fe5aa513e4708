import Foundation

/// A child process whose output is read.
///
/// Foundation's `Process` hangs on hosts without a loopback interface, such as some containers.
package final class ChildProcess {
    let process: pid_t
    private var output: Int32
    private let errors: Int32

    /// Starts a program, which is searched for in `PATH`. Its standard input is empty.
    ///
    /// - Parameter hasOwnGroup: True if the program and its children form a process group, which
    ///   Ctrl-C does not reach.
    /// - Throws: ``Failure``: 66 if the program is missing, 74 if it cannot be started.
    package init(_ arguments: [String], hasOwnGroup: Bool = false) throws {
        let name = arguments.first ?? ""
        let (output, outputEnd) = try Self.pipe(for: name)
        let (errors, errorsEnd) = try Self.pipe(for: name)
        (self.output, self.errors) = (output, errors)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputEnd, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errorsEnd, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A thread that watches signals has blocked them, and a child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | (hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)))
        let words: [UnsafeMutablePointer<CChar>?] =
            arguments.map { strdup(PathText.cString($0)) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, name, &actions, &attributes, words, environ)
        close(outputEnd)
        close(errorsEnd)
        self.process = process
        guard code == 0 else {
            // `deinit` does not run when `init` throws.
            close(output)
            close(errors)
            throw Failure.system(call: "start", subject: name, code: code)
        }
    }

    deinit {
        closeOutput()
        close(errors)
    }

    /// Returns up to 64 KiB of the program's next output, or no bytes at its end.
    package func read() throws -> [UInt8] {
        try Self.read(output)
    }

    /// Stops reading. A program that continues to print then fails to write, and ends.
    package func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// Waits until the program ends.
    ///
    /// - Returns: The exit code (128 plus the number of a signal that ended the program) and the
    ///   text of standard error.
    package func finish() -> (code: Int32, words: String) {
        closeOutput()
        var errorBytes: [UInt8] = []
        while let piece = try? Self.read(errors), !piece.isEmpty { errorBytes += piece }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return (
            signal == 0 ? status >> 8 & 0xFF : 128 + signal,
            String(decoding: errorBytes, as: UTF8.self)
        )
    }

    private static func pipe(for name: String) throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else {
            throw Failure.system(call: "pipe", subject: name, code: errno)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func read(_ descriptor: Int32) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &bytes, bytes.count)
            if count >= 0 { return Array(bytes.prefix(count)) }
            if errno != EINTR { throw Failure.system(call: "read", subject: "pipe", code: errno) }
        }
    }
}
