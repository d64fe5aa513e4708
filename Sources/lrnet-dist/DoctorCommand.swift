import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetDiagnostics
import LRNetSupport
import LRNetTraining

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "for for what would keep runs from being right or fast, and say what to do.",
        discussion: """
            Under mpirun it looks at every rank and at the connections between them:
              mpirun -n 8 --bind-to none lrnet-dist doctor --threads 2
            Ends with 70 if something FAILs.
            """)

    @Option(help: "The threads that each rank would have.")
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
