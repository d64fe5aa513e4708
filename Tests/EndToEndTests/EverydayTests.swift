import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Situations in a new user's first hour: terminals, plans, time limits, and changed schedules.
    @Suite struct EverydayTests {
        private static let validating = [
            "training.steps=20", "validation.everyEpochs=1", "validation.draws=3",
            "validation.reestimateBatches=1",
        ]

        /// Returns the output on a terminal of this width.
        private func onTerminal(
            columns: Int, _ run: TestRun, ranks: Int, environment: String = "TERM=xterm"
        ) throws -> String {
            let program = try Launch.program("lrnet-dist")
            let part = RankLauncher.Part(ranks, [program] + run.arguments(Self.validating))
            let words = ranks > 1 ? RankLauncher.current.command([part]) : part.command
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            let command = "stty cols \(columns); \(environment) \(quoted); echo rc=$?"
            return try Launch("/usr/bin/script", ["-qec", command, "/dev/null"]).wait().output
        }

        @Test(arguments: [40, 80, 120], [1, 2])
        func `the progress bar is shorter than the width of the terminal`(
            columns: Int, ranks: Int
        ) throws {
            let output = try onTerminal(columns: columns, TestRun(), ranks: ranks)
            #expect(output.contains("rc=0"), "\(output)")
            let drawings = output.split(separator: "\r").map(String.init).filter {
                ($0.hasPrefix("training ") || $0.hasPrefix("validating ")
                    || $0.hasPrefix("testing ")) && $0.contains("\u{1B}[K")
            }.map { $0.components(separatedBy: "\u{1B}")[0] }
            #expect(drawings.contains { $0.hasPrefix("training ") })
            #expect(drawings.contains { $0.hasPrefix("validating ") }, "\(output)")
            #expect(drawings.allSatisfy { $0.count < columns }, "\(drawings)")
            if columns == 120 {
                #expect(drawings.contains { $0.hasSuffix(" of 3") }, "\(drawings)")
            }
        }

        @Test(arguments: [1, 2])
        func `a dumb terminal receives no control characters`(ranks: Int) throws {
            let output = try onTerminal(
                columns: 80, TestRun(), ranks: ranks, environment: "TERM=dumb")
            #expect(output.contains("rc=0") && output.contains("validation at step 20"))
            #expect(!output.contains("\u{1B}") && !output.contains("training ["))
        }

        /// The resumed run has the bits of an uninterrupted one.
        @Test(arguments: [nil, 2])
        func `a time limit ends the run with a checkpoint to resume from`(ranks: Int?) throws {
            let settings = ["training.steps=40", "validation.everyEpochs=0"]
            let whole = try TestRun().result(settings)
            let run = try TestRun()
            var outcome = try run.train(settings + ["training.maxMinutes=0.02"], ranks: ranks)
            #expect(outcome.status == 75, "\(outcome.output) \(outcome.errors)")
            #expect(
                outcome.output.contains(
                    "with a checkpoint (training.maxMinutes 0.02 reached); run the same command"))
            #expect(try run.newestCheckpoint() ?? 0 < 40)
            outcome = try run.train(settings, ranks: ranks)
            #expect(outcome.status == 0)
            #expect(try run.written().numbers == whole.numbers)
        }

        /// The result is that of a run with the new schedule from the start.
        @Test(arguments: [nil, 3])
        func `a drop of the learning rate may move only if it lies ahead`(ranks: Int?) throws {
            let base = ["training.steps=45", "schedule.factor=0.1"]
            let whole = try TestRun().result(base + ["schedule.dropAtEpochs=[2]"])
            let run = try TestRun()
            // After 20 steps the second epoch, from 15 to 30, is in progress.
            _ = try run.result(["schedule.factor=0.1", "training.steps=20"], ranks: ranks)
            let refused = try run.train(base + ["schedule.dropAtEpochs=[1]"], ranks: ranks)
            #expect(refused.status == 78)
            #expect(
                refused.complaints.first?.hasSuffix(
                    "(schedule.dropAtEpochs: [100] -> [1]); undo that with --set '"
                        + "schedule.dropAtEpochs=[100]' or use a new --output; a schedule may "
                        + "change from epoch 2 (counted from 0) on") == true, "\(refused.errors)")
            let outcome = try run.train(base + ["schedule.dropAtEpochs=[2]"], ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                outcome.output.contains(
                    "resuming from step 20 with training.steps: 20 -> 45, "
                        + "schedule.dropAtEpochs: [100] -> [2]\n"))
            #expect(try run.written().numbers == whole.numbers)
            // The run now has the new schedule.
            let back = try run.train(base + ["schedule.dropAtEpochs=[100]"], ranks: ranks)
            #expect(back.status == 78)
        }

        @Test func `a dry run ends with the same error as training`() throws {
            let folder = try TestFolder()
            let source = try TestRun()
            _ = try source.result(["weights=binary"] + Self.validating)
            let damaged = "\(folder.path)/damaged"
            try FileManager.default.copyItem(atPath: Digits.path, toPath: damaged)
            let shard = "\(damaged)/train-00001.h5"
            var bytes = try FileBytes.read(shard)
            bytes[bytes.count / 2] ^= 1
            try AtomicFile.write(bytes, to: shard)
            let cases: [(settings: [String], data: String, ranks: Int?)] = [
                (["initialization.from=\(folder.path)/none"], Digits.path, nil),
                (["initialization.from=\(source.output)"], Digits.path, 2),
                ([], damaged, 2), ([], "\(folder.path)/absent", nil), ([], Digits.path, 9),
            ]
            for (settings, data, ranks) in cases {
                // Enough steps to read all shards.
                let settings = settings + ["training.steps=15"]
                let plan = try TestRun().train(
                    settings, ranks: ranks, data: data, ["--dry-run"])
                let training = try TestRun().train(settings, ranks: ranks, data: data)
                #expect(plan.status != 0 && plan.status == training.status, "\(settings) \(data)")
                let first = try #require(plan.complaints.first).replacing("rank 0: ", with: "")
                #expect(training.complaints.first?.hasSuffix(first) == true, "\(first)")
            }
            let binary = ["weights=binary"]
            let other = try source.train(binary + ["optimizer.learningRate=0.3"], ["--dry-run"])
            #expect(other.status == 78)
            let resumed = try source.train(
                binary + Self.validating + ["training.steps=30"], ["--dry-run"])
            #expect(resumed.output.contains("start       resumes from step 20 with training.steps"))
        }

        @Test func `a run records its duration, command line, and program hash`() throws {
            let run = try TestRun()
            let result = try run.result(Self.validating, ranks: 2)
            #expect(try #require(result.seconds) > 0)
            let text = try FileBytes.read("\(run.output)/environment.json")
            let object = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
            let words = try #require(object?["commandLine"] as? [String])
            #expect(Array(words.dropFirst()) == run.arguments(Self.validating))
            #expect(
                object?["programSHA256"] as? String
                    == (try ContentHash.of(fileAt: Launch.program("lrnet-dist"))))
        }

        @Test func `the final table names the network's file and the next command`() throws {
            let run = try TestRun()
            let outcome = try run.train(Self.validating)
            let size = try run.winner().count
            for part in [
                "network                        \(run.output)/winner.safetensors\n",
                "\(TextTable.grouped(size)) bytes\n", "\nduration ",
                "\nnext: lrnet-dist report \(run.output) --output ",
            ] {
                #expect(outcome.output.contains(part), "\(part): \(outcome.output)")
            }
        }

        /// The warning contains the arithmetic.
        @Test func `a run too short for moving averages causes one warning`() throws {
            let settings = ["validation.everyEpochs=1", "validation.draws=1", "training.steps=15"]
            let warned = try TestRun().train(settings + ["validation.reestimateBatches=0"])
            let line = """
                lrnet-dist: warning: batchNorm.momentum 0.999: after the run's 15 steps, batch norm's \
                moving averages are still 99 % initial values (0.999^15); they need 4,603 \
                steps. Set validation.reestimateBatches=20, or batchNorm.momentum=0.73 or less

                """
            #expect(warned.errors == line)
            #expect(try TestRun().train(settings).errors.isEmpty)
            #expect(
                try TestRun().train(
                    settings + ["validation.reestimateBatches=0", "batchNorm.momentum=0.73"]
                ).errors.isEmpty)
        }
    }
}
