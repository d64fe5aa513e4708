import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetDiagnostics
import LRNetSupport
import LRNetTraining

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check for problems that make runs wrong or slow, and suggest fixes.",
        discussion: """
            Under mpirun, it checks every rank and the connections between ranks:
              mpirun -n 8 --bind-to none lrnet-dist doctor --threads 2
            Exits with 70 if a check prints FAIL.
            """)

    @Option(help: "Threads per rank that a run would use.")
    var threads = 1

    func validate() throws {
        try checkRange("--threads", threads, 1...1024)
    }

    func run() throws {
        ProcessGroups.run { group in
            let report = try Doctor(group: group, threads: threads).examine()
            if group.isCoordinator {
                try Console.print(report.text, terminator: "")
            }
            return report.isHealthy ? .success : .internalError
        }
    }
}
