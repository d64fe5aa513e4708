import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// The winner's file, copied elsewhere, is evaluated and described without its run.
    @Suite struct NetworkFileTests {
        private static let settings = [
            "training.steps=15", "validation.everyEpochs=1", "validation.draws=2",
            "validation.reestimateBatches=1",
        ]

        private func lrnet(_ arguments: [String], ranks: Int? = nil) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-dist"), arguments, ranks: ranks).wait()
        }

        private struct Report: Decodable {
            struct Draw: Decodable { var errorPercent: Double }
            var isRunsData: Bool?
            var isDrawn: Bool
            var draws: [Draw]
        }

        private func report(_ arguments: [String], ranks: Int? = nil) throws -> Report {
            let outcome = try lrnet(
                ["evaluate"] + arguments + ["--split", "test", "--json"], ranks: ranks)
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        }

        @Test(arguments: ["ternary", "full-precision", "bnn", "twn"])
        func `a copy of the winner has the run's test error`(weights: String) throws {
            let run = try TestRun()
            let result = try run.result(Self.settings + ["weights=\(weights)"], ranks: 2)
            #expect(result.winnerBytes == (try run.winner().count))
            let copy = "\(run.folder.path)/copy.safetensors"
            try AtomicFile.write(run.winner(), to: copy)
            for ranks in [nil, 2, 3] {
                let alone = try report([copy, "--data", Digits.path], ranks: ranks)
                #expect(alone.draws.map(\.errorPercent) == [try #require(result.testError)])
                #expect(alone.isRunsData == true && !alone.isDrawn)
            }
            let inRun = try report(
                [run.output, "--weights", "winner", "--data", Digits.path, "--threads", "2"])
            #expect(inRun.draws.map(\.errorPercent) == [try #require(result.testError)])

            let other = "\(run.folder.path)/other"
            try Digits.make(other, train: 64, ["--seed", "9"])
            let elsewhere = try lrnet(["evaluate", copy, "--data", other])
            #expect(elsewhere.status == 0)
            #expect(
                elsewhere.output.contains(
                    "\(other) is not the data set that the network was trained on"))
        }

        @Test func `an evaluation of full-precision weights mentions no draws`() throws {
            let run = try TestRun()
            _ = try run.result(Self.settings + ["weights=full-precision"])
            let outcome = try lrnet(["evaluate", run.output, "--data", Digits.path])
            #expect(outcome.status == 0)
            #expect(!outcome.output.contains("draw") && !outcome.output.contains("deviation"))
            #expect(outcome.output.contains("errors by class of the network"))
        }

        @Test func `describe prints a network file as text and as JSON`() throws {
            let run = try TestRun()
            _ = try run.result(Self.settings)
            let path = "\(run.output)/winner.safetensors"
            let text = try lrnet(["describe", path]).output
            for part in [
                "format    lrnet-dist network 3\n", "method    ternary\n",
                "blocks    32C5 MP2 64C5 MP2 512FC dropout\n", "input     28x28x1, values / 255\n",
                "validation error",
            ] {
                #expect(text.contains(part), "\(part): \(text)")
            }
            let json = try lrnet(["describe", path, "--json"]).output
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            #expect((object?["metadata"] as? [String: String])?["weights"] == "ternary")
        }

        @Test
        func `evaluate refuses options of draws for a file and winners of other runs`() throws {
            let run = try TestRun()
            _ = try run.result(Self.settings)
            let path = "\(run.output)/winner.safetensors"
            let data = ["--data", Digits.path]
            for (arguments, part) in [
                ([path, "--draws", "3"], "leave out --draws 3"),
                ([path, "--step", "1"], "leave out --step 1"),
                ([path, "--weights", "drawn"], "--weights drawn requires a run's folder"),
                ([run.output, "--weights", "winner", "--ensemble", "2"], "--ensemble 2"),
            ] {
                let outcome = try lrnet(["evaluate"] + arguments + data, ranks: 2)
                #expect(outcome.status == 64)
                #expect(outcome.complaints.first?.contains(part) == true, "\(outcome.errors)")
            }
            let missing = try lrnet(["evaluate", "\(path)x"] + data)
            #expect(missing.status == 66)
            #expect(missing.complaints.first?.contains("x: does not exist; pass a run's") == true)
            // The folder has another run's winner, of the same network and then of another one.
            let same = try TestRun()
            _ = try same.result(Self.settings + ["training.seed=2"])
            let own = try run.winner()
            try AtomicFile.write(same.winner(), to: path)
            let foreign = try lrnet(
                ["evaluate", run.output, "--weights", "winner"] + data, ranks: 2)
            #expect(foreign.status == 65)
            #expect(
                foreign.complaints.first?.contains("is not the file that this run wrote")
                    == true)
            try AtomicFile.write(own, to: path)
            #expect(try lrnet(["evaluate", run.output, "--weights", "winner"] + data).status == 0)
            let other = try TestRun()
            _ = try other.result(
                Self.settings + ["network={layers: [4C3, GAP], input: 28x28x1, classes: 10}"])
            try AtomicFile.write(other.winner(), to: path)
            let mixed = try lrnet(["evaluate", run.output, "--weights", "winner"] + data)
            #expect(mixed.status == 65)
            #expect(mixed.complaints.first?.contains("is not the network of the folder's") == true)
        }
    }
}
