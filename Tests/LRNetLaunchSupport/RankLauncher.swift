internal import Foundation

/// The launcher that tests start ranks with: `mpirun`, or the one that `LRNET_LAUNCHER` names.
package enum RankLauncher {
    /// Open MPI's mpirun.
    case openMPI
    /// The launcher of MPICH and its descendants.
    case hydra

    package static let name = ProcessInfo.processInfo.environment["LRNET_LAUNCHER"] ?? "mpirun"

    /// The kind of ``name``, by what it prints about itself.
    package static let current: RankLauncher = {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name, "--version"]
        process.standardOutput = output
        process.standardError = output
        guard (try? process.run()) != nil else { return .openMPI }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self).contains("HYDRA") ? .hydra : .openMPI
    }()

    /// Returns a command that starts ranks of one or several programs, which may share cores.
    ///
    /// - Parameters:
    ///   - hosts: A list of hosts that promises more slots than there are cores, such as
    ///     `localhost:8`; Open MPI does not compare it with the cores.
    package func command(_ parts: [Part], hosts: String? = nil) -> [String] {
        var words = [Self.name]
        switch self {
        case .openMPI:
            words += ["--bind-to", "none"]
            words += hosts.map { ["--host", $0] } ?? ["--oversubscribe"]
        case .hydra:
            words += ["-bind-to", "none"] + (hosts.map { ["-hosts", $0] } ?? [])
        }
        for (index, part) in parts.enumerated() {
            if index > 0 { words.append(":") }
            words += ["-n", "\(part.ranks)"]
            for (name, value) in part.environment {
                words += self == .openMPI ? ["-x", "\(name)=\(value)"] : ["-env", name, value]
            }
            words += part.command
        }
        return words
    }

    /// Some ranks of a launch.
    package struct Part {
        let ranks: Int
        package let command: [String]
        let environment: [String: String]

        package init(_ ranks: Int, _ command: [String], environment: [String: String] = [:]) {
            self.ranks = ranks
            self.command = command
            self.environment = environment
        }
    }

    /// The variable that contains a process's rank.
    package var rankVariable: String {
        self == .openMPI ? "OMPI_COMM_WORLD_RANK" : "PMI_RANK"
    }

    /// Returns the exit code of a launch of which a signal ended a rank.
    package func status(ofSignal signal: Int32) -> Int32 {
        self == .openMPI ? 128 + signal : signal
    }
}
