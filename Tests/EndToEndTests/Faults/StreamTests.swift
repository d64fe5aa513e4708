import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Standard output and standard error are full, closed, or a pipe without a reader.
    @Suite struct StreamTests {
        private func shell(_ line: String) throws -> Launch.Outcome {
            try Launch(
                "/bin/bash", ["-c", line],
                environment: [
                    "DIST": Launch.program("lrnet-dist"), "DATA": Launch.program("lrnet-data"),
                ]
            ).wait()
        }

        @Test(arguments: [
            ">/dev/full", "2>/dev/full", ">/dev/full 2>&1", ">&-", "2>&-", ">&- 2>&-",
            "<&- >&- 2>&-",
            "| head -n 1", "2> >(exec true)", "> >(exec true) 2>&1",
        ])
        func `training ends as usual when its progress cannot be written`(
            redirection: String
        ) throws {
            let run = try SmallRun.make()
            let outcome = try shell(
                "$DIST " + run.arguments([]).joined(separator: " ") + " \(redirection); "
                    + "exit ${PIPESTATUS[0]}")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
            #expect(!run.logText.contains("lrnet-dist: "))
        }

        @Test func `a request to stop is followed when no output can be written`() throws {
            let run = try SmallRun.make()
            let outcome = try shell(
                "$DIST " + run.arguments(["training.steps=100000"]).joined(separator: " ")
                    + " >/dev/full 2>&1 & p=$!; while [ ! -e \(run.output)/checkpoints/latest ]; "
                    + "do sleep 0.05; done; kill -USR1 $p; wait $p")
            #expect(outcome.status == 75)
        }

        @Test(arguments: [
            "$DIST --version", "$DIST train --help", "$DIST recipe --explain",
            "$DIST recipe --reference",
            "$DIST describe RECIPE", "$DIST describe RECIPE --json",
            "$DIST train RECIPE --print-recipe",
            "$DIST train RECIPE --data DIGITS --dry-run", "$DATA describe DIGITS", "$DATA --help",
            "$DATA verify DIGITS",
            "$DIST evaluate RUN --data DIGITS", "$DIST evaluate RUN --data DIGITS --json",
            "$DIST predict RUN --data DIGITS --split test --json",
        ])
        func `a command whose results cannot be written exits with 74`(command: String) throws {
            let run = try SmallRun.make()
            if command.contains("RUN ") { _ = try run.result(["training.steps=30"]) }
            let line = command.replacing("RECIPE", with: run.recipe)
                .replacing("DIGITS", with: Digits.path).replacing("RUN", with: run.output)
            for (redirection, words) in [
                (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
            ] {
                let outcome = try shell("\(line) \(redirection)")
                #expect(outcome.status == 74, "\(outcome)")
                #expect(outcome.complaints.count == 1, "\(outcome.errors)")
                #expect(
                    outcome.errors.contains("write: standard output: \(words)"), "\(outcome.errors)"
                )
            }
            let unread = try shell("set -o pipefail; \(line) | exec true; exit ${PIPESTATUS[0]}")
            // A short text may fit into the pipe before its reader ends.
            #expect([0, 74].contains(unread.status), "\(unread)")
        }

        @Test func `data files are written when no output can be written`() throws {
            let folder = try TestFolder()
            let outcome = try shell(
                "$DATA synthesize digits --output \(folder.path)/d --train 64 --validation 0 --test 0 "
                    + ">/dev/full 2>&- && $DATA verify \(folder.path)/d")
            #expect(outcome.status == 0, "\(outcome)")
        }
    }
}
