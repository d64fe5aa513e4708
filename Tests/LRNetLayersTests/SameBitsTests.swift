import Foundation
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTestSupport
import Testing

extension Architecture {
    /// The same blocks with another image shape.
    fileprivate func withInput(_ input: ImageShape) -> Architecture {
        var result = self
        result.input = input
        return result
    }
}

/// Checks that results have the same bits for any split over processes and threads.
@Suite struct SameBitsTests {
    /// The results of the steps, compared bit for bit.
    struct Trace: Equatable {
        var logits: [Float] = []
        var losses: [Double] = []
        var gradients: [[Float]] = []
        var movingMeans: [[Double]] = []
        var movingVariances: [[Double]] = []
    }

    /// The leaves of one process: its run, and the complete subtrees in it.
    struct Share: Sendable {
        let run: Range<Int>
        let schedule: @Sendable (_ leafCount: Int) -> LeafSchedule
    }

    private static let whole: @Sendable (Int) -> LeafSchedule = { .whole(leafCount: $0) }

    /// Leaves 0, 1 and 2: nodes (1, 0) and (0, 2).
    private static let firstThree: @Sendable (Int) -> LeafSchedule = { _ in
        LeafSchedule(
            leafCount: 3, nodeLeaves: [0, 2], additions: [.init(destination: 0, source: 1)])
    }

    /// Leaves 3 to 7: nodes (0, 3) and (2, 1).
    private static let lastFive: @Sendable (Int) -> LeafSchedule = { _ in
        LeafSchedule(
            leafCount: 5, nodeLeaves: [0, 1],
            additions: [
                .init(destination: 1, source: 2), .init(destination: 3, source: 4),
                .init(destination: 1, source: 3),
            ])
    }

    static let one = [Share(run: 0..<8, schedule: whole)]
    static let halves = [Share(run: 0..<4, schedule: whole), Share(run: 4..<8, schedule: whole)]
    static let uneven = [
        Share(run: 0..<3, schedule: firstThree), Share(run: 3..<8, schedule: lastFive),
    ]

    private static func add(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map(+) }

    /// Adds the nodes of all processes in the order of the tree over the leaves.
    private static func total(_ nodes: [[Float]], _ shares: [Share]) -> [Float] {
        switch nodes.count {
        case 1: nodes[0]
        case 2: add(nodes[0], nodes[1])
        // (1, 0), (0, 2), (0, 3), (2, 1)
        default: add(add(nodes[0], add(nodes[1], nodes[2])), nodes[3])
        }
    }

