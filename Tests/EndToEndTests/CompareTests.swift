import Foundation
import LRNetLaunchSupport
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// `lrnet-dist compare` trains several methods with one recipe.
    @Suite struct CompareTests {
        /// The folder of a comparison, and the command that fills it.
        final class Run {
            let run: TestRun
            let output: String

            init() throws {
                run = try TestRun()
                output = "\(run.folder.path)/comparison"
            }

            func start(
                _ methods: String, seeds: Int = 2, ranks: Int? = nil, output: String? = nil,
                _ more: [String] = []
            ) throws -> Launch {
                let arguments = [
                    "compare", run.recipe, "--methods", methods, "--seeds", "\(seeds)", "--data",
                    Digits.path, "--output", output ?? self.output,
                ]
                return try Launch(
                    Launch.program("lrnet-dist"),
                    arguments + Self.settings.flatMap { ["--set", $0] } + more, ranks: ranks)
            }

            static let settings = [
                "validation.everyEpochs=1", "validation.draws=2", "validation.reestimateBatches=1",
            ]

            func report() throws -> ComparisonReport {
                try JSONDecoder().decode(
                    ComparisonReport.self, from: Data(FileBytes.read("\(output)/comparison.json")))
            }

            /// Returns the report without times and without the recipe.
            func numbers() throws -> ComparisonReport {
                var report = try self.report()
                for (i, method) in report.methods.enumerated() {
                    for j in method.runs.indices {
                        report.methods[i].runs[j].trainingSeconds = nil
                    }
                }
                report.recipe = ""
                return report
            }

            func markdown() throws -> String {
                String(decoding: try FileBytes.read("\(output)/comparison.md"), as: UTF8.self)
            }
        }

        @Test func `a comparison of two methods reports the statistics of their runs`() throws {
            let comparison = try Run()
            let outcome = try comparison.start("binary,bwn").wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try comparison.report()
            #expect(report.methods.map(\.name) == ["binary", "bwn"])
            #expect(report.isComplete && report.leftOut.isEmpty && report.testCount == 40)
            #expect(report.methods[0].remarks.isEmpty)
            #expect(report.methods[1].remarks == ["real first layer"])
            for method in report.methods {
                #expect(method.runs.map(\.seed) == [1, 2])
                let errors = method.runs.compactMap(\.testError)
                try #require(errors.count == 2)
                let mean = (errors[0] + errors[1]) / 2
                #expect(abs((method.mean ?? -1) - mean) < 1e-9)
                let deviation = abs(errors[0] - errors[1]) / 2.0.squareRoot()
                #expect(abs((method.deviation ?? -1) - deviation) < 1e-9)
                let test = (mean * (100 - mean) / 40).squareRoot()
                #expect(abs((method.testStandardError ?? -1) - test) < 1e-9)
                #expect(method.runs.allSatisfy { $0.zeroPercent == 0 })
            }
            #expect(report.methods.contains { $0.isWithinNoise == true })
            // Each weight has one bit, except the last layer's 5,120 and the 800 of BWN's first
            // layer.
            let (weights, last) = (1_657_632.0, 5_120.0)
            let bits = report.methods.map { $0.runs[0].bitsPerWeight ?? 0 }
            #expect(abs(bits[0] - (weights + 32 * last) / (weights + last)) < 1e-9)
            #expect(abs(bits[1] - (weights + 31 * 800 + 32 * last) / (weights + last)) < 1e-9)
            #expect(report.methods.map { $0.runs[0].learningRate } == [0.01, 0.001])
            // The errors are those of a single run of the matched recipe.
            let alone = try TestRun().result(
                Run.settings + [
                    "weights=bwn", "network.firstLayer=full-precision", "training.seed=2",
                    "optimizer.learningRate=0.001",
                ])
            #expect(report.methods[1].runs[1].testError == alone.testError)
            #expect(report.methods[1].runs[1].validationError == alone.validationError)
            let markdown = try comparison.markdown()
            #expect(markdown.contains("| bwn | ") && outcome.output.hasSuffix(markdown))

            // The same command again trains and changes nothing. Another method is trained alone.
            let files = ["binary/seed-1", "bwn/seed-2"].map { "\(comparison.output)/\($0)" }
            let before = try files.map { try FileBytes.read("\($0)/train.log") }
            let again = try comparison.start("binary,bwn").wait()
            #expect(again.status == 0 && !again.output.contains("step 4/4"))
            #expect(try comparison.report() == report)
            let grown = try comparison.start("binary,twn,bwn", seeds: 1).wait()
            #expect(grown.status == 0 && grown.output.contains("twn mnist"))
            #expect(!grown.output.contains("binary mnist"))
            #expect(try files.map { try FileBytes.read("\($0)/train.log") } == before)
            let third = try comparison.report().methods[1]
            #expect(third.name == "twn" && third.deviation == nil)
            #expect(third.runs[0].zeroPercent ?? 0 > 5)
        }

        /// A difference between methods compares runs with the same seed and start.
        @Test func `a comparison gives each seed its own start and pairs the differences`() throws {
            let sources = [try TestRun(), try TestRun()]
            // Their folders are removed with them.
            defer { withExtendedLifetime(sources) {} }
            for (seed, source) in sources.enumerated() {
                _ = try source.result([
                    "weights=full-precision", "training.steps=2", "training.seed=\(seed)",
                    "validation.everyEpochs=1",
                ])
            }
            let comparison = try Run()
            let starts = sources.flatMap { ["--start", $0.output] }
            let rates = [
                "--set", "optimizer.logitRate=0.1", "--set", "optimizer.learningRate=0.001",
            ]
            let outcome = try comparison.start("ternary,twn", starts + rates).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try comparison.report()
            for method in report.methods {
                #expect(method.runs.map(\.start) == sources.map(\.output))
                #expect(method.runs.allSatisfy { $0.learningRate == 0.001 })
                for run in method.runs {
                    let wrong = run.testErrorMask.map { 100 * Double($0.errorCount) / 40 }
                    #expect(wrong == run.testError && run.testErrorMask?.count == 40)
                    let moved = try #require(run.movedPercent)
                    #expect(moved > 0 && moved < 100)
                }
            }
            #expect(report.methods.map { $0.runs[0].logitRate } == [0.1, nil])
            // One of the two methods is the best, and the other is compared with it.
            let others = report.methods.filter {
                $0.difference ?? 0 > 0 || $0.differenceError != nil
            }
            #expect(others.count == 1 && others[0].differenceError != nil)
            let means = report.methods.compactMap(\.mean)
            let gap = abs(means[0] - means[1])
            #expect(abs((others[0].difference ?? -1) - gap) < 1e-9)
            let markdown = try comparison.markdown()
            #expect(markdown.contains(", from 2 starts, 40 test images"))
            #expect(markdown.contains(" | 0.1, 0.001 |  |") && markdown.contains(" | moved, % | "))
            let alone = try TestRun().result(
                Run.settings + [
                    "weights=ternary", "training.seed=2", "optimizer.logitRate=0.1",
                    "optimizer.learningRate=0.001", "initialization.from=\(sources[1].output)",
                ])
            #expect(report.methods[0].runs[1].testErrorMask == alone.testErrorMask)
            let refused = try comparison.start("twn", seeds: 1, starts).wait()
            #expect(refused.status == 64)
            #expect(refused.errors.contains("--start is given 2 times for --seeds 1"))
        }

        @Test func `a comparison of all methods lists the one that does not fit`() throws {
            let comparison = try Run()
            let network = "{layers: [4C5, MP2, 20FC], input: 28x28x1, classes: 10}"
            let outcome = try comparison.start(
                "all", seeds: 1, ["--set", "training.steps=1", "--set", "network=\(network)"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try comparison.report()
            #expect(report.isComplete && report.leftOut.count == 1)
            #expect(
                report.methods.map(\.name)
                    == TrainingMethod.allCases.map(\.rawValue).filter { $0 != "ebp" })
            #expect(report.methods.allSatisfy { $0.mean != nil })
            #expect(report.methods.first?.name == "full-precision")
            let lines = try comparison.markdown().split(separator: "\n")
            let rows = lines.filter { $0.hasPrefix("|") }
            #expect(rows.count == 2 + TrainingMethod.allCases.count)
            #expect(Set(rows.map { $0.count { $0 == "|" } }).count == 1)
            let row = try #require(rows.last { $0.hasPrefix("| ebp |") })
            #expect(row.hasSuffix(" does not fit the network, see below |"))
            let reason = "- ebp: ebp supports only fully connected layers"
            #expect(lines.contains { $0.hasPrefix(reason) })
        }

        /// Such a run counts as unfinished, and its training repairs it.
        @Test(arguments: [
            "winner.safetensors empty", "winner.safetensors cut", "winner.safetensors longer",
            "winner.safetensors gone", "result.json empty", "result.json lines",
        ])
        func `a comparison repairs a run whose winner or result was damaged`(kind: String) throws {
            let comparison = try Run()
            #expect(try comparison.start("bwn", seeds: 1).wait().status == 0)
            let words = kind.split(separator: " ")
            let path = "\(comparison.output)/bwn/seed-1/\(words[0])"
            let (bytes, numbers) = (try FileBytes.read(path), try comparison.numbers())
            switch words[1] {
            case "gone": try AtomicFile.remove(path)
            case "empty": try AtomicFile.write([UInt8](), to: path)
            case "cut": try AtomicFile.write(Array(bytes.dropLast(9)), to: path)
            case "lines": try AtomicFile.write("\r\n", to: path)
            default: try AtomicFile.write(bytes + [0], to: path)
            }
            let again = try comparison.start("bwn", seeds: 1).wait()
            #expect(again.status == 0, "\(again.errors)")
            #expect(try comparison.numbers() == numbers)
            if words[0] == "winner.safetensors" { #expect(try FileBytes.read(path) == bytes) }
            #expect(try !comparison.start("bwn", seeds: 1).wait().output.contains("bwn mnist"))
        }

        @Test(arguments: [false, true])
        func `a comparison that is renamed during training names its new folder`(
            isStopped: Bool
        ) throws {
            let comparison = try Run()
            let settings = [
                "training.steps=\(isStopped ? 100_000 : 12)", "checkpoint.everySteps=2",
            ]
            let launch = try comparison.start(
                "bwn,twn", seeds: 1, settings.flatMap { ["--set", $0] })
            let path = "\(comparison.output)/bwn/seed-1/checkpoints/latest"
            #expect(launch.waits { FileBytes.exists(path) })
            let other = "\(comparison.run.folder.path)/other"
            try AtomicFile.rename(comparison.output, to: other)
            if isStopped {
                #expect(launch.waits { launch.errorsSoFar.contains("the run continues there") })
                launch.signal(SIGUSR1)
            }
            let outcome = try launch.wait()
            let remedy = "run the same command again with --output \(other) to resume"
            #expect(outcome.status == (isStopped ? 75 : 74), "\(outcome.errors)")
            if isStopped {
                #expect(outcome.output.contains(remedy), "\(outcome.output)")
            } else {
                #expect(
                    outcome.complaints.last
                        == "run: \(comparison.output)/bwn/seed-1: was renamed during training; \(remedy)"
                )
            }
            #expect(!FileBytes.exists(comparison.output))
        }

        @Test func `a comparison stopped on two ranks resumes on three`() throws {
            let settings = [
                "--set", "training.steps=30", "--set", "training.epochs=2", "--set",
                "checkpoint.everySteps=2",
            ]
            func start(_ comparison: Run, ranks: Int? = nil) throws -> Launch {
                try comparison.start("ternary,ttq", seeds: 1, ranks: ranks, settings)
            }
            let whole = try Run()
            #expect(try start(whole).wait().status == 0)
            let comparison = try Run()
            let first = try start(comparison, ranks: 2)
            let path = "\(comparison.output)/ternary/seed-1/checkpoints/step-00000004"
            #expect(first.waits { FileBytes.exists(path) })
            first.signal(SIGUSR1)
            let stopped = try first.wait()
            // hydra can return 0 for ranks that return 75.
            let codes: [Int32] = RankLauncher.current == .hydra ? [0, 75] : [75]
            #expect(codes.contains(stopped.status), "\(stopped.status): \(stopped.errors)")
            let part = try comparison.report()
            #expect(!part.isComplete && part.methods.map(\.name) == ["ternary", "ttq"])
            #expect(part.methods.allSatisfy { $0.runs.isEmpty })
            #expect(try comparison.markdown().contains("the same command resumes"))
            let second = try start(comparison, ranks: 3).wait()
            #expect(second.status == 0, "\(second.errors)")
            #expect(second.output.contains("resuming from step"))
            #expect(try comparison.numbers() == whole.numbers())
        }

        /// A run that fails ends the job with one line, and the same command resumes it.
        @Test func `runs spread over ranks have the numbers of runs in sequence`() throws {
            let methods = "ternary,full-precision,twn"
            let whole = try Run()
            #expect(try whole.start(methods).wait().status == 0)
            let comparison = try Run()
            try AtomicFile.createFolder("\(comparison.output)/twn")
            let obstacle = "\(comparison.output)/twn/seed-1"
            try AtomicFile.write("", to: obstacle)
            let failed = try comparison.start(methods, ranks: 3, ["--spread"]).wait()
            #expect(failed.status == 64, "\(failed.errors)")
            let line = failed.errors.split(separator: "\n").first {
                $0.contains("compare: twn/seed-1: ")
            }
            #expect(line?.contains("rank 1: ") == true, "\(failed.errors)")
            try FileManager.default.removeItem(atPath: obstacle)
            let again = try comparison.start(methods, ranks: 3, ["--spread"]).wait()
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output.contains(": twn/seed-1: ended, validation "))
            #expect(!again.output.contains("step 4/4"))
            #expect(try comparison.numbers() == whole.numbers())
            let result = try JSONDecoder().decode(
                RunResult.self, from: Data(FileBytes.read("\(obstacle)/result.json")))
            #expect(result.ranks == 1)
        }

        /// Some of the runs diverge.
        @Test func `a grid of learning rates spread over ranks has the same numbers`() throws {
            let whole = try Run()
            let rates = ["--learning-rates", "1e30,0.001"]
            #expect(try whole.start("full-precision", rates).wait().status == 0)
            let comparison = try Run()
            let outcome = try comparison.start(
                "full-precision", ranks: 2, rates + ["--spread"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try comparison.numbers() == whole.numbers())
            #expect(outcome.output.contains("full-precision/rate-1e+30-seed-1: "))
        }

        @Test func `each method uses the learning rate with the lowest validation error`() throws {
            let comparison = try Run()
            let outcome = try comparison.start(
                "twn", seeds: 1, ["--learning-rates", "1e-9,0.001"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let errors = try [1e-9, 0.001].map { rate in
                let path = "\(comparison.output)/twn/rate-\(rate)-seed-1/result.json"
                return try JSONDecoder().decode(
                    RunResult.self, from: Data(FileBytes.read(path))
                ).validationError ?? -1
            }
            let run = try comparison.report().methods[0].runs[0]
            #expect(run.learningRate == (errors[0] <= errors[1] ? 1e-9 : 0.001))
        }

        /// The rate of logits is 0.1 here, and that of latent weights 0.01.
        @Test func `factors multiply each method's own rate`() throws {
            let comparison = try Run()
            let outcome = try comparison.start(
                "ternary,twn", seeds: 1,
                ["--rate-factors", "3", "--set", "optimizer.logitRate=0.1"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let report = try comparison.report()
            let runs = report.methods.flatMap(\.runs)
            #expect(runs.map(\.folder) == ["ternary/rate-0.3-seed-1", "twn/rate-0.03-seed-1"])
            #expect(runs.map(\.logitRate) == [0.3, nil])
            #expect(runs.map(\.learningRate) == [0.01, 0.03])
            let both = try comparison.start(
                "twn", seeds: 1, ["--rate-factors", "3", "--learning-rates", "1"]
            ).wait()
            #expect(both.status == 64)
            #expect(both.errors.contains("--learning-rates and --rate-factors exclude each other"))
        }

        @Test func `a comparison refuses bad input and changes no folder`() throws {
            let comparison = try Run()
            let named = try comparison.start("binary,ebp", ranks: 2).wait()
            #expect(named.status == 78)
            #expect(
                named.complaints == [
                    "compare: --methods ebp: ebp supports only fully connected layers, but network "
                        + "mnist has 32C5; use layers such as [600FC, 600FC], or leave the method "
                        + "out"
                ])
            let unknown = try comparison.start("binary,tertiary").wait()
            #expect(unknown.status == 64 && unknown.errors.contains("'tertiary' is not known"))
            #expect(try comparison.start("binary", seeds: 0).wait().status == 64)
            #expect(!FileBytes.exists(comparison.output))
            let blind = try comparison.start(
                "binary", ["--set", "validation.everyEpochs=0"]
            ).wait()
            #expect(blind.status == 78 && blind.complaints.count == 1)
            #expect(!FileBytes.exists(comparison.output))

            let file = "\(comparison.run.folder.path)/file"
            try AtomicFile.write("", to: file)
            let unwritable = try comparison.start("binary", output: "\(file)/inside").wait()
            #expect(unwritable.status == 74 && unwritable.complaints.count == 1)

            #expect(try comparison.start("binary", seeds: 1).wait().status == 0)
            let other = try comparison.start(
                "twn,binary", seeds: 1, ["--set", "training.globalBatch=32"]
            ).wait()
            #expect(other.status == 78 && other.complaints.count == 1)
            #expect(other.errors.contains("already contains a run with a different recipe"))
            #expect(!FileBytes.exists("\(comparison.output)/twn"))

            let run = "\(comparison.output)/binary/seed-1"
            for output in [run, "\(run)/more/below"] {
                let inside = try comparison.start("binary", ranks: 2, output: output).wait()
                #expect(inside.status == 64 && inside.complaints.count == 1)
                #expect(inside.errors.contains("compare: --output \(output): is inside the folder"))
            }
            #expect(!FileBytes.exists("\(run)/comparison.json"))
            #expect(!FileBytes.exists("\(run)/more"))
        }
    }
}
