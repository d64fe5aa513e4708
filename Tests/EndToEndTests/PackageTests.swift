import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// The script that makes packages, and the scripts in a package. `launch/package.sh --check` makes a
    /// package and trains with it, which takes too long here.
    @Suite struct PackageTests {
        private static let launchFolder = "\(repositoryRoot)/launch"
        private static let script = "\(launchFolder)/package.sh"

        @Test func `package.sh prints its help`() throws {
            let outcome = try launch(Self.script, ["--help"])
            #expect(outcome.code == 0)
            #expect(outcome.output.hasPrefix("Makes a package of the programs"))
            #expect(outcome.output.contains("--check"))
        }

        @Test(arguments: [
            (["--speed"], "package.sh: unknown option '--speed' (see --help)"),
            (["--cpu"], "package.sh: --cpu needs a value (see --help)"),
            (["--output"], "package.sh: --output needs a value (see --help)"),
            (
                ["--cpu", "native"],
                "package.sh: --cpu native: a package needs the name of a CPU, such as x86-64-v4"
            ),
            (
                ["--cpu", "x86-64-v9"],
                "package.sh: --cpu 'x86-64-v9' is not a CPU of clang's -march"
            ),
            (["--cpu", "v3 -o x"], "package.sh: --cpu 'v3 -o x' is not a CPU of clang's -march"),
        ])
        func `a wrong argument of package.sh ends it at once`(
            arguments: [String], message: String
        ) throws {
            let outcome = try launch(Self.script, arguments)
            #expect(outcome.code == 64)
            #expect(outcome.error.hasPrefix(message), "\(outcome.error)")
            #expect(outcome.error.split(separator: "\n").count == 1)
        }

        /// Lays out the scripts and this build's programs like a package.
        private func makePackage(_ programs: [String]) throws -> TestFolder {
            let folder = try TestFolder()
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/bin", withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: Self.launchFolder, toPath: "\(folder.path)/launch")
            for program in programs {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder.path)/bin/\(program)",
                    withDestinationPath: Launch.program(program))
            }
            return folder
        }

        @Test func `scripts in a package use its programs`() throws {
            let package = try makePackage(["lrnet-dist"])
            let run = try TestRun()
            let outcome = try launch(
                "\(package.path)/launch/local.sh",
                ["2"] + run.arguments(["training.steps=2"]).dropFirst())
            #expect(outcome.code == 0, "\(outcome.error)")
            #expect(try run.written().ranks == 2)
        }

        @Test func `a package without a program is reported`() throws {
            let package = try makePackage([])
            let outcome = try launch(
                "\(package.path)/launch/local.sh",
                ["2", "launch/recipes/digits-ternary.yaml", "--output", "run"])
            #expect(outcome.code == 66)
            #expect(
                outcome.error
                    == "local.sh: \(package.path)/bin/lrnet-dist not found; unpack the package again\n"
            )
        }

        @Test func `a package cannot be packaged`() throws {
            let package = try makePackage(["lrnet-dist"])
            let outcome = try launch(
                "\(package.path)/launch/package.sh", ["--cpu", "x86-64-v3"])
            #expect(outcome.code == 66)
            #expect(outcome.error.contains("this folder is a package"), "\(outcome.error)")
        }
    }
}
