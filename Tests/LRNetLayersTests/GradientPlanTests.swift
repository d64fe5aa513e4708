import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

/// Compares the planned buffers of backward passes with those that the passes use.
@Suite struct GradientPlanTests {
    static let networks =
        BlockTests.examples + [
            "MP2 8C3 MP3/2 8C3 GAP dropout 12FC dropout", "8R 12R/2 12R MP2 16R/2 GAP", "12FC 9FC",
            "8C3 MP2 8C3 8C3 MP2 dropout 8FC",
        ]

    /// One method of each style of activations, and some more.
    static let models: [TrainingMethod] = [.ternary, .bnn, .xnor, .ebp, .bwn, .fullPrecision]

    @Test(arguments: networks, models)
    func `the planned memory for gradients equals what a pass uses`(
        words: String, model: TrainingMethod
    ) throws {
        let blocks = try words.split(separator: " ").flatMap {
            try BlockNotation.blocks(in: String($0))
        }
        var architecture = BlockTests.architecture(blocks).scaled(by: 0.125)
        for firstLayer in Architecture.FirstLayer.allCases {
            architecture.firstLayer = firstLayer
            for shortcut in [Architecture.Shortcut.projection, .zeroPadded] {
                architecture.shortcut = shortcut
                guard architecture.problem == nil, model.problem(with: architecture) == nil else {
                    continue
                }
                try compare(architecture, model)
            }
        }
    }

    private func compare(_ architecture: Architecture, _ model: TrainingMethod) throws {
        var options = Network.Options()
        options.model = model.model()
        let run = TrainingRun(options, architecture: architecture, samples: 4)
        let memory = ScratchMemory(workerCount: 1)
        let size = PassSize(sampleCount: 4, microBatch: 2, globalCount: 4)
        for layer in run.network.layers { layer.reserve(size, memory: memory) }
        memory.allocate()
        run.fillParameters()
        let layout = BatchLayout(globalCount: 4, leafSize: 2, microBatch: 2, leafRun: 0..<2)
        let images = TestData.normal(4 * architecture.input.count, stream: 1)
        let labels = TestData.labels(4, classes: architecture.classes, stream: 2)
        for step in 0..<2 {
            try run.step(images.view, labels, run.pass(.training, layout, step: step))
        }
        #expect(
            memory.gradientValueCount == run.network.activationGradientCount(sampleCount: 4),
            "\(architecture.blocks) \(architecture.firstLayer) \(architecture.shortcut)")
    }
}
