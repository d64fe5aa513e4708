import Foundation

/// A program run under `mpirun`, to its end or to the deadline.
struct Launch {
    let status: Int32
    let output: String
    let errors: String
    let duration: Duration

    /// The code with which `mpirun --timeout` ends.
    static let timedOut: Int32 = 110

    /// The seconds after which `mpirun` ends a run.
    static let deadline = 60

    /// - Parameter placement: Options of `mpirun` that let there be more ranks than cores.
    init(
        ranks: Int, _ arguments: [String], placement: [String] = ["--oversubscribe"]
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lrnet-launch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "mpirun", "--timeout", "\(Self.deadline)", "-n", "\(ranks)", "--bind-to",
                "none",
            ] + placement + [try Self.program("lrnet-mpi-checks")] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
        environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: nobody need read while the program runs.
        let outputFile = folder.appendingPathComponent("output")
        let errorFile = folder.appendingPathComponent("errors")
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)

        let clock = ContinuousClock()
        let start = clock.now
        try process.run()
        process.waitUntilExit()
        duration = clock.now - start
        status = process.terminationStatus
        output = try String(contentsOf: outputFile, encoding: .utf8)
        errors = try String(contentsOf: errorFile, encoding: .utf8)
    }

    /// A product of the build that made this test, which lies beside the test bundle.
    private static func program(_ name: String) throws -> String {
        let test = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        for folder in [test, URL(fileURLWithPath: CommandLine.arguments[0])] {
            var folder = folder.deletingLastPathComponent()
            for _ in 0..<4 {
                let path = folder.appendingPathComponent(name).path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Missing(program: name, beside: test.path)
    }

    struct Missing: Error {
        let program: String
        let beside: String
    }
}