    /// Runs two steps, each with an update, on processes that are threads.
    private static func trace(
        _ options: Network.Options, _ shares: [Share], threads: Int, globalCount: Int,
        architecture: Architecture = TrainingRun.architecture
    ) throws -> Trace {
        let junction = Junction(leafRuns: shares.map(\.run))
        let layouts = shares.map {
            BatchLayout(globalCount: globalCount, leafSize: 4, microBatch: 2, leafRun: $0.run)
        }
        // Each thread uses its own run; the test reads the runs after all threads are done.
        nonisolated(unsafe) let runs = shares.indices.map { process in
            TrainingRun(
                options, architecture: architecture, samples: 32, threads: threads,
                statistics: junction.exchange(process: process))
        }
        for run in runs { run.fillParameters() }
        var trace = Trace()
        for step in 0..<2 {
            let batch = SmallBatch(globalCount, stream: UInt32(step))
            nonisolated(unsafe) var results:
                [Result<(totals: [ClassificationLoss.Totals], logits: [Float]), any Error>?] =
                    shares.map { _ in nil }
            let lock = NSLock()
            junction.forEachProcess { process in
                let (images, labels) = batch.part(layouts[process])
                let pass = runs[process].pass(.training, layouts[process], step: step)
                let schedule = shares[process].schedule(layouts[process].leaves.count)
                let result = Result {
                    try runs[process].train(images, labels, pass, schedule: schedule)
                }
                lock.withLock { results[process] = result }
            }
            let done = try results.compactMap { try $0?.get() }
            let nodes = runs.flatMap { run in
                run.gradients.nodes(0..<run.gradients.count).map(\.values)
            }
            let total = Self.total(nodes, shares)
            for (process, run) in runs.enumerated() {
                run.gradients.total.copy(from: total)
                run.network.finishGradients(
                    run.pass(.training, layouts[process], step: step))
                for parameter in run.network.parameters {
                    Elementwise.add(parameter.gradient, scaledBy: -0.1, to: parameter.value)
                }
            }
            trace.logits += done.flatMap(\.logits)
            trace.losses += done.flatMap { $0.totals.map(\.loss) }
            let first = runs[0].network
            trace.gradients += first.parameters.map(\.gradient.values)
            trace.movingMeans += first.batchNorms.map(\.movingMean)
            trace.movingVariances += first.batchNorms.map(\.movingVariance)
            for run in runs.dropFirst() {
                #expect(
                    run.parameterGradients.map(\.values) == runs[0].parameterGradients.map(\.values)
                )
            }
        }
        return trace
    }

    private static func options(
        _ name: TrainingMethod, _ statistics: BatchNormalization.Statistics
    ) -> Network.Options {
        var options = Network.Options(model: name.model())
        options.batchNorm.statistics = statistics
        return options
    }

    /// With 32 samples, all leaves are full. With 27, the second to last leaf is short and the last
    /// absent. With 18, leaf 4 is short and three leaves are absent. With 14, the second process
    /// has no samples, but still takes part in the exchanges.
    @Test(
        arguments: [
            TrainingMethod.ternary, .binary, .gumbelTernary, .twn, .ttq, .bnn,
            .binaryConnectStochastic, .bwn,
        ], [32, 27, 18, 14])
    func `bits do not depend on the split over processes and threads`(
        name: TrainingMethod, globalCount: Int
    ) throws {
        for statistics in [BatchNormalization.Statistics.synchronized, .group(6)] {
            let options = Self.options(name, statistics)
            let expected = try Self.trace(
                options, Self.one, threads: 1, globalCount: globalCount)
            #expect(expected.logits.allSatisfy { $0.isFinite })
            var others = [(Self.one, 2), (Self.halves, 1), (Self.halves, 2), (Self.one, 16)]
            if globalCount == 32 { others += [(Self.uneven, 1), (Self.uneven, 13)] }
            for (shares, threads) in others {
                let trace = try Self.trace(
                    options, shares, threads: threads, globalCount: globalCount)
                #expect(trace == expected, "\(shares.map(\.run)), \(threads) threads")
            }
        }
    }

    @Test(arguments: [
        Architecture.residual(.same),
        .zeroPadded(.symmetric).withInput(TrainingRun.architecture.input),
    ])
    func `bits of residual networks do not depend on the split`(architecture: Architecture) throws {
        let options = Self.options(.ternary, .synchronized)
        func trace(_ shares: [Share], _ threads: Int) throws -> Trace {
            try Self.trace(
                options, shares, threads: threads, globalCount: 32,
                architecture: architecture)
        }
        let expected = try trace(Self.one, 1)
        for (shares, threads) in [(Self.one, 2), (Self.halves, 1), (Self.uneven, 2)] {
            #expect(try trace(shares, threads) == expected, "\(shares.map(\.run)), \(threads)")
        }
    }

    /// With more threads than leaves, samples and outputs of a leaf are divided. The layers have up
    /// to three panels of outputs, direct products and Winograd's.
    @Test(arguments: [
        ("ternary", "40C3, 72C3, MP2, 64C5, 100FC"), ("bwn", "40C3/2, 72C3, 40FC"),
        ("ternary", "40C3, 40R, 72R/2, GAP"),
    ])
    func `bits do not depend on the division of leaves among threads`(
        weights: String, layers: String
    ) throws {
        let method = try #require(TrainingMethod(rawValue: weights))
        var architecture = TrainingRun.architecture
        architecture.blocks = try layers.split(separator: ", ").flatMap {
            try BlockNotation.blocks(in: String($0))
        }
        let options = Self.options(method, .group(4))
        let expected = try Self.trace(
            options, Self.one, threads: 1, globalCount: 27, architecture: architecture)
        for threads in [3, 9, 16, 40, 70] {
            let trace = try Self.trace(
                options, Self.one, threads: threads, globalCount: 27, architecture: architecture)
            #expect(trace == expected, "\(threads) threads")
        }
    }

    /// The keys of the noise include seed, step and sample.
    @Test func `the noise changes with the step and the seed`() throws {
        let run = TrainingRun(Self.options(.ternary, .synchronized), samples: 8)
        run.fillParameters()
        let batch = SmallBatch(8)
        let layout = BatchLayout(globalCount: 8, leafSize: 4, microBatch: 2, leafRun: 0..<2)
        func logits(_ step: Int, _ seed: UInt64) throws -> [Float] {
            try run.forward(
                batch.images.view, batch.labels, run.pass(.training, layout, step: step, seed: seed)
            ).logits
        }
        let first = try logits(0, 1)
        #expect(try logits(0, 1) == first)
        #expect(try logits(1, 1) != first)
        #expect(try logits(0, 2) != first)
    }
}
