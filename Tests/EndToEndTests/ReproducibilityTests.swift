import Foundation
import LRNetHDF5
import LRNetLaunchSupport
import LRNetLayers
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Runs have the same weights, bit for bit, at any number of ranks and threads.
    @Suite struct ReproducibilityTests {
        @Test func `results are the same at any number of ranks and threads`() throws {
            let expected = try TestRun().result()
            #expect(expected.steps == 4)
            #expect(expected.resumedFromStep == 0)
            #expect(expected.parametersSHA256.count == 64 && expected.stateSHA256.count == 64)
            #expect(expected.stateSHA256 != expected.parametersSHA256)
            #expect(expected.trainingLoss.isFinite && expected.trainingLoss > 0)
            #expect(expected.validationError == nil && expected.draws.isEmpty)
            let placements = [
                (nil, 2), (1, 1), (2, 1), (2, 2), (3, 1), (4, 1), (5, 1), (8, 1), (nil, 11),
                (nil, 16), (2, 7), (3, 4), (8, 2),
            ]
            for (ranks, threads) in placements as [(Int?, Int)] {
                let result = try TestRun().result(["training.threads=\(threads)"], ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks ?? 0) ranks, \(threads)")
                #expect(result.ranks == ranks ?? 1)
                #expect(result.threads == threads)
            }
        }

        /// The layers are direct and Winograd convolutions, one of them folded, and fully connected
        /// layers whose gradients are sums over leaves and products over the whole batch.
        @Test(arguments: ["ternary", "binary"])
        func `mixed precision yields the same bits at any number of ranks and threads`(
            weights: String
        ) throws {
            let layers = "[16C5, 20C3/2, 33C3, MP2, 300FC, 20FC]"
            let settings = [
                "network={layers: \(layers), input: 28x28x1, classes: 10}", "weights=\(weights)",
                "training.steps=3", "training.precision=mixed",
            ]
            let expected = try TestRun().result(settings)
            for (ranks, threads) in [(nil, 2), (2, 1), (3, 2), (8, 1), (nil, 16)] as [(Int?, Int)] {
                let result = try TestRun().result(
                    settings + ["training.threads=\(threads)"], ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks ?? 0) ranks, \(threads)")
            }
            let full = try TestRun().result(settings + ["training.precision=float32"])
            #expect(full.parametersSHA256 != expected.parametersSHA256)
            #expect(abs(full.trainingLoss / expected.trainingLoss - 1) < 0.05)
        }

        @Test func `another seed leads to other parameters`() throws {
            let one = try TestRun().result(["training.steps=1"])
            let other = try TestRun().result(["training.steps=1", "training.seed=2"])
            #expect(one.parametersSHA256 != other.parametersSHA256)
        }

        /// Each method trains a small network that it supports, with a layer that the ranks share.
        /// The run is split over ranks and threads, interrupted, validated, written, and evaluated.
        @Test(arguments: TrainingMethod.allCases)
        func `every method repeats bit for bit across ranks, threads, and a resume`(
            weights: TrainingMethod
        ) throws {
            let isDense = weights == .ebp
            let layers = isDense ? "40FC, 30FC" : "4C5, MP2, 8C3, MP2, 100FC, dropout"
            let first = [.bwn, .xnor].contains(weights) ? "full-precision" : "discrete"
            let settings = [
                "network={layers: [\(layers)], input: 28x28x1, classes: 10, firstLayer: \(first)}",
                "weights=\(weights.rawValue)", "training.steps=3", "regularization.beta=1.0e-6",
                "validation.everyEpochs=1", "validation.draws=2", "validation.reestimateBatches=1",
            ]
            let run = try TestRun()
            let expected = try run.result(settings)
            #expect(expected.trainingLoss.isFinite && expected.testError != nil)
            let split = try TestRun()
            #expect(try split.result(settings, ranks: 3).numbers == expected.numbers)
            #expect(try split.winner() == run.winner())
            for threads in [2, 16] {
                let threaded = try TestRun().result(settings + ["training.threads=\(threads)"])
                #expect(threaded.numbers == expected.numbers, "\(threads) threads")
            }
            let resumed = try TestRun()
            _ = try resumed.result(settings + ["training.steps=1"])
            let whole = try resumed.result(settings, ranks: 2)
            #expect(whole.resumedFromStep == 1 && whole.stateSHA256 == expected.stateSHA256)
            let evaluation = try launch(
                Launch.program("lrnet-dist"), ["evaluate", run.output, "--data", Digits.path])
            #expect(evaluation.code == 0, "\(evaluation.error)")
            #expect(evaluation.output.contains("weights of step 3"))
        }

        /// The options are zero-padded shortcuts, a frozen first layer, and logits that reach their
        /// limit.
        @Test
        func `options of residual networks yield the same bits at any number of ranks`() throws {
            let blocks = "[8C3/2, MP3/2, 8R, 12R/2, GAP]"
            let network = "{layers: \(blocks), input: 28x28x1, classes: 10, firstLayer: frozen"
            let settings = [
                "network=\(network), shortcut: zero-padded, padding: symmetric}",
                "weights={model: binary, logitClip: 2}", "training.steps=3",
            ]
            let expected = try TestRun().result(settings)
            for ranks in [2, 3, 8] {
                let result = try TestRun().result(settings, ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks")
            }
            let free = try TestRun().result(settings + ["weights.logitClip=null"])
            #expect(free.parametersSHA256 != expected.parametersSHA256)
        }

        /// The tail batch has 58 samples: seven leaves of eight samples and one of two.
        @Test func `a kept tail batch yields the same bits at any number of ranks`() throws {
            let settings = [
                "training.tail=keep", "training.globalBatch=64", "training.microBatch=8",
                "training.epochs=1", "training.steps=null",
            ]
            let expected = try TestRun().result(settings)
            #expect(expected.steps == 4)
            for ranks in [3, 8] {
                let result = try TestRun().result(settings, ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks")
            }
            let dropped = try TestRun().result(settings + ["training.tail=drop"])
            #expect(dropped.steps == 3)
        }

        /// The tail batch of 10 samples has leaves of 8 and 2 samples, so most of the ranks own
        /// none.
        @Test func `a tail batch with fewer leaves than ranks yields the same bits`() throws {
            let settings = [
                "training.tail=keep", "training.globalBatch=80", "training.gradientLeaves=10",
                "training.microBatch=8", "training.epochs=1", "training.steps=null",
            ]
            let expected = try TestRun().result(settings)
            #expect(expected.steps == 4)
            let result = try TestRun().result(settings, ranks: 5)
            #expect(result.numbers == expected.numbers)
        }

        /// One number of leaves is not a power of two; the other exceeds ranks times threads.
        @Test(arguments: [(6, 48, 8), (16, 64, 4)])
        func `other numbers of leaves yield the same bits at any number of ranks`(
            leaves: Int, batch: Int, microBatch: Int
        ) throws {
            let settings = [
                "training.gradientLeaves=\(leaves)", "training.globalBatch=\(batch)",
                "training.microBatch=\(microBatch)", "training.steps=3",
            ]
            let expected = try TestRun().result(settings)
            for ranks in [2, 5] {
                let result = try TestRun().result(
                    settings + ["training.threads=2"], ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks")
            }
        }

        @Test(arguments: [4, 16])
        func `batch norm statistics of groups are the same at any number of ranks`(
            group: Int
        ) throws {
            let settings = ["batchNorm.statistics={group: \(group)}", "training.steps=3"]
            let expected = try TestRun().result(settings)
            for ranks in [3, 8] {
                let result = try TestRun().result(settings, ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks")
            }
            let synchronized = try TestRun().result(["training.steps=3"])
            #expect((synchronized.parametersSHA256 == expected.parametersSHA256) == (group == 16))
        }

        /// The batch norm statistics are re-estimated before the validation.
        @Test func `validation, winner, and test error are the same on three ranks`() throws {
            let settings = [
                "training.steps=3", "validation.everyEpochs=1", "validation.draws=3",
                "validation.reestimateBatches=2",
            ]
            let run = try TestRun()
            let expected = try run.result(settings)
            #expect(expected.draws.count == 3)
            #expect(expected.validationError == expected.draws.min())
            #expect(expected.testError != nil)
            let other = try TestRun()
            #expect(try other.result(settings, ranks: 3).numbers == expected.numbers)
            #expect(try other.winner() == run.winner())
            #expect(try other.metricsOfWeights() == run.metricsOfWeights())
            #expect(try run.metricsOfWeights().count == 4)
            // 40 test images: 2.5 % each.
            let wrongCount = expected.testError.map { Int(($0 / 2.5).rounded()) }
            #expect(expected.testClassErrors?.reduce(0, +) == wrongCount)
        }

        /// The options are learning rates by role, a cosine with a warm-up, annealing, and
        /// validation of the likeliest weights besides draws. Each option except the last changes
        /// the parameters.
        @Test func `options for accuracy yield the same bits at any placement and resume`() throws {
            let source = try TestRun()
            _ = try source.result([
                "weights=full-precision", "training.steps=2", "validation.everyEpochs=1",
            ])
            let common = [
                "initialization.from=\(source.output)", "training.globalBatch=80",
                "training.microBatch=2", "training.steps=null", "training.epochs=2",
                "validation.everyEpochs=1", "validation.draws=2", "validation.reestimateBatches=1",
            ]
            let options = [
                "optimizer.logitRate=0.1", "schedule.shape=cosine", "schedule.warmupSteps=2",
                "schedule.annealing=3", "schedule.annealingPart=0.4", "validation.weights=both",
                "initialization.sharpness=2", "initialization.minimumProbability=0.1",
            ]
            let run = try TestRun()
            let expected = try run.result(common + options)
            #expect(expected.steps == 6 && expected.draws.count == 2)
            let placements = [(1, 2), (2, 1), (3, 1), (4, 1), (5, 1), (8, 1), (1, 16), (3, 5)]
            for (ranks, threads) in placements {
                let other = try TestRun()
                let result = try other.result(
                    common + options + ["training.threads=\(threads)"], ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks, \(threads)")
                #expect(try other.winner() == run.winner())
                #expect(try other.metricsOfWeights() == run.metricsOfWeights())
            }
            for step in [1, 4] {
                let resumed = try TestRun()
                _ = try resumed.result(common + options + ["training.steps=\(step)"], ranks: 3)
                let whole = try resumed.result(common + options, ranks: 2)
                #expect(whole.resumedFromStep == step)
                #expect(whole.stateSHA256 == expected.stateSHA256)
                // Another length implies another schedule and is refused.
                let longer = try resumed.train(common + options + ["training.epochs=3"])
                #expect(longer.status == 78)
                #expect(
                    longer.complaints.first?.contains(
                        "(training.epochs: 2 -> 3); undo that with "
                            + "--set training.epochs=2") == true, "\(longer.errors)")
            }
            for left in options.indices where !options[left].contains("weights=both") {
                var fewer = options
                fewer.remove(at: left)
                // Without annealing, its part has no effect.
                let result = try TestRun().result(common + fewer)
                #expect(
                    result.parametersSHA256 != expected.parametersSHA256, "\(options[left])")
            }
        }

        /// Rank 0 reads the distributions of another run and shares them.
        @Test func `a start from distributions yields the same bits at any placement`() throws {
            let source = try TestRun()
            _ = try source.result([
                "weights=ternary", "training.steps=3", "validation.everyEpochs=1",
            ])
            let settings = [
                "weights=ternary", "initialization.from=\(source.output)", "training.seed=2",
                "optimizer.logitRate=0.05", "training.steps=3",
            ]
            let run = try TestRun()
            let expected = try run.result(settings)
            let cold = try TestRun().result(settings.filter { !$0.contains("from=") })
            #expect(cold.parametersSHA256 != expected.parametersSHA256)
            for (ranks, threads) in [(1, 2), (2, 1), (3, 1), (4, 1), (5, 1), (8, 1)] {
                let result = try TestRun().result(
                    settings + ["training.threads=\(threads)"], ranks: ranks)
                #expect(result.numbers == expected.numbers, "\(ranks) ranks, \(threads)")
            }
            let resumed = try TestRun()
            _ = try resumed.result(settings + ["training.steps=1"], ranks: 3)
            let whole = try resumed.result(settings, ranks: 2)
            #expect(whole.resumedFromStep == 1 && whole.stateSHA256 == expected.stateSHA256)
        }

        /// All runs have the same `training.seed`.
        @Test func `no run repeats the random numbers of its start, and a resume keeps its own`()
            throws
        {
            func stepSeed(_ run: TestRun) throws -> UInt64? {
                let checkpoint = try CheckpointStore(runFolder: run.output).load("latest")
                let text = try HDF5File.open(image: checkpoint.bytes, named: "checkpoint")
                    .stringAttribute("coordinator")
                return try JSONDecoder()
                    .decode(CoordinatorState.self, from: Data(text.utf8)).stepSeed
            }
            let (full, first, second) = (try TestRun(), try TestRun(), try TestRun())
            let steps = ["training.steps=3", "validation.everyEpochs=1"]
            _ = try full.result(steps + ["weights=full-precision"])
            #expect(try stepSeed(full) == nil)
            let settings = steps + ["weights=ternary"]
            let started = settings + ["initialization.from=\(full.output)"]
            let whole = try first.result(started, ranks: 2)
            let seed = try #require(try stepSeed(first))
            _ = try second.result(settings + ["initialization.from=\(first.output)"])
            let secondSeed = try #require(try stepSeed(second))
            #expect(Set([1, seed, secondSeed]).count == 3)
            // Methods that start from the same weights share the order of images.
            for other in ["weights=binary", "weights=twn", "initialization.sharpness=2"] {
                let run = try TestRun()
                _ = try run.result(started + [other])
                #expect(try stepSeed(run) == seed, "\(other)")
            }
            let shifted = try TestRun()
            _ = try shifted.result(started + ["training.seed=3"])
            #expect(try stepSeed(shifted) == seed ^ 1 ^ 3)
            let resumed = try TestRun()
            _ = try resumed.result(started + ["training.steps=1"], ranks: 3)
            let rest = try resumed.result(started)
            #expect(rest.resumedFromStep == 1 && rest.stateSHA256 == whole.stateSHA256)
            #expect(try stepSeed(resumed) == seed)
        }

        /// MPI's own sums count as another recipe, and their bits may differ.
        @Test func `a fast reduction reaches the exact loss within 5 percent`() throws {
            let exact = try TestRun().result()
            let fast = try TestRun().result(["reduction=fast"], ranks: 3)
            #expect(abs(fast.trainingLoss - exact.trainingLoss) < 0.05 * exact.trainingLoss)
        }
    }
}
