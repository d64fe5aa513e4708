import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Programs receive numbers at the bounds of every key and beyond those of every key and
    /// option. They must not trap, and must name a refused number in one line.
    ///
    /// `LRNET_EXTREMES=1` prints a table of the results.
    @Suite struct ExtremesTests {
        private static let beyond = [
            "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e308",
        ]

        /// The exit codes with which a program may end.
        private static let codes: Set<Int32> = [0, 64, 65, 66, 74, 75, 78, 80]

        private func check(_ outcome: Launch.Outcome, _ name: String, _ value: String) {
            #expect(Self.codes.contains(outcome.status), "\(name) \(value): \(outcome)")
            if outcome.status != 0 && outcome.status != 75 {
                #expect((1...4).contains(outcome.complaints.count), "\(name) \(value): \(outcome)")
            }
            guard ProcessInfo.processInfo.environment["LRNET_EXTREMES"] != nil else { return }
            let line = outcome.complaints.first.map { String($0.prefix(170)) } ?? ""
            print("| \(name) | \(value) | \(outcome.status) | \(line) |")
        }

        private static let others = [
            "weights.temperature": "weights.model=gumbel-ternary",
            "weights.draws": "weights.model=log-derivative",
            "weights.threshold": "weights.model=ttq", "optimizer.momentum": "optimizer.name=sgd",
            "data.blockSamples": "data.shuffle=block", "data.windowBlocks": "data.shuffle=block",
        ]

        private static let numberKeys = RecipeKey.all.filter { $0.type.contains("number") }.map(
            \.path)

        /// At a key's bounds a run of two steps must end with an allowed exit code. Beyond them it
        /// must be refused by name, except that large seeds and learning rates can be accepted.
        @Test(arguments: numberKeys)
        func `bounds of keys never crash a run and numbers beyond them are refused`(
            path: String
        ) throws {
            let key = try #require(RecipeKey.named(path))
            let bounds = key.bounds.split(separator: " ").map(String.init).filter {
                Double($0) != nil
            }
            for value in bounds + Self.beyond {
                // Only the machine limits the time or memory that these values require.
                let isLong = ["training.threads", "data.workers", "validation.draws"].contains(path)
                if isLong && value == bounds.last { continue }
                let run = try SmallRun.make()
                let written = key.type.hasPrefix("list") ? "[\(value)]" : value
                var settings = [Self.others[path], "\(path)=\(written)"].compactMap(\.self)
                if path != "training.steps" { settings.append("training.steps=2") }
                if path == "training.steps" { settings.append("training.epochs=1") }
                let outcome = try run.train(settings)
                check(outcome, path, written)
                // The run accepts such a learning rate, and its loss is then not finite.
                let isAccepted = [
                    "training.seed", "optimizer.learningRate", "optimizer.logitRate",
                ].contains(path)
                if Self.beyond.contains(value), value == "1e308" || !isAccepted {
                    #expect(outcome.status == 78, "\(path) \(value)")
                    #expect(outcome.complaints.first?.contains("\(path): '\(value)' is ") == true)
                }
            }
        }

        /// The arguments list every option with a number.
        @Test(arguments: [
            (
                "evaluate RUN --data D",
                ["--draws", "--re-estimate-statistics", "--ensemble", "--threads"]
            ),
            (
                "bench --set network.width=0.1",
                ["--global-batch", "--gradient-leaves", "--micro-batch", "--threads", "--steps"]
            ),
            ("compare R --data D --output OUT", ["--seeds", "--learning-rates", "--rate-factors"]),
            ("doctor", ["--threads"]), ("describe R", ["--ranks", "--per-node"]),
            (
                "export RUN --format packed --data D --output OUT --dry-run",
                ["--calibrate", "--digits", "--verify", "--threads"]
            ),
            ("predict RUN --data D --split test", ["--top", "--threads"]),
            (
                "data synthesize digits --output OUT",
                ["--train", "--validation", "--test", "--seed", "--shards"]
            ),
            (
                "data synthesize textures --output OUT",
                ["--size", "--classes", "--train", "--validation", "--test", "--seed"]
            ),
            ("data sample D --output OUT", ["--count", "--columns"]),
            ("data describe D", ["--picture-count"]),
            (
                "data import images --train OUT --output OUT2",
                [
                    "--validation", "--shards", "--shorter-side", "--workers", "--max-unreadable",
                    "--max-pixels",
                ]
            ),
            ("data import cifar OUT --output OUT2", ["--validation", "--shards"]),
            ("data import npz OUT --output OUT2", ["--validation", "--shards"]),
            ("data fetch mnist --output OUT2", ["--validation", "--shards"]),
        ])
        func `an option refuses numbers beyond its bounds and names both`(
            command: String, names: [String]
        ) throws {
            let run = try SmallRun.make()
            if command.contains("RUN") { _ = try run.result(["training.steps=30"]) }
            let isData = command.hasPrefix("data ")
            var words = command.split(separator: " ").map(String.init)
            if isData { words.removeFirst() }
            let places = [
                "RUN": run.output, "R": run.recipe, "D": Digits.path,
                "OUT": "\(run.folder.path)/out", "OUT2": "\(run.folder.path)/out2",
            ]
            words = words.map { places[$0] ?? $0 }
            for name in names {
                for value in Self.beyond {
                    // The largest seed is valid.
                    if name == "--seed", value == "9223372036854775807" { continue }
                    if ["--learning-rates", "--rate-factors"].contains(name), value.first == "9" {
                        continue
                    }
                    let outcome = try Launch(
                        Launch.program(isData ? "lrnet-data" : "lrnet-dist"),
                        words + ["\(name)=\(value)"]
                    ).wait()
                    check(outcome, "\(words[0]) \(name)", value)
                    #expect(outcome.status == 64, "\(words[0]) \(name) \(value): \(outcome)")
                    #expect(outcome.errors.contains(name) && outcome.errors.contains(value))
                }
            }
        }

        /// The noise of more steps would repeat.
        @Test func `more epochs than the limit of steps are refused with a remedy`() throws {
            let outcome = try SmallRun.make().train([
                "training.epochs=1000000000", "training.steps=null",
            ])
            #expect(outcome.status == 78)
            #expect(
                outcome.complaints.first?.contains(
                    "training.epochs: 1000000000 epochs of 15 steps are more than 4000000000 steps; lower "
                        + "it, or set training.steps") == true, "\(outcome.errors)")
        }
    }
}
