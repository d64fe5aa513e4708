import LRNetKernels
import LRNetLayers
import LRNetTestSupport

/// A network and what one process needs to run training steps: a minimal trainer.
final class TrainingRun {
    let network: Network
    let pool: ThreadPool
    let statistics: any StatisticsExchange
    let loss: ClassificationLoss
    let gradients: GradientStore

    /// A small version of the MNIST network, with distinct sizes and odd channels.
    static let architecture = Architecture(
        name: "small", input: ImageShape(height: 8, width: 6, channels: 3), classes: 4,
        blocks: [
            ConvolutionBlock(filters: 5, window: 3), MaxPoolBlock(window: 2, stride: 2),
            ConvolutionBlock(filters: 7, window: 5), MaxPoolBlock(window: 2, stride: 2),
            FullyConnectedBlock(units: 11),
            DropoutBlock(),
        ])

    /// The same network with real weights in the first layer.
    static let realFirstLayer = {
        var result = architecture
        result.firstLayer = .fullPrecision
        return result
    }()

    init(
        _ options: Network.Options, architecture: Architecture = architecture, samples: Int = 64,
        threads: Int = 1, statistics: any StatisticsExchange = LocalStatistics(),
        exchange: any GradientExchange = LocalGradients()
    ) {
        network = Network(
            architecture: architecture, classes: architecture.classes, options: options)
        pool = .testing(threads)
        self.statistics = statistics
        loss = ClassificationLoss(classes: architecture.classes, sampleCount: samples)
        gradients = GradientStore(
            count: network.gradientCount, largestLayer: network.largestGradientCount,
            exchange: exchange)
        network.reserve(sampleCount: samples, microBatch: samples, workerCount: threads)
    }

    /// Sets every parameter to keyed random numbers around 1.
    func fillParameters() {
        for (index, parameter) in network.parameters.enumerated() {
            parameter.value.copy(
                from: TestData.normal(parameter.value.count, stream: UInt32(100 + index)))
        }
    }

    func pass(_ mode: Pass.Mode, _ layout: BatchLayout, step: Int = 0, seed: UInt64 = 1) -> Pass {
        Pass(
            mode: mode, seed: seed, step: step, layout: layout, pool: pool, statistics: statistics,
            gradients: mode == .training ? gradients : nil)
    }

    /// Returns the leaves' totals and the logits.
    func forward(
        _ images: FloatView, _ labels: [Int32], _ pass: Pass
    ) throws -> (totals: [ClassificationLoss.Totals], logits: [Float]) {
        network.prepare(pass)
        let logits = try network.forward(images, pass)
        return (
            loss.evaluate(logits: logits, labels: labels, layout: pass.layout), logits.values
        )
    }

    /// Runs the forward and backward passes, and this process's part of the sum.
    func train(
        _ images: FloatView, _ labels: [Int32], _ pass: Pass, schedule: LeafSchedule
    ) throws -> (totals: [ClassificationLoss.Totals], logits: [Float]) {
        gradients.begin(schedule)
        let result = try forward(images, labels, pass)
        try network.backward(loss.gradient(pass.layout), pass)
        return result
    }

    /// Runs a whole step of a single process, up to the parameters' gradients.
    @discardableResult
    func step(
        _ images: FloatView, _ labels: [Int32], _ pass: Pass
    ) throws -> (loss: Double, logits: [Float]) {
        let schedule = LeafSchedule.whole(leafCount: pass.layout.leaves.count)
        let result = try train(images, labels, pass, schedule: schedule)
        network.finishGradients(pass)
        let total = result.totals.reduce(0) { $0 + $1.loss }
        return (total / Double(pass.layout.globalCount), result.logits)
    }

    /// Each parameter's name and gradient.
    var parameterGradients: [(name: String, values: [Float])] {
        network.parameters.map { ($0.name, $0.gradient.values) }
    }
}

/// The images and labels of one batch of the small network.
struct SmallBatch {
    let images: [Float]
    let labels: [Int32]
    let imageCount = TrainingRun.architecture.input.count

    init(_ count: Int, stream: UInt32 = 0) {
        images = TestData.normal(
            count * TrainingRun.architecture.input.count, stream: 50 + stream)
        labels = TestData.labels(count, classes: 4, stream: stream)
    }

    /// Returns the samples of a process.
    func part(_ layout: BatchLayout) -> (FloatView, [Int32]) {
        let range = layout.firstSample..<layout.firstSample + layout.sampleCount
        return (
            Array(images[range.lowerBound * imageCount..<range.upperBound * imageCount]).view,
            Array(labels[range])
        )
    }
}
