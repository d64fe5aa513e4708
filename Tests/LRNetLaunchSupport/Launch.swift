internal import Foundation

/// A program that runs alongside a test, alone or under `mpirun`, and is killed at a deadline.
package final class Launch {
    /// The result of a program that has ended.
    package struct Outcome {
        /// The exit code, or the negative number of the signal that ended the program.
        package let status: Int32
        /// The standard output.
        package let output: String
        /// The standard error.
        package let errors: String
        /// The time from start to end.
        package let duration: Duration

        /// The lines of standard error without those of the launcher and without warnings.
        package var complaints: [String] {
            errors.split(separator: "\n").map(String.init).filter { line in
                !launcherLines.contains { line.hasPrefix($0) }
                    && !line.hasPrefix("lrnet-dist: warn")
                    && !line.allSatisfy { $0 == " " || $0 == "-" }
            }
        }
    }

    /// The first words of the lines that launchers add.
    private static let launcherLines = [
        "Primary job", "a non-zero exit code", "mpirun", "the job to be terminated",
        "  Process name", "  Exit code", "MPI_ABORT was invoked", "with errorcode",
        "NOTE: invoking MPI_ABORT", "You may or may not see", "exactly when Open MPI", "[",
        // hydra's
        "=====", "=   ", "YOUR APPLICATION TERMINATED", "This typically refers", "Please see the",
        "Abort(", "Intel(R) MPI",
    ]

    /// The status of a program that was killed at its deadline.
    package static let timedOut: Int32 = -SIGKILL

    /// The time that a launch may take, with a margin for a busy machine.
    package static let deadline: Duration = .seconds(120)

    private let process = Process()
    private let folder: TestFolder
    private let scratchMemory: TestFolder
    private let start = ContinuousClock.now
    private let deadline: Duration

    /// Starts ranks of several programs.
    package convenience init(
        _ parts: [RankLauncher.Part], hosts: String? = nil, environment: [String: String] = [:]
    ) throws {
        try self.init(
            "/usr/bin/env", RankLauncher.current.command(parts, hosts: hosts),
            environment: environment)
    }

    /// Starts a program, under the launcher of ranks if `ranks` is given.
    ///
    /// - Parameters:
    ///   - program: The path of the program.
    ///   - environment: Variables in addition to those of this process.
    package init(
        _ program: String, _ arguments: [String], ranks: Int? = nil,
        environment: [String: String] = [:], deadline: Duration = Launch.deadline
    ) throws {
        self.deadline = deadline
        folder = try TestFolder()
        scratchMemory = try TestFolder(in: "/dev/shm")
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let ranks {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = RankLauncher.current.command([
                RankLauncher.Part(ranks, [program] + arguments)
            ])
        }
        var all = ProcessInfo.processInfo.environment
        all["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        all["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        all["OPENBLAS_NUM_THREADS"] = "1"
        // A killed mpirun leaves its session folder and its shared memory. Both are in folders of
        // this launch and are removed with them.
        all["TMPDIR"] = folder.path
        all["OMPI_MCA_btl_vader_backing_directory"] = scratchMemory.path
        // Other tests run at the same time; waiting ranks must not occupy their cores.
        all["LRNET_YIELD"] = "1"
        process.environment = all.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        // Files instead of pipes: nothing has to be read while the program runs.
        for name in ["output", "errors"] {
            try Data().write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        process.standardOutput = FileHandle(forWritingAtPath: "\(folder.path)/output")
        process.standardError = FileHandle(forWritingAtPath: "\(folder.path)/errors")
        try Self.withSignalsUnblocked { try process.run() }
    }

    /// Does work that starts a child, with all signals unblocked and SIGINT, SIGHUP and SIGPIPE at
    /// their defaults.
    ///
    /// Tests run on threads that block all signals, and a child would inherit that. It would also
    /// inherit signals that were ignored when the tests started, such as SIGINT in the background
    /// of a script.
    private static func withSignalsUnblocked(_ work: () throws -> Void) rethrows {
        var (none, old) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &old)
        for number in [SIGINT, SIGHUP, SIGPIPE] { Foundation.signal(number, SIG_DFL) }
        defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
        try work()
    }

    /// Waits until a condition holds, the program ends or its deadline passes.
    ///
    /// - Parameter microseconds: The time between two checks.
    /// - Returns: True if the condition held while the program was running.
    package func waits(every microseconds: UInt32 = 2_000, until happened: () -> Bool) -> Bool {
        while process.isRunning && ContinuousClock.now - start < deadline {
            if happened() { return process.isRunning }
            usleep(microseconds)
        }
        return false
    }

    package var processID: Int32 { process.processIdentifier }

    package var isRunning: Bool { process.isRunning }

    /// The shared-memory files of the ranks, which exist while they run or if they were killed.
    package var sharedMemoryNames: [String] { scratchMemory.names }

    /// The folders of session, output and shared memory, which are removed with this object.
    package var ownFolders: [String] { [folder.path, scratchMemory.path] }

    /// The standard error up to now.
    package var errorsSoFar: String {
        (try? String(contentsOfFile: "\(folder.path)/errors", encoding: .utf8)) ?? ""
    }

    /// Sends a signal to the program, or to mpirun if that was started.
    package func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits until the program ends, and kills it at its deadline.
    package func wait() throws -> Outcome {
        while process.isRunning {
            if ContinuousClock.now - start > deadline { signal(SIGKILL) }
            usleep(5_000)
        }
        process.waitUntilExit()
        func content(_ name: String) throws -> String {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)"))
            return String(decoding: data, as: UTF8.self)
        }
        let wasKilled = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: wasKilled ? -process.terminationStatus : process.terminationStatus,
            output: try content("output"), errors: try content("errors"),
            duration: ContinuousClock.now - start)
    }

    /// Returns the path of a product of this build, which is next to the test bundle.
    package static func program(_ name: String) throws -> String {
        let test = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        for file in [test] + CommandLine.arguments.map({ URL(fileURLWithPath: $0) }) {
            var folder = file.deletingLastPathComponent()
            for _ in 0..<4 {
                let path = folder.appendingPathComponent(name).path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Missing(program: name, beside: test.path)
    }

    /// A program that was not built.
    package struct Missing: Error {
        let program: String
        let beside: String
    }
}

/// Runs a program until it ends, and returns its exit code and output.
package func launch(_ program: String, _ arguments: [String]) throws -> (
    code: Int32, output: String, error: String
) {
    let outcome = try Launch(program, arguments).wait()
    return (outcome.status, outcome.output, outcome.errors)
}
