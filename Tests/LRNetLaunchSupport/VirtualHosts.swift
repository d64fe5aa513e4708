internal import Foundation

/// Hosts in network namespaces, created by `launch/tools/virtual-hosts.sh`; requires root.
package struct VirtualHosts {
    /// The number of hosts, which are named `node1`, `node2` and so on.
    package let count: Int

    /// The prefix of the names of the namespaces, which no other test uses.
    private let name = "lrnet-\(UUID().uuidString.prefix(8))"

    /// Creates a description. The hosts exist only while a launch runs.
    package init(_ count: Int) {
        self.count = count
    }

    /// True if this process may create hosts; prints one line with the reason if not.
    package static let isPossible: Bool = {
        let outcome = try? VirtualHosts(1).start("/bin/true", []).wait()
        if outcome?.status == 0 { return true }
        let reason = outcome?.errors.split(separator: "\n").first ?? "the script cannot be started"
        FileHandle.standardError.write(
            Data("SKIPPED: tests on several hosts, because: \(reason)\n".utf8))
        return false
    }()

    /// Starts a program on the first host. `{hosts}` in its arguments means the host file.
    package func start(
        _ program: String, _ arguments: [String], options: [String] = [],
        environment: [String: String] = [:]
    ) throws -> Launch {
        try Launch(
            repositoryRoot + "/launch/tools/virtual-hosts.sh",
            ["\(count)", "--name", name, "--seconds", "100"] + options + ["--", program]
                + arguments,
            environment: environment)
    }

    /// Starts a program on all hosts. By default its ranks are assigned to them in turn.
    package func startRanks(
        _ count: Int, _ program: String, _ arguments: [String], isConsecutive: Bool = false,
        environment: [String: String] = [:]
    ) throws -> Launch {
        let slots = (count + self.count - 1) / self.count
        let placement =
            switch RankLauncher.current {
            case .openMPI:
                ["--map-by", isConsecutive ? "ppr:\(slots):node" : "node", "--bind-to", "none"]
            case .hydra: ["-ppn", isConsecutive ? "\(slots)" : "1", "-bind-to", "none"]
            }
        return try start(
            RankLauncher.name, ["-n", "\(count)"] + placement + [program] + arguments,
            options: ["--slots", "\(slots)"], environment: environment)
    }

    /// Cuts a host's link while a launch runs.
    package func cut(host: Int) throws {
        let outcome = try launch(
            "/usr/bin/env", ["ip", "-n", "\(name)-switch", "link", "set", "node\(host)", "down"])
        guard outcome.code == 0 else { throw CannotCut(message: outcome.error) }
    }

    /// The error if a link cannot be cut.
    package struct CannotCut: Error {
        let message: String
    }

    /// The namespaces that exist now.
    package var namespaces: [String] {
        TestFolder.names(in: "/run/netns").filter { $0.hasPrefix(name) }
    }
}

/// The folder of the sources that the tests were built from.
package let repositoryRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
