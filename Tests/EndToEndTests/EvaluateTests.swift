import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// `lrnet-dist evaluate` prints the same numbers at any number of ranks and counts each sample
    /// once.
    @Suite struct EvaluateTests {
        private struct Result: Decodable, Equatable {
            var draw: Int?
            var isLikeliest: Bool?
            var errorCount, sampleCount: Int
            var errorPercent, loss: Double
            var topFiveErrorCount: Int?
            var topFiveErrorPercent: Double?
        }

        private struct Report: Decodable, Equatable {
            var split, weights, detailed: String
            var step, reestimateBatches: Int
            var bestDraw: Int?
            var bestIsLikeliest: Bool?
            var meanDisagreement, differenceErrorPercent: Double?
            var draws: [Result]
            var ensemble: Result?
            var ensembleSize: Int?
            var classes: [Confusions.ClassResult]
            var confusions: [Confusions.Pair]
        }

        private static let settings = [
            "training.steps=30", "validation.everyEpochs=1", "validation.reestimateBatches=0",
        ]

        private func evaluate(
            _ run: TestRun, _ arguments: [String], ranks: Int? = nil
        ) throws -> Launch.Outcome {
            try Launch(
                Launch.program("lrnet-dist"),
                ["evaluate", run.output, "--data", Digits.path] + arguments, ranks: ranks
            ).wait()
        }

        private func report(
            _ run: TestRun, _ arguments: [String], ranks: Int? = nil
        ) throws -> Report {
            let outcome = try evaluate(run, arguments + ["--json"], ranks: ranks)
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        }

        /// The likeliest weights are the winner, its file, and one network more than the draws.
        @Test func `the likeliest weights can win and are evaluated besides the draws`() throws {
            let run = try TestRun()
            let result = try run.result(Self.settings + ["validation.weights=likeliest"])
            #expect(result.winnerIsLikeliest == true && result.winnerDraw == 0)
            let file = try NetworkFile(path: "\(run.output)/\(NetworkFile.name)")
            #expect(file.isLikeliest)
            let winner = try evaluate(run, ["--weights", "winner"])
            #expect(winner.output.contains("winner (the likeliest weights)"), "\(winner.errors)")
            let described = try launch(Launch.program("lrnet-dist"), ["describe", file.path])
            #expect(described.output.contains("the likeliest weights, validation error"))
            // Two ranks write the same file again.
            try AtomicFile.remove(file.path)
            let again = try run.result(Self.settings + ["validation.weights=likeliest"], ranks: 2)
            #expect(again.winnerSHA256 == result.winnerSHA256)

            let arguments = ["--weights", "both", "--draws", "3", "--re-estimate-statistics", "0"]
            let both = try report(run, arguments)
            #expect(both.weights == "both" && both.draws.map(\.draw) == [0, 1, 2, 3])
            #expect(both.draws.map { $0.isLikeliest == true } == [false, false, false, true])
            let alone = try report(
                run, ["--weights", "likeliest", "--re-estimate-statistics", "0"])
            #expect(alone.draws[0].errorCount == both.draws[3].errorCount)
            #expect(alone.draws[0].loss == both.draws[3].loss && alone.meanDisagreement == nil)
            let disagreement = try #require(both.meanDisagreement)
            #expect(disagreement > 0 && disagreement <= 60)
            let error = try #require(both.differenceErrorPercent)
            #expect(abs(error - 100 * disagreement.squareRoot() / 60) < 1e-9)
            #expect(
                both.detailed == (both.bestDraw.map { "draw \($0)" } ?? "the likeliest weights"))
            #expect((both.bestDraw == nil) == (both.bestIsLikeliest == true))
            #expect(try report(run, arguments, ranks: 3) == both)
            let text = try evaluate(run, arguments).output
            #expect(
                text.contains("\nlikeliest ")
                    && text.contains("exactly one of two draws is wrong on"))
        }

        private func check(_ report: Report, samples: Int) {
            let ensemble = report.ensemble.map { [$0] } ?? []
            for result in report.draws + ensemble {
                #expect(result.sampleCount == samples)
                let percent = 100 * Double(result.errorCount) / Double(samples)
                #expect(result.errorPercent == percent)
                let topFive = result.topFiveErrorCount ?? -1
                #expect(topFive >= 0 && topFive <= result.errorCount)
                #expect(result.loss.isFinite && result.loss > 0)
            }
            let numbers = report.draws.compactMap(\.draw)
            #expect(numbers == Array(report.draws.indices))
            #expect(report.classes.count == 10)
            let (all, wrong) = (
                report.classes.map(\.sampleCount).reduce(0, +),
                report.classes.map(\.errorCount).reduce(0, +)
            )
            #expect(all == samples)
            let shown = report.ensemble ?? report.draws.min { $0.errorCount < $1.errorCount }
            #expect(wrong == shown?.errorCount)
            #expect(report.confusions.allSatisfy { $0.label != $0.prediction && $0.count > 0 })
            let counts = report.confusions.map(\.count)
            #expect(counts == counts.sorted(by: >) && counts.count <= 10)
        }

        @Test func `an evaluation prints the same numbers at any number of ranks`() throws {
            let run = try TestRun()
            let result = try run.result(Self.settings)
            let arguments = ["--draws", "4", "--ensemble", "3", "--re-estimate-statistics", "3"]
            let expected = try evaluate(run, arguments + ["--json"])
            #expect(expected.status == 0, "\(expected.errors)")
            for ranks in [1, 2, 3] {
                let other = try evaluate(
                    run, arguments + ["--json", "--threads", "\(ranks == 2 ? 2 : 1)"], ranks: ranks)
                #expect(other.output == expected.output, "\(ranks) ranks")
            }
            let report = try report(run, arguments)
            check(report, samples: 60)
            #expect(report.split == "validation" && report.weights == "drawn")
            #expect(report.reestimateBatches == 3 && report.ensembleSize == 3)
            #expect(report.detailed == "the ensemble of 3")
            #expect(report.draws.count == 4)
            #expect(Set(report.draws.map(\.loss)).count == 4)
            // Without options, the networks are those of the run's own validation.
            let plain = try self.report(run, [], ranks: 2)
            check(plain, samples: 60)
            #expect(plain.draws.map(\.errorPercent) == result.draws)
            #expect(plain.ensemble == nil && plain.reestimateBatches == 0)
            let best = try #require(result.winnerDraw)
            #expect(plain.detailed == "draw \(best)")
            #expect(plain.draws[best].topFiveErrorPercent == result.validationTopFiveError)
            // Re-estimated statistics of the drawn network change its answers.
            #expect(plain.draws[0].loss != report.draws[0].loss)
            #expect(result.testTopFiveError != nil)
            let test = try self.report(run, ["--split", "test", "--draws", "1"], ranks: 3)
            check(test, samples: 40)
        }

        /// One batch contains the whole split: four leaves of 15, or three, which all ranks share.
        @Test func `a split within one batch yields the same numbers at any number of ranks`()
            throws
        {
            let settings = [
                "training.globalBatch=240", "training.gradientLeaves=16", "training.microBatch=5",
                "training.steps=1", "validation.everyEpochs=1", "validation.draws=2",
                "validation.reestimateBatches=2",
            ]
            let run = try TestRun()
            let expected = try run.result(settings)
            for ranks in [2, 3, 8] {
                let other = try TestRun()
                #expect(try other.result(settings, ranks: ranks).numbers == expected.numbers)
                #expect(try other.winner() == run.winner())
                #expect(try other.classTallies() == run.classTallies())
            }
            #expect(try run.classTallies().map { $0.suffix(10).reduce(0, +) } == [60])
            for split in ["validation", "test"] {
                let arguments = ["--split", split, "--ensemble", "2"]
                let alone = try report(run, arguments)
                for ranks in [2, 3, 8] {
                    #expect(try report(run, arguments, ranks: ranks) == alone, "\(ranks) ranks")
                }
            }
        }

        @Test
        func `an ensemble combines several draws and likeliest weights are one network`() throws {
            let run = try TestRun()
            try run.train(Self.settings)
            // An ensemble of one is that network.
            let one = try report(run, ["--ensemble", "1"], ranks: 2)
            #expect(one.draws.count == 1)
            #expect(one.ensemble?.errorCount == one.draws[0].errorCount)
            #expect(one.ensemble?.topFiveErrorCount == one.draws[0].topFiveErrorCount)
            let (alone, mean) = (one.draws[0].loss, try #require(one.ensemble).loss)
            #expect(abs(mean - alone) < 1e-5 * alone)
            // By convexity its loss is at most its members' mean.
            let five = try report(run, ["--ensemble", "5"])
            let losses = five.draws.map(\.loss)
            #expect(losses.count == 5)
            let average = losses.reduce(0, +) / 5
            let ofMeans = try #require(five.ensemble).loss
            #expect(ofMeans <= average + 1e-6)
            let likeliest = try report(run, ["--weights", "likeliest", "--draws", "6"], ranks: 2)
            check(likeliest, samples: 60)
            #expect(likeliest.draws.count == 1 && likeliest.weights == "likeliest")
            #expect(!five.draws.map(\.loss).contains(likeliest.draws[0].loss))
            let refused = try evaluate(
                run, ["--weights", "likeliest", "--ensemble", "2"], ranks: 2)
            #expect(refused.status == 64)
            #expect(
                refused.complaints == [
                    "evaluate: --ensemble 2: needs networks that differ; ternary with likeliest "
                        + "weights is one network"
                ])
            let text = try evaluate(run, ["--ensemble", "2"])
            for words in ["top-5 error", "ensemble of 2", "errors by class of the ensemble of 2"] {
                #expect(text.output.contains(words), "\(words)")
            }
        }

        /// A run that ends at an earlier step has the same networks there.
        @Test func `an earlier checkpoint is that of a shorter run`() throws {
            let settings = [
                "validation.everyEpochs=1", "checkpoint.everySteps=10", "checkpoint.keepLatest=9",
            ]
            let (long, short) = (try TestRun(), try TestRun())
            try long.train(settings + ["training.steps=30"])
            try short.train(settings + ["training.steps=20"])
            let options = ["--draws", "3", "--weights", "both"]
            let earlier = try report(long, options + ["--step", "20"], ranks: 2)
            #expect(earlier.step == 20 && earlier.draws.count == 4)
            #expect(try earlier == report(short, options + ["--step", "20"]))
            #expect(try earlier != report(long, options + ["--step", "10"]))
            let missing = try evaluate(long, ["--step", "21"], ranks: 2)
            #expect(missing.status == 66)
            #expect(
                missing.complaints == [
                    "evaluate: --step 21: \(long.output) has no checkpoint of that step; the nearest "
                        + "is --step 20 (a run keeps its newest checkpoints, "
                        + "checkpoint.keepLatest of them, and the best)"
                ])
        }

        @Test(arguments: [
            ["--step", "-1"], ["--draws", "0"], ["--ensemble", "0"],
            ["--re-estimate-statistics", "-1"],
            ["--weights", "best"], ["--split", "all"],
        ])
        func `wrong options of evaluate exit with 64`(arguments: [String]) throws {
            #expect(try evaluate(TestRun(), arguments).status == 64)
        }
    }
}
