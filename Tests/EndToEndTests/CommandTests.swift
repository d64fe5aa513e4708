import Foundation
import LRNetDiagnostics
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Tests of what the commands print and write.
    @Suite struct CommandTests {
        private func tool(_ arguments: [String], ranks: Int? = nil) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-dist"), arguments, ranks: ranks).wait()
        }

        @Test func `a residual block can come first and a pooling window has a limit`() throws {
            let network = "network={layers: [4R, 8R/2, GAP], input: 28x28x1, classes: 10}"
            let one = try TestRun().result([network, "training.steps=2"])
            #expect(
                try TestRun().result([network, "training.steps=2"], ranks: 3).numbers == one.numbers
            )
            let pooled = try TestRun().train([
                "network={layers: [4C1, MP16], input: 28x28x1, classes: 10}"
            ])
            #expect(pooled.status == 78)
            #expect(
                pooled.complaints.first?.contains("MP16: windows have at most 15 rows") == true)
        }

        /// The runs have two epochs, and re-estimate their statistics over all samples.
        @Test func `a limit on samples has the results of a smaller data set`() throws {
            let settings = [
                "training.steps=16", "validation.everyEpochs=1", "validation.draws=2",
                "validation.reestimateBatches=20",
            ]
            let folder = try TestFolder()
            let data = "\(folder.path)/digits"
            try Digits.make(data, train: 130)
            let small = try TestRun()
            let outcome = try small.train(settings, data: data)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let limited = try TestRun()
            var result = try limited.result(settings + ["data.samples=130"])
            var other = try small.written()
            // The files name different recipes and data.
            (result.winnerSHA256, other.winnerSHA256) = (nil, nil)
            #expect(result.numbers == other.numbers)
            let all = try TestRun().result(settings)
            #expect(all.parametersSHA256 != result.parametersSHA256)
            // A resume with more samples would be another run.
            let more = try limited.train(settings)
            #expect(more.status == 78 && more.errors.contains("--set data.samples=130"))
        }

        /// The workflow of the paper: train a full-precision network, train a ternary one from it,
        /// and use the file of the latter.
        @Test
        func `ternary and binary runs start from the weights of a full-precision run`() throws {
            let validation = [
                "validation.everyEpochs=1", "validation.draws=3", "validation.reestimateBatches=2",
            ]
            let source = try TestRun()
            let first = try source.result(
                validation + ["weights=full-precision", "training.steps=15"], ranks: 2)
            #expect(first.draws.count == 1)
            #expect(first.testError != nil)

            for weights in ["ternary", "binary"] {
                let run = try TestRun()
                let result = try run.result(
                    validation + ["weights=\(weights)", "initialization.from=\(source.output)"],
                    ranks: 2)
                #expect(result.steps == 4 && result.winnerStep == 4)
                #expect(result.draws.count == 3)
                #expect(result.draws.min() == result.validationError)
                let test = try #require(result.testError)
                #expect((0...100).contains(test))
                try checkWinner(run, isBinary: weights == "binary")
                try checkEvaluation(run, result)
            }
            // The trained weights make a difference to the start.
            let cold = try TestRun().result(["training.steps=1"])
            let warm = try TestRun().result(
                ["training.steps=1", "initialization.from=\(source.output)"])
            #expect(warm.trainingLoss != cold.trainingLoss)
            let integers = try TestRun()
            try integers.train(validation)
            let refused = try TestRun().train(
                ["weights=twn", "initialization.from=\(integers.output)"])
            #expect(refused.status == 65)
            #expect(refused.complaints.first?.contains("requires a full-precision run") == true)
        }

        /// The second run trains the distributions further, with another seed and at any number of
        /// ranks.
        @Test func `a run starts from the distributions of another run`() throws {
            let validation = [
                "validation.everyEpochs=1", "validation.draws=2", "validation.reestimateBatches=1",
            ]
            let source = try TestRun()
            let first = try source.result(validation + ["training.steps=5"])
            let next = ["initialization.from=\(source.output)", "optimizer.learningRate=0"]
            // At a learning rate of 0 the distributions do not change.
            let run = try TestRun()
            let result = try run.result(validation + next + ["training.steps=1"], ranks: 2)
            #expect(result.parametersSHA256 == first.parametersSHA256)
            let log = String(decoding: try FileBytes.read("\(run.output)/train.log"), as: UTF8.self)
            #expect(log.contains("starting from the distributions of \(source.output) at step 5"))
            let trained = ["initialization.from=\(source.output)", "training.seed=2"]
            let one = try TestRun().result(trained)
            let three = try TestRun().result(trained, ranks: 3)
            #expect(one.numbers == three.numbers && one.parametersSHA256 != first.parametersSHA256)
            // A method with the same logits accepts them. Other methods and networks are refused.
            let gumbel = try TestRun().result(
                next + ["weights=gumbel-ternary", "training.steps=1"])
            #expect(gumbel.parametersSHA256 == first.parametersSHA256)
            for (setting, text) in [
                ("weights=binary", "has ternary weights, whose logits do not fit binary"),
                (
                    "network.width=0.5",
                    "has a different network (network.width: 1.0 -> 0.5); undo that with --set "
                        + "network.width=1.0"
                ),
            ] {
                let refused = try TestRun().train(next + [setting], ranks: 2)
                #expect(refused.status == 78, "\(refused.errors)")
                #expect(refused.complaints.first?.contains(text) == true, "\(refused.errors)")
            }
        }

        /// The log contains the table of tensors, and all ranks start alike.
        @Test
        func `a run starts from another program's tensors and refuses unusable files`() throws {
            let folder = try TestFolder()
            let path = "\(folder.path)/net.safetensors"
            var file = SafeTensors()
            func add(_ name: String, _ shape: [Int]) {
                let count = shape.reduce(1, *)
                let values = (0..<count).map { Float(($0 * 7919) % 101) / 500 - 0.1 }
                file.add(name, type: .float32, shape: shape, values: values)
            }
            add("conv1.weight", [32, 1, 5, 5])
            add("conv2.weight", [64, 32, 3, 3])
            add("fc1.weight", [512, 3136])
            try AtomicFile.write(file.bytes(), to: path)
            let settings = ["initialization.from=\(path)", "training.steps=1"]
            let run = try TestRun()
            let one = try run.result(settings)
            let log = String(
                decoding: try FileBytes.read("\(run.output)/train.log"), as: UTF8.self)
            #expect(log.contains("shape [64, 32, 3, 3], but conv2 has [64, 32, 5, 5]"))
            #expect(log.contains("conv2  no tensor: cold start"))
            #expect(try TestRun().result(settings, ranks: 3).numbers == one.numbers)
            #expect(
                try TestRun().result(["training.steps=1"]).parametersSHA256
                    != one.parametersSHA256)
            let plan = try TestRun().train(settings, ["--dry-run"])
            #expect(plan.status == 0 && plan.output.contains("but conv2 has"))

            for more in [[], ["--dry-run"]] {
                let missing = try TestRun().train(
                    ["initialization.from=\(path)x.safetensors"], more)
                #expect(missing.status == 66)
                #expect(missing.complaints.first?.contains("does not exist") == true)
                let none = "\(folder.path)/none.safetensors"
                try AtomicFile.write(SafeTensors().bytes(), to: none)
                let refused = try TestRun().train(["initialization.from=\(none)"], ranks: 2, more)
                #expect(refused.status == 65)
                #expect(refused.complaints.first?.contains("matches no layer of") == true)
                try AtomicFile.write(Array(try file.bytes().dropLast()), to: none)
                let damaged = try TestRun().train(["initialization.from=\(none)"], more)
                #expect(damaged.status == 65 && damaged.complaints.count == 1)
            }
        }

        private func checkWinner(_ run: TestRun, isBinary: Bool) throws {
            let file = try NetworkFile(path: "\(run.output)/winner.safetensors").contents
            let weights = file.tensors.filter { $0.key.hasSuffix(".weight") }
            #expect(weights.count == 4)
            for (name, tensor) in weights {
                let isLast = name.hasPrefix("output") || tensor.shape.last == 10
                #expect((tensor.type == .int8) != isLast, "\(name)")
                if tensor.type == .int8 {
                    let values = Set(tensor.values)
                    #expect(values == (isBinary ? [-1, 1] : [-1, 0, 1]), "\(name): \(values)")
                }
            }
            #expect(file.metadata["format"] == "lrnet-dist network 3")
        }

        /// Checks that `evaluate` draws the same networks as the validation that chose the winner.
        private func checkEvaluation(_ run: TestRun, _ result: RunResult) throws {
            let outcome = try tool(
                ["evaluate", run.output, "--data", Digits.path, "--threads", "2"], ranks: 3)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.first == "validation split, weights of step 4")
            let errors = lines.compactMap { line -> Double? in
                let words = line.split(separator: " ")
                guard words.count > 1, Int(words[0]) != nil else { return nil }
                let parts = words[1].split(separator: "/").compactMap { Double($0) }
                return parts.count == 2 ? 100 * parts[0] / parts[1] : nil
            }
            #expect(Array(errors.prefix(3)) == result.draws)
            let test = try tool(
                ["evaluate", run.output, "--data", Digits.path, "--split", "test", "--draws", "1"])
            #expect(test.status == 0)
            #expect(test.output.contains("/40 "))
        }

        @Test func `a dry run prints the plan and writes nothing`() throws {
            let run = try TestRun()
            let outcome = try run.train([], ["--dry-run"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("4 steps, 15 per epoch"))
            #expect(outcome.output.hasSuffix("nothing was written\n"))
            #expect(run.folder.names == ["recipe.yaml"])
            let wrong = try run.train([], data: "/nowhere", ["--dry-run"])
            #expect(wrong.status == 66)
        }

        /// The plan has one row for each number of ranks, and tells how many threads have no leaf.
        @Test func `a dry run prints the placement for each number of ranks`() throws {
            let plan = try TestRun().train([], ranks: 3, ["--dry-run"]).output
            #expect(
                plan.contains("3 ranks x 1 thread (up to 8 ranks can share a batch)"), "\(plan)")
            let rows = plan.split(separator: "\n").map { $0.split(separator: " ") }
            for ranks in ["2", "3", "4", "8"] {
                #expect(rows.count { $0.first == Substring(ranks) } == 1, "\(plan)")
            }
            let busy = try TestRun().train(["training.threads=4"], ranks: 3, ["--dry-run"]).output
            #expect(
                busy.contains("3 ranks x 4 threads (up to 8 ranks can share a batch)"), "\(busy)")
            let idle = try TestRun().train(["training.threads=20"], ranks: 3, ["--dry-run"]).output
            #expect(idle.contains("3 ranks x 20 threads: 4 of them idle most of a step"), "\(idle)")
        }

        @Test func `a printed recipe parses to the same recipe and prints the same`() throws {
            let run = try TestRun()
            let settings = [
                "weights={model: gumbel-ternary, temperature: 0.3}", "schedule.dropAtEpochs=[3, 5]",
                "batchNorm.statistics={group: 4}", "initialization.from='a \"b\" \\ c: d'",
            ]
            let printed = try run.train(settings, ranks: 2, ["--print-recipe"])
            #expect(printed.status == 0)
            let again = try Recipe(yaml: printed.output, file: "printed")
            #expect(again == (try Recipe(file: run.recipe, overrides: settings)))
            #expect(again.yaml == printed.output)
            #expect(!FileBytes.exists(run.output))
        }

        /// The output also contains the table of layers.
        @Test(arguments: ["ternary", "binary", "full-precision"])
        func `debugging finds gradients that agree with differences of the loss`(
            weights: String
        ) throws {
            let run = try TestRun()
            let settings = ["weights=\(weights)", "training.steps=1"]
            let outcome = try run.train(settings, ["--debug"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("non-finite"))
            let differences = outcome.output.split(separator: "\n").compactMap { line -> Double? in
                let words = line.split(separator: " ")
                guard words.count == 5, let last = words.last, last.hasSuffix("%"),
                    Int(words[1]) != nil
                else { return nil }
                return Double(last.dropLast())
            }
            #expect(differences.count >= 6, "\(outcome.output)")
            for difference in differences { #expect(difference < 10, "\(outcome.output)") }
            // Debugging does not change the result.
            #expect(try run.written().numbers == TestRun().result(settings).numbers)
            #expect(try TestRun().train(settings, ranks: 2, ["--debug"]).status == 64)
        }

        @Test(arguments: [nil, 2])
        func `bench prints one line of JSON with positive measurements`(ranks: Int?) throws {
            let outcome = try tool(
                ["bench", "--global-batch", "32", "--steps", "3", "--micro-batch", "2"],
                ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.split(separator: "\n").count == 1)
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            let fields = try #require(json as? [String: Any])
            for key in ["images_per_second", "step_seconds", "loss", "forward_percent"] {
                let value = try #require(fields[key] as? Double, "\(key)")
                #expect(value.isFinite && value > 0, "\(key)")
            }
            #expect(fields["ranks"] as? Int == ranks ?? 1)
            #expect(fields["steps"] as? Int == 3)
            #expect(try tool(["bench", "--network", "lenet", "--steps", "1"]).status == 78)
        }

        @Test func `doctor finds no failure and covers every topic`() throws {
            for ranks in [nil, 3] {
                let outcome = try tool(["doctor"], ranks: ranks)
                #expect(outcome.status == 0, "\(outcome.output)")
                #expect(!outcome.output.contains("FAIL"))
                for topic in [
                    "OpenBLAS", "HDF5", "MPI", "CPU", "binding", "memory", "disk", "all-reduce",
                    "noise", "products", "bfloat16", "storage",
                ] {
                    #expect(outcome.output.contains(topic), "\(topic)")
                }
            }
        }

        @Test func `doctor reports two threads that are bound to one core`() throws {
            let outcome = try Launch(
                "/usr/bin/env",
                [
                    "taskset", "-c", "0", try Launch.program("lrnet-dist"), "doctor", "--threads",
                    "2",
                ]
            ).wait()
            guard ProcessInfo.processInfo.processorCount > 1 else { return }
            #expect(outcome.status == 70)
            #expect(outcome.output.contains("FAIL  binding"))
            #expect(outcome.output.contains("--bind-to none"))
            let forced = try Launch(
                Launch.program("lrnet-dist"), ["doctor"],
                environment: ["OPENBLAS_CORETYPE": "Nehalem"]
            ).wait()
            #expect(forced.status == 0)
            #expect(
                forced.output.contains("unset OPENBLAS_CORETYPE")
                    || forced.output.contains("not used: this build has its own products"))
        }

        @Test func `a run records its versions, ranks, hosts, and cores`() throws {
            let run = try TestRun()
            try run.train(["training.steps=1"], ranks: 3)
            let environment = try JSONDecoder().decode(
                RunEnvironment.self,
                from: Data(FileBytes.read("\(run.output)/environment.json")))
            #expect(environment.ranks == 3 && environment.threads == 1)
            #expect(environment.placement.map(\.rank) == [0, 1, 2])
            #expect(environment.versions.lrnetDist == ProgramVersion.number)
            #expect(environment.versions.openBLAS.hasPrefix("OpenBLAS "))
            #expect(environment.versions.hdf5.split(separator: ".").count == 3)
            #expect(!environment.versions.mpi.isEmpty)
            for rank in environment.placement {
                #expect(!rank.host.isEmpty && !rank.blasCore.isEmpty)
                #expect(rank.coreCount > 0 && rank.mpiThreadLevel == "funneled")
            }
        }

        /// One of three ranks has other BLAS kernels than the rest.
        @Test func `ranks with different BLAS kernels cause one warning`() throws {
            let run = try TestRun()
            let program = [try Launch.program("lrnet-dist")] + run.arguments(["training.steps=1"])
            let outcome = try Launch([
                RankLauncher.Part(1, program),
                RankLauncher.Part(1, program, environment: ["OPENBLAS_CORETYPE": "Haswell"]),
                RankLauncher.Part(1, program),
            ]).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let environment = try JSONDecoder().decode(
                RunEnvironment.self,
                from: Data(FileBytes.read("\(run.output)/environment.json")))
            #expect(environment.placement.map(\.forcedBLASCore) == [nil, "Haswell", nil])
            #expect(environment.placement[1].blasCore == "Haswell")
            #expect(environment.placement[0].blasCore == environment.placement[2].blasCore)
            let warnings = outcome.errors.split(separator: "\n").filter {
                $0.contains("same CPUs: ")
            }
            guard environment.placement[0].blasCore != "Haswell" else {
                #expect(warnings.isEmpty)
                return
            }
            #expect(warnings.count == 1, "\(outcome.errors)")
            let host = environment.placement[0].host
            for part in [
                "ranks 0,2 on \(host): ", "rank 1 on \(host): ",
                "BLAS core Haswell (OPENBLAS_CORETYPE=Haswell)",
                "results repeat bit for bit only between",
            ] {
                #expect(warnings.first?.contains(part) == true, "\(warnings)")
            }
            let log = String(
                decoding: try FileBytes.read("\(run.output)/train.log"), as: UTF8.self)
            #expect(log.contains("same CPUs: ranks 0,2 on \(host)"))
        }

        @Test func `both programs print the version number`() throws {
            for program in ["lrnet-dist", "lrnet-data"] {
                let outcome = try launch(Launch.program(program), ["--version"])
                #expect(outcome.output == "\(ProgramVersion.number)\n")
            }
        }
    }
}
