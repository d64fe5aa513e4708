import LRNetKernels
import LRNetLayers
import LRNetTestSupport

/// One layer and what its passes need: scratch memory, a layout of the batch, gradients.
///
///     let harness = LayerHarness(layer, samples: 6, leafSize: 2, microBatch: 2)
///     let output = try harness.forward(input)
///     let inputGradient = try harness.backward(outputGradient)
struct LayerHarness<Subject: Layer> {
    let layer: Subject
    let layout: BatchLayout
    private let pool: ThreadPool
    private let gradients: GradientStore?
    private let seed: UInt64
    private let step: Int

    /// - Parameters:
    ///   - leafSize: The number of samples of a leaf; all samples by default.
    ///   - microBatch: The number of samples of a micro-batch; a whole leaf by default.
    init(
        _ layer: Subject, samples: Int, leafSize: Int? = nil, microBatch: Int? = nil,
        threads: Int = 1, seed: UInt64 = Golden.seed, step: Int = 0
    ) {
        self.layer = layer
        self.seed = seed
        self.step = step
        let leaf = leafSize ?? samples
        layout = BatchLayout(
            globalCount: samples, leafSize: leaf, microBatch: microBatch ?? leaf,
            leafRun: 0..<samples / leaf)
        pool = .testing(threads)
        if let weighted = layer as? WeightedLayer {
            weighted.assignGradients(0..<weighted.gradientCount)
            let store = GradientStore(
                count: weighted.gradientCount, largestLayer: weighted.gradientCount)
            store.begin(.whole(leafCount: layout.leaves.count))
            gradients = store
        } else {
            gradients = nil
        }
        layer.reserve(sampleCount: samples, microBatch: samples, workerCount: threads)
    }

    /// Returns a pass over the whole batch.
    func pass(_ mode: Pass.Mode = .training) -> Pass {
        Pass(
            mode: mode, seed: seed, step: step, layout: layout, pool: pool,
            statistics: LocalStatistics(), gradients: gradients)
    }

    func forward(_ input: [Float], _ mode: Pass.Mode = .training) throws -> [Float] {
        try layer.forward(input.view, pass(mode)).values
    }

    /// Returns the gradient of the input, and finishes the gradients of the parameters.
    func backward(_ gradient: [Float]) throws -> [Float] {
        let result = try layer.backward(gradient.view, pass()).values
        if let weighted = layer as? WeightedLayer { weighted.finishGradients(pass()) }
        return result
    }
}
