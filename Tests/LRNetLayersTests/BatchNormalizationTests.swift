import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct BatchNormalizationTests {
    static let shape = ImageShape(height: 3, width: 2, channels: 5)

    private static func layer(
        _ statistics: BatchNormalization.Statistics, momentum: Double = 0.75
    ) -> BatchNormalization {
        var options = BatchNormalization.Options()
        options.statistics = statistics
        options.momentum = momentum
        let layer = BatchNormalization(
            name: "bn1", inputShape: shape, rectified: false, options: options)
        layer.gamma.value.copy(from: TestData.normal(5, stream: 1))
        layer.beta.value.copy(from: TestData.normal(5, stream: 2))
        layer.reserve(sampleCount: 40, microBatch: 40, workerCount: 1)
        return layer
    }

    private static func pass(_ mode: Pass.Mode, _ count: Int) -> Pass {
        Pass(
            mode: mode,
            layout: BatchLayout(globalCount: count, leafSize: 4, microBatch: 2, leafRun: 0..<10),
            pool: ThreadPool(), statistics: LocalStatistics())
    }

    private static func reference(
        _ layer: BatchNormalization, _ x: [Float]
    ) -> Reference.Normalized<Double> {
        Reference.batchNorm(
            x.doubles, channels: 5, gamma: layer.gamma.value.values.doubles,
            beta: layer.beta.value.values.doubles, epsilon: 1e-3, rectified: false)
    }

    static let tolerance = Tolerance(absolute: 1e-5, relative: 1e-5)

    /// Includes a shorter last group and a micro-batch of one sample.
    @Test(arguments: [2, 6, 13, 25], [2, 6])
    func `every group is normalized with its own statistics`(count: Int, group: Int) throws {
        let layer = Self.layer(.group(group))
        let x = TestData.normal(count * 30, stream: 3).enumerated().map { i, value in
            value * 2 + Float(i / 180)
        }
        let gradient = TestData.normal(count * 30, stream: 4)
        let output = try layer.forward(x.view, Self.pass(.training, count)).values
        let inputGradient = try layer.backward(gradient.view, Self.pass(.training, count)).values
        var (means, variances): ([[Double]], [[Double]]) = ([], [])
        var (gamma, beta) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 5))
        for start in stride(from: 0, to: count, by: group) {
            let range = start * 30..<min(start + group, count) * 30
            let part = Self.reference(layer, Array(x[range]))
            #expect(distance(Array(output[range]), part.output, Self.tolerance) <= 1)
            let gradients = Reference.batchNormGradients(
                Array(gradient[range]).doubles, forward: part, channels: 5,
                gamma: layer.gamma.value.values.doubles, epsilon: 1e-3, rectified: false)
            #expect(
                distance(Array(inputGradient[range]), gradients.input, Self.tolerance) <= 1)
            gamma = zip(gamma, gradients.gamma).map(+)
            beta = zip(beta, gradients.beta).map(+)
            means.append(part.mean)
            variances.append(part.variance)
        }
        let sums = Tolerance(absolute: 1e-4, relative: 1e-5)
        #expect(distance(layer.gamma.gradient.values, gamma, sums) <= 1)
        #expect(distance(layer.beta.gradient.values, beta, sums) <= 1)
        // Moving averages use the mean over the groups, regardless of their sizes.
        for c in 0..<5 {
            let mean = means.reduce(0) { $0 + $1[c] } / Double(means.count)
            let variance = variances.reduce(0) { $0 + $1[c] } / Double(means.count)
            #expect(abs(layer.movingMean[c] - 0.25 * mean) < 1e-5)
            #expect(abs(layer.movingVariance[c] - (0.75 + 0.25 * variance)) < 1e-5)
        }
    }

    /// The layer must report non-finite gradients: nothing else checks them before an update.
    @Test(arguments: [Float.nan, .infinity, 1])
    func `non-finite gradients of a layer are detected`(value: Float) throws {
        let layer = Self.layer(.synchronized)
        let pass = Self.pass(.training, 4)
        _ = try layer.forward(TestData.normal(120, stream: 3).view, pass)
        var gradient = TestData.normal(120, stream: 4)
        gradient[7] = value
        _ = try layer.backward(gradient.view, pass)
        #expect(layer.hasFiniteGradients(pass) == value.isFinite)
    }

    @Test func `moving averages follow the batch statistics of every training step`() throws {
        let layer = Self.layer(.synchronized)
        #expect(layer.movingMean == [0, 0, 0, 0, 0])
        #expect(layer.movingVariance == [1, 1, 1, 1, 1])
        var (mean, variance) = ([0.0, 0, 0, 0, 0], [1.0, 1, 1, 1, 1])
        for step in 0..<4 {
            let x = TestData.normal(8 * 30, stream: UInt32(10 + step))
            _ = try layer.forward(x.view, Self.pass(.training, 8))
            let part = Self.reference(layer, x)
            mean = zip(mean, part.mean).map { 0.75 * $0 + 0.25 * $1 }
            variance = zip(variance, part.variance).map { 0.75 * $0 + 0.25 * $1 }
            // The backward pass must not change the moving averages.
            _ = try layer.backward(x.view, Self.pass(.training, 8))
        }
        #expect(distance(layer.movingMean, mean, Tolerance(absolute: 1e-6)) <= 1)
        #expect(distance(layer.movingVariance, variance, Tolerance(absolute: 1e-6)) <= 1)
    }

    @Test func `evaluation normalizes with the moving averages`() throws {
        let layer = Self.layer(.synchronized)
        let mean = TestData.normal(5, stream: 5).doubles
        let variance = TestData.uniform(5, in: 0.1...4, stream: 6).doubles
        layer.restore(movingMean: mean, movingVariance: variance)
        let x = TestData.normal(6 * 30, stream: 7)
        let output = try layer.forward(x.view, Self.pass(.evaluation, 6)).values
        let expected = x.enumerated().map { i, value in
            let c = i % 5
            return Double(layer.gamma.value[c]) * (Double(value) - mean[c])
                / (variance[c] + 1e-3).squareRoot() + Double(layer.beta.value[c])
        }
        #expect(distance(output, expected, Self.tolerance) <= 1)
        #expect(layer.movingMean == mean && layer.movingVariance == variance)
        // A sample's output does not depend on its batch.
        let single = try layer.forward(
            Array(x[60..<90]).view, Self.pass(.evaluation, 1)
        ).values
        #expect(single == Array(output[60..<90]))
    }

    /// Estimating passes normalize with their own batch and do not change the moving averages.
    @Test func `estimated statistics are means over the passes`() throws {
        let layer = Self.layer(.group(4))
        let batches = [8, 12, 6].enumerated().map { i, count in
            TestData.normal(count * 30, stream: UInt32(20 + i)).map { $0 + Float(i) }
        }
        layer.beginEstimation()
        var (means, variances): ([[Double]], [[Double]]) = ([], [])
        for x in batches {
            let count = x.count / 30
            let output = try layer.forward(x.view, Self.pass(.estimating, count)).values
            let parts = stride(from: 0, to: count, by: 4).map { start in
                Self.reference(layer, Array(x[start * 30..<min(start + 4, count) * 30]))
            }
            #expect(distance(output, parts.flatMap(\.output), Self.tolerance) <= 1)
            func average(_ values: [[Double]]) -> [Double] {
                (0..<5).map { c in values.reduce(0) { $0 + $1[c] } / Double(values.count) }
            }
            means.append(average(parts.map(\.mean)))
            variances.append(average(parts.map(\.variance)))
        }
        let estimated = try #require(layer.finishEstimation())
        #expect(layer.movingMean == [0, 0, 0, 0, 0])
        let expectedMean = (0..<5).map { c in means.reduce(0) { $0 + $1[c] } / 3 }
        let expectedVariance = (0..<5).map { c in variances.reduce(0) { $0 + $1[c] } / 3 }
        #expect(distance(estimated.mean.map { Float($0) }, expectedMean, Self.tolerance) <= 1)
        #expect(
            distance(estimated.variance.map { Float($0) }, expectedVariance, Self.tolerance) <= 1)
        #expect(layer.finished.mean == [0, 0, 0, 0, 0])
        // Without a pass there is no estimate.
        layer.beginEstimation()
        #expect(layer.finishEstimation() == nil)
    }

    @Test func `fixed values replace the layer's own until they are removed`() throws {
        let layer = Self.layer(.group(4))
        let network = FinishedNormalization(
            name: layer.name, mean: [1, 2, 3, 4, 5], variance: [4, 1, 9, 2, 0.5],
            gamma: [2, -1, 0.5, 1, 3], beta: [0, 1, -1, 2, 0.25], epsilon: 0.5)
        let x = TestData.normal(8 * 30, stream: 31)
        let own = try layer.forward(x.view, Self.pass(.evaluation, 8)).values
        layer.fixed = network
        let fixed = try layer.forward(x.view, Self.pass(.evaluation, 8)).values
        layer.fixed = nil
        let expected = x.enumerated().map { i, value in
            let c = i % 5
            let deviation = (Double(network.variance[c]) + 0.5).squareRoot()
            let y =
                Double(network.gamma[c]) * (Double(value) - Double(network.mean[c])) / deviation
                + Double(network.beta[c])
            return layer.rectified ? max(y, 0) : y
        }
        #expect(distance(fixed, expected, Self.tolerance) <= 1)
        #expect(try layer.forward(x.view, Self.pass(.evaluation, 8)).values == own)
    }

    /// A constant channel has a deviation of 0; epsilon prevents a division by 0.
    @Test func `the output of a constant channel is beta`() throws {
        let layer = Self.layer(.synchronized)
        let x = [Float](repeating: 3, count: 4 * 30)
        let output = try layer.forward(x.view, Self.pass(.training, 4)).values
        let beta = layer.beta.value.values
        #expect(output.enumerated().allSatisfy { abs($1 - beta[$0 % 5]) < 1e-5 })
    }
}
