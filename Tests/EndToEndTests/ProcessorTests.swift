import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

#if arch(x86_64) && os(Linux)
    extension EndToEndTests {
        /// The check that a program is built for this CPU (`CProcessor`).
        @Suite struct ProcessorTests {
            private static let source = "\(repositoryRoot)/Sources/CProcessor/shim.h"

            /// Compiles a C program that consists of the check.
            private func compile(_ options: [String], to path: String) throws {
                let program = "#include \"\(Self.source)\"\nint main(void) { return 3; }\n"
                try AtomicFile.write(program, to: "\(path).c")
                let outcome = try launch(
                    "/usr/bin/env",
                    ["clang", "-O2", "-Wall", "-Werror"] + options + ["\(path).c", "-o", path])
                try #require(outcome.code == 0, "\(outcome.error)")
            }

            /// CPUs with XOP were made only from 2011 to 2015.
            @Test func `a program for another CPU names the feature, the CPU and the remedy`()
                throws
            {
                let folder = try TestFolder()
                try compile(["-march=native", "-mxop"], to: "\(folder.path)/check")
                let outcome = try launch("\(folder.path)/check", [])
                #expect(outcome.code == ExitStatus.badRecipe.rawValue)
                #expect(outcome.output.isEmpty)
                let line =
                    /check: this program needs a CPU with xop, which that of [^ ]+ \(.+\) lacks; use a package for (x86-64[v0-9-]*), or build with LRNET_MARCH=(x86-64[v0-9-]*)\n/
                let match = try #require(
                    try line.wholeMatch(in: outcome.error), "\(outcome.error)")
                #expect(match.1 == match.2)
            }

            @Test func `a program for this CPU starts`() throws {
                let folder = try TestFolder()
                try compile(["-march=native"], to: "\(folder.path)/check")
                let outcome = try launch("\(folder.path)/check", [])
                #expect(outcome.code == 3, "\(outcome.error)")
            }

            /// The instructions of other functions show that the test would find them.
            @Test func `the check consists of instructions of every x86-64 CPU`() throws {
                let folder = try TestFolder()
                try AtomicFile.write(
                    """
                    #include "\(Self.source)"
                    unsigned planted(unsigned *a) {
                        lrnet_check_processor();
                        for (int i = 0; i < 64; i++) a[i] = ~a[i] & (a[i + 64] << (a[0] & 31));
                        return (unsigned)__builtin_ctz(a[0]) + (a[1] & -a[1]);
                    }
                    """, to: "\(folder.path)/check.c")
                let compiled = try launch(
                    "/usr/bin/env",
                    [
                        "clang", "-O2", "-march=x86-64-v4", "-S", "\(folder.path)/check.c", "-o",
                        "\(folder.path)/check.s",
                    ])
                try #require(compiled.code == 0, "\(compiled.error)")
                let text = String(
                    decoding: try FileBytes.read("\(folder.path)/check.s"), as: UTF8.self)
                let check = try function("lrnet_check_processor", in: text)
                #expect(check.contains { $0.contains("cpuid") })
                #expect(check.filter(isNew).isEmpty)
                #expect(try !function("planted", in: text).filter(isNew).isEmpty)
            }

            /// Returns the lines of a function, from its label to its end.
            private func function(_ name: String, in text: String) throws -> [Substring] {
                let lines = text.split(separator: "\n")
                let start = try #require(lines.firstIndex { $0.hasPrefix("\(name):") })
                let end = try #require(
                    lines[start...].firstIndex { $0.hasPrefix("\t.size\t\(name)") })
                return Array(lines[start..<end])
            }

            private func isNew(_ line: Substring) -> Bool {
                line.contains(/%[xyz]mm|\t(andn|bextr|bls|lzcnt|tzcnt|popcnt|movbe|pdep|pext|rorx)/)
                    || line.contains(/\t(sarx|shlx|shrx|mulx|adcx|adox)/)
            }

            private static let canEmulate: Bool = {
                if (try? launch("/usr/bin/env", ["qemu-x86_64", "--version"]))?.code == 0 {
                    return true
                }
                FileHandle.standardError.write(
                    Data("SKIPPED: programs on an older CPU, because qemu-user is missing\n".utf8))
                return false
            }()

            @Test(.enabled(if: canEmulate), arguments: ["lrnet-dist", "lrnet-data"])
            func `on an older CPU a program ends with one line instead of SIGILL`(
                program: String
            ) throws {
                let outcome = try launch(
                    "/usr/bin/env",
                    ["qemu-x86_64", "-cpu", "Nehalem", Launch.program(program), "--version"])
                // A build for any CPU has nothing to check.
                if ProgramVersion.processor == "x86-64" || ProgramVersion.processor == "x86-64-v2" {
                    #expect(outcome.output == "\(ProgramVersion.number)\n")
                    return
                }
                #expect(outcome.code == ExitStatus.badRecipe.rawValue, "\(outcome.error)")
                #expect(
                    outcome.error.hasPrefix("\(program): this program needs a CPU with avx,"),
                    "\(outcome.error)")
                #expect(outcome.error.contains("Nehalem"))
                #expect(outcome.error.split(separator: "\n").count == 1)
            }
        }
    }
#endif
