import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct BatchNormKernelsTests {
    static let sizes = [
        [1, 1], [2, 1], [3, 17], [7, 16], [63, 5], [64, 3], [65, 31], [129, 2], [331, 48],
    ]
    static let epsilon = 1e-3

    /// The data of one forward and backward pass over a matrix whose columns differ in scale.
    struct Example {
        let rows, channels: Int
        let x, gradient, gamma, beta: [Float]
        let reference: Reference.Normalized<Double>

        init(_ size: [Int], rectified: Bool) {
            (rows, channels) = (size[0], size[1])
            let channels = channels
            x = TestData.normal(rows * channels, stream: 1).enumerated().map { i, value in
                value * Float(1 + i % channels) + Float(i % channels) * 3
            }
            gradient = TestData.normal(rows * channels, stream: 2)
            gamma = TestData.uniform(channels, in: -2...2, stream: 3)
            beta = TestData.uniform(channels, in: -1...1, stream: 4)
            reference = Reference.batchNorm(
                x.doubles, channels: channels, gamma: gamma.doubles, beta: beta.doubles,
                epsilon: BatchNormKernelsTests.epsilon, rectified: rectified)
        }

        var statistics: BatchNormKernels.Statistics {
            let inverse = reference.variance.map {
                1 / ($0 + BatchNormKernelsTests.epsilon).squareRoot()
            }
            let scale = zip(gamma.doubles, inverse).map(*)
            let shift = (0..<channels).map {
                Double(beta[$0]) - reference.mean[$0] * scale[$0]
            }
            return BatchNormKernels.Statistics(
                mean: reference.mean.floats.view, inverseDeviation: inverse.floats.view,
                scale: scale.floats.view, shift: shift.floats.view)
        }
    }

    /// The kernel adds up to 64 values in Float32 and continues in Double.
    @Test(arguments: sizes)
    func `moments are the means and sums of squared deviations of columns`(size: [Int]) {
        let example = Example(size, rectified: false)
        let moments = DoubleBuffer(count: 2 * example.channels + 3)
        BatchNormKernels.moments(
            of: example.x.view, channels: example.channels, into: moments, at: 3)
        let values = moments.prefix(moments.count)
        let (mean, squares) = (values[3..<3 + example.channels], values[(3 + example.channels)...])
        let expected = example.reference.variance.map { $0 * Double(example.rows) }
        #expect(values.prefix(3).allSatisfy { $0 == 0 })
        #expect(
            distance(
                Array(mean), example.reference.mean, Tolerance(absolute: 5e-6, relative: 1e-6))
                <= 1)
        #expect(
            distance(Array(squares), expected, Tolerance(absolute: 1e-9, relative: 1e-5)) <= 1)
    }

    /// The values are 10,000 plus noise with a deviation of 1. Their squares round to multiples of
    /// 8 in Float32, so sums of squares of the values themselves would lose the variance.
    @Test func `the variance stays accurate when the mean is large`() {
        let rows = 4096
        let noise = TestData.normal(rows)
        let x = noise.map { 10_000 + ($0 * 16).rounded() / 16 }
        let moments = DoubleBuffer(count: 2)
        BatchNormKernels.moments(of: x.view, channels: 1, into: moments, at: 0)
        let expected = Reference.batchNorm(
            x.doubles, channels: 1, gamma: [1], beta: [0], epsilon: 1, rectified: false)
        let values = moments.prefix(2)
        #expect(abs(values[0] - expected.mean[0]) < 1e-6)
        #expect(abs(values[1] / Double(rows) / expected.variance[0] - 1) < 1e-5)
        let constant = FloatView.unwritten(50)
        constant.fill(1234.567)
        BatchNormKernels.moments(of: constant, channels: 1, into: moments, at: 0)
        #expect(moments.prefix(2) == [Double(Float(1234.567)), 0])
    }

    @Test(arguments: sizes, [false, true])
    func `normalized columns equal the reference, in place and into another buffer`(
        size: [Int], rectified: Bool
    ) {
        let example = Example(size, rectified: rectified)
        let output = FloatView.unwritten(example.x.count)
        let statistics = example.statistics
        BatchNormKernels.normalize(
            example.x.view, scale: statistics.scale, shift: statistics.shift,
            rectified: rectified, into: output)
        // x * scale and shift have the magnitude of mean / deviation, at most 100 here.
        let tolerance = Tolerance(absolute: 2e-5, relative: 1e-6)
        #expect(distance(output.values, example.reference.output, tolerance) <= 1)
        let inPlace = example.x.view
        BatchNormKernels.normalize(
            inPlace, scale: statistics.scale, shift: statistics.shift, rectified: rectified,
            into: inPlace)
        #expect(inPlace.values == output.values)
        if rectified { #expect(output.values.allSatisfy { $0 >= 0 }) }
    }

    @Test(arguments: sizes, [false, true])
    func `the backward pass equals the reference gradients`(size: [Int], rectified: Bool) {
        let example = Example(size, rectified: rectified)
        let (rows, channels) = (example.rows, example.channels)
        let expected = Reference.batchNormGradients(
            example.gradient.doubles, forward: example.reference, channels: channels,
            gamma: example.gamma.doubles, epsilon: Self.epsilon, rectified: rectified)
        let statistics = example.statistics
        let sums = DoubleBuffer(count: 2 * channels + 1)
        BatchNormKernels.gradientSums(
            example.gradient.view, input: example.x.view, statistics: statistics,
            rectified: rectified, into: sums, at: 1)
        let values = Array(sums.prefix(sums.count)[1...])
        // Sums of up to 331 products; single values are around 3.
        let tolerance = Tolerance(absolute: 2e-5 * Double(rows).squareRoot(), relative: 1e-5)
        #expect(distance(Array(values[..<channels]), expected.beta, tolerance) <= 1)
        #expect(distance(Array(values[channels...]), expected.gamma, tolerance) <= 1)

        let gradient = example.gradient.view
        BatchNormKernels.backward(
            gradient, input: example.x.view, statistics: statistics, rectified: rectified,
            meanGradient: expected.beta.map { Float($0 / Double(rows)) }.view,
            meanProduct: expected.gamma.map { Float($0 / Double(rows)) }.view)
        // The scale gamma / deviation is at most 63 where the variance is 0 (one row).
        #expect(distance(gradient.values, expected.input, Tolerance(absolute: 4e-5)) <= 1)
    }

    @Test func `the reference's gradients equal central differences of its forward pass`() {
        let example = Example([9, 3], rectified: true)
        let weights = example.gradient.doubles
        func loss(_ x: [Double], _ gamma: [Double], _ beta: [Double]) -> Double {
            let forward = Reference.batchNorm(
                x, channels: 3, gamma: gamma, beta: beta, epsilon: Self.epsilon, rectified: true)
            return zip(forward.output, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let (x, gamma, beta) = (example.x.doubles, example.gamma.doubles, example.beta.doubles)
        let gradients = Reference.batchNormGradients(
            weights, forward: example.reference, channels: 3, gamma: gamma, epsilon: Self.epsilon,
            rectified: true)
        func slopes(_ values: [Double], _ f: ([Double]) -> Double) -> [Double] {
            values.indices.map { i in
                centralDifference(at: values[i], step: 1e-6) { value in
                    var moved = values
                    moved[i] = value
                    return f(moved)
                }
            }
        }
        let tolerance = Tolerance(absolute: 1e-7)
        #expect(distance(gradients.input, slopes(x) { loss($0, gamma, beta) }, tolerance) <= 1)
        #expect(distance(gradients.gamma, slopes(gamma) { loss(x, $0, beta) }, tolerance) <= 1)
        #expect(distance(gradients.beta, slopes(beta) { loss(x, gamma, $0) }, tolerance) <= 1)
    }

    /// ReLU must not turn a NaN into a harmless 0.
    @Test(arguments: [false, true])
    func `NaN inputs stay NaN with and without ReLU`(rectified: Bool) {
        var x = TestData.normal(40)
        x[3] = .nan
        x[38] = .nan
        let ones = [Float](repeating: 1, count: 20).view
        let output = FloatBuffer(count: 40)
        BatchNormKernels.normalize(
            x.view, scale: ones, shift: ones, rectified: rectified, into: output.all)
        #expect(output.all.values.indices.filter { output[$0].isNaN } == [3, 38])
    }
}
