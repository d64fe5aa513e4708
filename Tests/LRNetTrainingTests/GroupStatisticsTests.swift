import LRNetCollectives
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTestSupport
import LRNetTraining
import Testing

/// Batch norm's sums over ranks, which are threads or a lone rank of many.
@Suite(.serialized) struct GroupStatisticsTests {
    private static let shape = ImageShape(height: 1, width: 1, channels: 5)

    /// The results of a forward, a backward and an estimating pass.
    private struct Results: Equatable {
        var output: [Float] = []
        var inputGradient: [Float] = []
        var gradients: [[Float]] = []
        var averages: [[Double]] = []
    }

    private static func layout(_ globalCount: Int, _ run: Range<Int>) -> BatchLayout {
        BatchLayout(
            globalCount: globalCount, leafSize: 6, microBatch: 2, leafRun: run,
            dealtLeafCount: 13)
    }

    private static func results(
        _ statistics: BatchNormalization.Statistics, _ layout: BatchLayout,
        _ exchange: any StatisticsExchange
    ) throws -> Results {
        var options = BatchNormalization.Options()
        options.statistics = statistics
        let layer = BatchNormalization(
            name: "bn1", inputShape: shape, rectified: true, options: options)
        layer.reserve(sampleCount: 78, microBatch: 2, workerCount: 1)
        let samples =
            5 * layout.firstSample..<5 * (layout.firstSample + layout.sampleCount)
        func part(_ stream: UInt32) -> FloatView {
            Array(TestData.normal(78 * 5, stream: stream)[samples]).view
        }
        func pass(_ mode: Pass.Mode) -> Pass {
            Pass(mode: mode, layout: layout, pool: ThreadPool(), statistics: exchange)
        }
        var results = Results()
        for step in 0..<2 as Range<UInt32> {
            results.output += try layer.forward(part(step), pass(.training)).values
            results.inputGradient += try layer.backward(part(step + 7), pass(.training)).values
            results.gradients += [layer.gamma, layer.beta].map(\.gradient.values)
            results.averages += [layer.movingMean, layer.movingVariance]
        }
        layer.beginEstimation()
        for stream in 20..<23 as Range<UInt32> {
            _ = try layer.forward(part(stream), pass(.estimating))
        }
        if let estimate = layer.finishEstimation() {
            results.averages += [estimate.mean, estimate.variance]
        }
        return results
    }

    /// Full batches, tail batches with a short micro-batch or a group of one value, and ranks
    /// without samples.
    @Test(arguments: [1, 2, 3, 5, 8, 13], [78, 61, 25, 5, 1])
    func `every rank obtains the bits of one process`(ranks: Int, globalCount: Int) throws {
        for statistics in [.synchronized, .group(2), .group(8), .group(12), .group(40)]
            as [BatchNormalization.Statistics]
        {
            let expected = try Self.results(
                statistics, Self.layout(globalCount, 0..<13), LocalStatistics())
            #expect(expected.averages.count == (globalCount == 1 ? 4 : 6))
            let failures = PlayedRanks(ranks).failures { place in
                let group = place.group
                let run = LeafTree.run(of: group.rank, ranks: ranks, leafCount: 13)
                let layout = Self.layout(globalCount, run)
                let results = try Self.results(statistics, layout, GroupStatistics(group: group))
                place.expect(results.gradients == expected.gradients, "gradients")
                place.expect(results.averages == expected.averages, "averages")
                // Two passes, one after the other.
                let samples = 5 * layout.firstSample..<5 * (layout.firstSample + layout.sampleCount)
                for (own, all) in [
                    (results.output, expected.output),
                    (results.inputGradient, expected.inputGradient),
                ] {
                    let second = all.dropFirst(all.count / 2)
                    let both = Array(all[samples]) + Array(Array(second)[samples])
                    place.expect(own == both, "outputs and gradients of the input")
                }
            }
            #expect(failures.isEmpty, "\(statistics)")
        }
    }

    /// If the time grew with the square of the micro-batches, the ratio would be 4.
    @Test func `the time to merge statistics grows in proportion to the micro-batches`() throws {
        var times = [Duration.seconds(1000), .seconds(1000)]
        let layers = [2048, 4096].map { MergeTimer(microBatches: $0, ranks: 8) }
        // On a busy machine, a short run is likely to be undisturbed in one of many tries.
        for _ in 0..<30 {
            for (index, layer) in layers.enumerated() {
                times[index] = min(times[index], try layer.time())
            }
        }
        #expect(times[1] / times[0] < 2.5, "\(times)")
    }

    /// A rank of many owns few micro-batches of the global batch.
    @Test func `the time to merge statistics does not grow with the other ranks' samples`() throws {
        var times = [Duration.seconds(1000), .seconds(1000)]
        let layers = [(64, 16), (4096, 1024)].map { MergeTimer(microBatches: $0, ranks: $1) }
        for _ in 0..<30 {
            for (index, layer) in layers.enumerated() {
                times[index] = min(times[index], try layer.time())
            }
        }
        // Ten halvings instead of four.
        #expect(times[1] / times[0] < 3, "\(times)")
    }

    /// A batch norm of 512 channels on a rank whose peers are not played.
    private struct MergeTimer {
        let layer: BatchNormalization
        let pass: Pass
        let input: FloatView
        let gradient: FloatView

        init(microBatches: Int, ranks: Int) {
            let group = LoneRank(rank: ranks / 2, of: ranks)
            layer = BatchNormalization(
                name: "bn1", inputShape: ImageShape(height: 1, width: 1, channels: 512),
                rectified: false, options: BatchNormalization.Options())
            let layout = BatchLayout(
                globalCount: microBatches, leafSize: 1, microBatch: 1,
                leafRun: LeafTree.run(of: group.rank, ranks: ranks, leafCount: microBatches))
            layer.reserve(sampleCount: layout.sampleCount, microBatch: 1, workerCount: 1)
            pass = Pass(
                mode: .training, layout: layout, pool: ThreadPool(),
                statistics: GroupStatistics(group: group))
            input = TestData.normal(512 * layout.sampleCount).view
            gradient = TestData.normal(512 * layout.sampleCount, stream: 1).view
        }

        /// Returns the time of a forward and a backward pass.
        func time() throws -> Duration {
            let start = ContinuousClock.now
            _ = try layer.forward(input, pass)
            _ = try layer.backward(gradient, pass)
            return ContinuousClock.now - start
        }
    }
}
