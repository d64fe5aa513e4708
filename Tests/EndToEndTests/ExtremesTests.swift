import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Numbers at their bounds and beyond, of every key and every option, through the programs: no trap, and
    /// one line that names the number.
    ///
    /// `LRNET_EXTREMES=1` prints the table.
    @Suite struct ExtremesTests {
        private static let beyond = [
            "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e308",
        ]

        /// What a program may end with when it is given numbers.
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

        /// The numbers of a key's bounds are taken by a run of two steps; what is beyond them is not.
        @Test(arguments: numberKeys) func boundsOfKeys(path: String) throws {
            let key = try #require(RecipeKey.named(path))
            let bounds = key.bounds.split(separator: " ").map(String.init).filter {
                Double($0) != nil
            }
            for value in bounds + Self.beyond {
                // These take as long, or are as large, as the machine allows.
                let isLong = ["training.threads", "data.workers", "validation.draws"].contains(path)
                if isLong && value == bounds.last { continue }
                let run = try SmallRun.make()
                let written = key.type.hasPrefix("list") ? "[\(value)]" : value
                var settings = [Self.others[path], "\(path)=\(written)"].compactMap(\.self)
                if path != "training.steps" { settings.append("training.steps=2") }
                if path == "training.steps" { settings.append("training.epochs=1") }
                let outcome = try run.train(settings)
                check(outcome, path, written)
                // Such a learning rate can be computed with; the loss is then not finite.
                let isTaken = [
                    "training.seed", "optimizer.learningRate", "optimizer.logitRate",
                ].contains(path)
                if Self.beyond.contains(value), value == "1e308" || !isTaken {
                    #expect(outcome.status == 78, "\(path) \(value)")
                    #expect(outcome.complaints.first?.contains("\(path): '\(value)' is ") == true)
                }
            }
        }

        /// Every option with a number.
        @Test(arguments: [
            (
                "evaluate RUN --data D",
                ["--draws", "--re-estimate-statistics", "--ensemble", "--threads"]
            ),
            (
                "bench --set network.width=0.1",
                ["--global-batch", "--gradient-leaves", "--micro-batch", "--threads", "--steps"]
            ),
            ("compare R --data D --output OUT", ["--seeds", "--learning-rates"]),
            ("doctor", ["--threads"]), ("describe R", ["--ranks"]),
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
        func options(command: String, names: [String]) throws {
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
                    // The largest seed is one like others.
                    if name == "--seed", value == "9223372036854775807" { continue }
                    if name == "--learning-rates", value.first == "9" { continue }
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

        /// More steps than noise can tell apart.
        @Test func tooManySteps() throws {
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
