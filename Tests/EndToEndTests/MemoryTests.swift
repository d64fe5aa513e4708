import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Tests of the memory per process that `lrnet-dist describe` predicts.
    @Suite struct MemoryTests {
        /// The relative error that the documentation promises.
        private static let tolerance = 0.10

        private struct Plan: Decodable {
            var step_bytes, peak_bytes: Int
        }

        private static let residual =
            "{layers: [32C3, MP3/2, 64R, 96R/2, GAP, 256FC], input: 48x48x3, classes: 10}"

        private func plan(_ recipe: String, _ settings: [String]) throws -> Plan {
            let outcome = try Launch(
                Launch.program("lrnet-dist"),
                ["describe", recipe, "--json"] + settings.flatMap { ["--set", $0] }
            ).wait()
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try JSONDecoder().decode(Plan.self, from: Data(outcome.output.utf8))
        }

        private func expect(_ predicted: Int, near actual: Int, _ what: String) {
            let error = Double(predicted) / Double(actual) - 1
            #expect(abs(error) <= Self.tolerance, "\(what): \(predicted) for \(actual)")
            // Less would be little more than the program itself.
            #expect(actual > 2 * MemoryPlan.programByteCount, "\(what): \(actual)")
        }

        @Test(arguments: ["mnist", residual], ["ternary", "full-precision"])
        func `the predicted memory of a step is within 10 percent of the peak`(
            network: String, weights: String
        ) throws {
            let run = try TestRun()
            let predicted = try plan(
                run.recipe,
                [
                    "network=\(network)", "weights=\(weights)", "training.globalBatch=128",
                    "training.gradientLeaves=8", "training.microBatch=16",
                ])
            for threads in [1, 2] {
                let outcome = try Launch(
                    Launch.program("lrnet-dist"),
                    [
                        "bench", "--network", network, "--weights", weights, "--global-batch",
                        "128",
                        "--steps", "1", "--threads", "\(threads)",
                    ], ranks: 1
                ).wait()
                let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
                let fields = try #require(json as? [String: Any])
                let actual = try #require(fields["peak_resident_bytes"] as? Int)
                expect(predicted.step_bytes, near: actual, "\(network) \(weights) \(threads)")
            }
        }

        /// The run includes a validation, a checkpoint, and the winner's file.
        @Test(arguments: ["ternary", "full-precision"])
        func `the predicted memory of a run is within 10 percent of the peak`(
            weights: String
        ) throws {
            let settings = [
                "weights=\(weights)", "training.steps=2", "training.globalBatch=128",
                "training.microBatch=16", "validation.everyEpochs=1", "validation.draws=2",
            ]
            let run = try TestRun()
            let outcome = try run.train(settings, ranks: 1)
            try #require(outcome.status == 0, "\(outcome.errors)")
            let line = try #require(
                outcome.output.firstMatch(of: /peak memory of rank 0: (\d+) MiB/))
            let actual = try #require(Int(line.output.1)) << 20
            expect(try plan(run.recipe, settings).peak_bytes, near: actual, "run, \(weights)")
        }

        /// A plan of gigabytes does not allocate them. More ranks than leaves are refused.
        @Test func `a plan for eight ranks is smaller and one for resnet18 exceeds 4 GiB`() throws {
            let run = try TestRun()
            let one = MemoryPlan(recipe: try Recipe(file: run.recipe))
            let eight = MemoryPlan(recipe: try Recipe(file: run.recipe), ranks: 8)
            #expect(eight.stepByteCount < one.stepByteCount)
            let large = try plan(
                run.recipe,
                [
                    "network=resnet18", "training.globalBatch=128", "training.gradientLeaves=8",
                    "training.microBatch=16",
                ])
            #expect(large.step_bytes > 4 << 30)
            let wrong = try Launch(
                Launch.program("lrnet-dist"), ["describe", run.recipe, "--ranks", "9"]
            ).wait()
            #expect(wrong.status == 64)
        }

        private struct StepPlan: Decodable {
            struct Step: Decodable {
                struct Exchange: Decodable {
                    struct Messages: Decodable {
                        var round, rank, messages, bytes: Int
                        var leaves_machine: Bool
                    }
                    var kind: String
                    var messages: [Messages]
                }
                var ranks, messages, bytes, bytes_leaving: Int
                var exchanges: [Exchange]
                var efficiency: Double?
            }
            var step: Step
        }

        @Test func `a step is planned within and between machines, with a forecast`() throws {
            let run = try TestRun()
            let words = ["describe", run.recipe, "--ranks", "8", "--per-node", "4"]
            let speed = ["--images-per-second", "900"]
            func lrnet(_ more: [String]) throws -> Launch.Outcome {
                try Launch(Launch.program("lrnet-dist"), words + more).wait()
            }
            let json = try lrnet(speed + ["--json"])
            let step = try JSONDecoder().decode(StepPlan.self, from: Data(json.output.utf8)).step
            let all = step.exchanges.flatMap(\.messages)
            #expect(step.ranks == 8 && all.map(\.bytes).reduce(0, +) == step.bytes)
            #expect(all.map(\.messages).reduce(0, +) == step.messages)
            let leaving = all.filter(\.leaves_machine)
            #expect(leaving.map(\.bytes).reduce(0, +) == step.bytes_leaving)
            // The planned rank is the last one, on the second machine.
            #expect(leaving.allSatisfy { $0.rank < 4 })
            #expect(all.filter { !$0.leaves_machine }.allSatisfy { (4..<7).contains($0.rank) })
            #expect((0...1).contains(try #require(step.efficiency)))
            let text = try lrnet(speed)
            #expect(text.output.contains("8 ranks on 2 machines, in groups of 4 x 2"))
            #expect(text.output.contains("efficiency"))
            #expect(try lrnet([]).output.contains("give --images-per-second"))
            #expect(try lrnet(speed + ["--link-gbit", "0"]).status == 64)
            let uneven = try Launch(
                Launch.program("lrnet-dist"),
                ["describe", run.recipe, "--ranks", "8", "--per-node", "3"]
            ).wait()
            #expect(uneven.status == 64 && uneven.errors.contains("does not divide --ranks 8"))
        }
    }
}
