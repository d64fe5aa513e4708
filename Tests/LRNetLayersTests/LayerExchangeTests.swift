import LRNetKernels
import LRNetLayers
import Testing

@Suite struct LayerExchangeTests {
    /// Records the exchanges that layers begin, in a run of one process.
    private final class Recorder: GradientExchange {
        private let local = LocalGradients()
        private(set) var calls: [String] = []

        func beginSum(_ range: Range<Int>, of store: GradientStore, unit: Int?) {
            calls.append(LayerExchangeTests.describe(.sum(GradientSum(range: range, unit: unit))))
        }

        func beginGather(rows: FloatView, width: Int, name: GatherName, layout: BatchLayout) {
            #expect(rows.count == layout.sampleCount * width)
            calls.append(LayerExchangeTests.describe(.rows(name, width: width)))
            local.beginGather(rows: rows, width: width, name: name, layout: layout)
        }

        func finishGather(_ name: GatherName) -> FloatView { local.finishGather(name) }

        func share(of count: Int, unit: Int) -> Range<Int> { local.share(of: count, unit: unit) }

        func beginGather(shares view: FloatView, unit: Int) {
            calls.append("shares of \(view.count) in \(unit)")
        }

        func progress() {}
    }

    private final class NoUpdate: ParameterOptimizer {
        func update(_ parameter: Parameter, _ range: Range<Int>, gradient: FloatView) {}
    }

    private static func describe(_ part: LayerExchange.Part) -> String {
        switch part {
        case .rows(let name, let width): "rows \(name) of \(width)"
        case .sum(let sum): "sum \(sum.range) in \(sum.unit ?? 0)"
        case .shares(let parameter, let unit): "shares of \(parameter.value.count) in \(unit)"
        }
    }

    private static let models: [any WeightModel] = [
        TernaryModel(), TrainedTernaryModel(thresholdFactor: 0.05), FullPrecisionModel(),
    ]

    /// With two samples, the wide layers gather rows; with 64, they sum leaves.
    @Test(arguments: [2, 64], models.indices)
    func `passes begin exactly the exchanges that layers announce`(
        samples: Int, model: Int
    ) throws {
        var options = Network.Options()
        options.model = Self.models[model]
        let recorder = Recorder()
        let run = TrainingRun(options, samples: samples, exchange: recorder)
        run.fillParameters()
        let layout = BatchLayout(
            globalCount: samples, leafSize: samples / 2, microBatch: samples / 2, leafRun: 0..<2)
        let (images, labels) = SmallBatch(samples).part(layout)
        let pass = run.pass(.training, layout)
        _ = try run.train(images, labels, pass, schedule: .whole(leafCount: 2))
        for layer in run.network.layers { try layer.update(pass, by: NoUpdate()) }

        let exchanges = run.network.exchanges
        let parts =
            exchanges.reversed().flatMap(\.forward) + exchanges.flatMap(\.backward)
            + exchanges.reversed().flatMap(\.update)
        #expect(recorder.calls == parts.map(Self.describe))
        #expect(parts.count == exchanges.flatMap(\.parts).count)
        let gathers = recorder.calls.contains { $0.hasPrefix("rows") }
        #expect(gathers == (samples == 2))
    }

    @Test(arguments: models.indices)
    func `the sums of layers tile the gradient vector from its end`(model: Int) {
        var options = Network.Options()
        options.model = Self.models[model]
        let network = TrainingRun(options).network
        var end = network.gradientCount
        for part in network.exchanges.flatMap(\.backward) {
            guard case .sum(let sum) = part else { continue }
            #expect(sum.range.upperBound == end && !sum.range.isEmpty)
            end = sum.range.lowerBound
        }
        #expect(end == 0 && network.gradientCount > 0)
        #expect(network.gradientRanges.map(\.count) == network.layers.map(\.gradientCount))
    }
}
