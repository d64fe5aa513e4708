internal import Foundation

/// A program that runs beside the test, alone or under `mpirun`; at the deadline it is killed.
package final class Launch {
    /// How a program ended.
    package struct Outcome {
        /// The exit code; the negative number of the signal that ended it.
        package let status: Int32
        /// What it printed.
        package let output: String
        /// What it printed on standard error.
        package let errors: String
        /// From start to end.
        package let duration: Duration

        /// The lines on standard error that are ours: not mpirun's, and no warnings.
        package var complaints: [String] {
            errors.split(separator: "\n").map(String.init).filter { line in
                !launcherLines.contains { line.hasPrefix($0) }
                    && !line.hasPrefix("lrnet-dist: warn")
                    && !line.allSatisfy { $0 == " " || $0 == "-" }
            }
        }
    }

    /// How the lines begin that mpirun adds.
    private static let launcherLines = [
        "Primary job", "a non-zero exit code", "mpirun", "the job to be terminated",
        "  Process name", "  Exit code", "MPI_ABORT was invoked", "with errorcode",
        "NOTE: invoking MPI_ABORT", "You may or may not see", "exactly when Open MPI", "[",
    ]

    /// What ends with this was ended by its deadline.
    package static let timedOut: Int32 = -SIGKILL

    /// Seconds that a launch may take, with room for a busy machine.
    package static let deadline: Duration = .seconds(120)

    private let process = Process()
    private let folder: TestFolder
    private let scratchMemory: TestFolder
    private let start = ContinuousClock.now

    /// Starts a program under `mpirun` if `ranks` is given.
    ///
    /// - Parameters:
    ///   - program: A path.
    ///   - placement: Options of `mpirun` that let there be more ranks than cores.
    ///   - environment: Set in addition to this process's variables.
    package init(
        _ program: String, _ arguments: [String], ranks: Int? = nil,
        placement: [String] = ["--oversubscribe"], environment: [String: String] = [:]
    ) throws {
        folder = try TestFolder()
        scratchMemory = try TestFolder(in: "/dev/shm")
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if let ranks {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                ["mpirun", "--bind-to", "none"] + placement + ["-n", "\(ranks)", program]
                + arguments
        }
        var all = ProcessInfo.processInfo.environment
        all["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        all["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        all["OPENBLAS_NUM_THREADS"] = "1"
        // A killed mpirun leaves its session's folder and its shared memory behind; both lie in
        // this launch's own folders, and go with them.
        all["TMPDIR"] = folder.path
        all["OMPI_MCA_btl_vader_backing_directory"] = scratchMemory.path
        // Other tests run meanwhile; ranks that wait must not take their cores.
        all["OMPI_MCA_mpi_yield_when_idle"] = "1"
        process.environment = all.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: nobody need read while the program runs.
        for name in ["output", "errors"] {
            try Data().write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        process.standardOutput = FileHandle(forWritingAtPath: "\(folder.path)/output")
        process.standardError = FileHandle(forWritingAtPath: "\(folder.path)/errors")
        try Self.withSignalsUnblocked { try process.run() }
    }

    /// Tests run on threads that block all signals, and a child would inherit that; and what was ignored when the
    /// tests were started, as SIGINT is in a script's background.
    private static func withSignalsUnblocked(_ work: () throws -> Void) rethrows {
        var (none, old) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &old)
        for number in [SIGINT, SIGHUP, SIGPIPE] { Foundation.signal(number, SIG_DFL) }
        defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
        try work()
    }

    /// Waits until something has happened, or the program has ended.
    ///
    /// - Parameter microseconds: Between two looks.
    /// - Returns: Whether it happened while the program was running.
    package func waits(every microseconds: UInt32 = 2_000, until happened: () -> Bool) -> Bool {
        while process.isRunning && ContinuousClock.now - start < Self.deadline {
            if happened() { return process.isRunning }
            usleep(microseconds)
        }
        return false
    }

    /// The process that was started.
    package var processID: Int32 { process.processIdentifier }

    /// Whether it runs.
    package var isRunning: Bool { process.isRunning }

    /// What ranks share their memory through, while they run or if they were killed.
    package var sharedMemoryNames: [String] { scratchMemory.names }

    /// The folders of its session, output and shared memory, which go with this object.
    package var ownFolders: [String] { [folder.path, scratchMemory.path] }

    /// What it has printed on standard error so far.
    package var errorsSoFar: String {
        (try? String(contentsOfFile: "\(folder.path)/errors", encoding: .utf8)) ?? ""
    }

    /// Sends a signal to the program (to mpirun, where that was started).
    package func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the end, or kills the program at its deadline.
    package func wait() throws -> Outcome {
        while process.isRunning {
            if ContinuousClock.now - start > Self.deadline { signal(SIGKILL) }
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

    /// A product of the build that made this test, which lies beside the test bundle.
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

/// Runs a program and waits; its exit code and what it printed.
package func launch(_ program: String, _ arguments: [String]) throws -> (
    code: Int32, output: String, error: String
) {
    let outcome = try Launch(program, arguments).wait()
    return (outcome.status, outcome.output, outcome.errors)
}
