import Foundation
import LRNetKernels
import LRNetTestSupport
import Testing

/// Compares Winograd's convolutions with direct sums in Double, at the layer shapes of the networks
/// that use them and with data like that of training.
@Suite struct WinogradAccuracyTests {
    /// The largest error allowed, divided by the root mean square of the tensor, as
    /// ``WinogradConvolution`` documents it. A rounding error is 6e-8 of a value. Sums of 512
    /// products, and six matrices that cancel, leave up to a hundred of them.
    static let tolerance = 1e-5

    /// The elements of each tensor that are compared with a direct sum.
    static let sampleCount = 2000

    struct Layer: CustomTestStringConvertible {
        let size, inputs, outputs, window, images: Int

        init(_ size: Int, _ inputs: Int, _ outputs: Int, window: Int = 3, images: Int) {
            (self.size, self.inputs, self.outputs) = (size, inputs, outputs)
            (self.window, self.images) = (window, images)
        }

        var testDescription: String {
            "\(images) x \(size)x\(size)x\(inputs) to \(outputs), window \(window)"
        }
    }

    static let layers = [
        // MNIST.
        Layer(14, 32, 64, window: 5, images: 8),
        // CIFAR.
        Layer(32, 128, 128, images: 2), Layer(16, 128, 256, images: 2),
        Layer(16, 256, 256, images: 2), Layer(8, 256, 512, images: 4),
        Layer(8, 512, 512, images: 2),
        // ResNet-18.
        Layer(56, 64, 64, images: 2), Layer(28, 128, 128, images: 2),
        Layer(14, 256, 256, images: 4), Layer(7, 512, 512, images: 8),
        // ResNet-18, folded layers.
        Layer(112, 12, 64, window: 4, images: 1), Layer(28, 256, 128, window: 2, images: 2),
        Layer(14, 512, 256, window: 2, images: 4),
    ]

    /// A layer with seeded data.
    private struct Problem {
        let layer: Layer
        let images, mean, variance, gradient: [Float]
        let convolution: WinogradConvolution
        let filter: WinogradFilter
        private let padding: Int

        /// Images are normal numbers after ReLU. A residual is added to every second value before
        /// the ReLU. Weights are the moments of random ternary distributions.
        ///
        /// - Parameter shift: A number that is subtracted from all values before the ReLU. Then no
        ///   residuals are added.
        init(_ layer: Layer, shift: Float? = nil) throws {
            self.layer = layer
            let pixels = layer.images * layer.size * layer.size
            let residual = TestData.normal(pixels * layer.inputs, stream: 1)
            images = TestData.normal(pixels * layer.inputs, stream: 2).enumerated().map { i, x in
                if let shift { return max(x - shift, 0) }
                return max(i % 2 == 0 ? x : x + max(residual[i], 0), 0)
            }
            gradient = TestData.normal(pixels * layer.outputs, stream: 3)
            let count = layer.window * layer.window * layer.inputs * layer.outputs
            let nonZero = TestData.uniform(count, in: 0...1, stream: 4)
            let sign = TestData.uniform(count, in: -1...1, stream: 5)
            mean = zip(nonZero, sign).map { $0 * $1 }
            variance = zip(nonZero, mean).map { $0 - $1 * $1 }
            let geometry = PatchGeometry(
                input: ImageShape(height: layer.size, width: layer.size, channels: layer.inputs),
                window: layer.window,
                padding: .same(
                    height: layer.size, width: layer.size, window: layer.window, stride: 1))
            padding = geometry.padding.top
            convolution = WinogradConvolution(
                geometry: geometry, outputs: layer.outputs, formats: ProductFormat.allCases)
            filter = try #require(WinogradFilter(window: layer.window))
        }

        func packed(
            _ weights: [Float], turned: Bool, format: ProductFormat = .float32
        ) -> WinogradWeights {
            let memory = FloatView.unwritten(
                WinogradWeights.count(
                    filter: filter, inputs: layer.inputs, outputs: layer.outputs, format: format))
            let packed = WinogradWeights(
                filter: filter, inputs: layer.inputs, outputs: layer.outputs, format: format,
                in: memory)
            let pool = ThreadPool()
            if turned {
                packed.packTurned(weights.view, pool: pool)
            } else {
                packed.pack(weights.view, pool: pool)
            }
            return packed
        }

        private func imageIndex(_ n: Int, _ y: Int, _ x: Int, _ c: Int) -> Int {
            ((n * layer.size + y) * layer.size + x) * layer.inputs + c
        }

        private func outputIndex(_ n: Int, _ y: Int, _ x: Int, _ o: Int) -> Int {
            ((n * layer.size + y) * layer.size + x) * layer.outputs + o
        }

        private func weightIndex(_ i: Int, _ j: Int, _ c: Int, _ o: Int) -> Int {
            ((i * layer.window + j) * layer.inputs + c) * layer.outputs + o
        }

        /// Calls `body` with the taps that connect a pixel to a pixel of the other side. `sign` is
        /// 1 from output to input and -1 from input to output.
        private func forEachTap(
            _ row: Int, _ column: Int, sign: Int,
            _ body: (_ i: Int, _ j: Int, _ row: Int, _ column: Int) -> Void
        ) {
            for i in 0..<layer.window {
                for j in 0..<layer.window {
                    let y = row + sign * (i - padding)
                    let x = column + sign * (j - padding)
                    if 0..<layer.size ~= y && 0..<layer.size ~= x { body(i, j, y, x) }
                }
            }
        }

        /// Returns the image, row, column and channel of a flat index.
        private func place(_ index: Int, channels: Int) -> (Int, Int, Int, Int) {
            let pixel = index / channels
            let row = pixel / layer.size
            return (
                row / layer.size, row % layer.size, pixel % layer.size, index % channels
            )
        }

        func output(_ index: Int, squared: Bool) -> Double {
            let (n, row, column, o) = place(index, channels: layer.outputs)
            var sum = 0.0
            forEachTap(row, column, sign: 1) { i, j, y, x in
                for c in 0..<layer.inputs {
                    sum +=
                        value(imageIndex(n, y, x, c), squared: squared)
                        * weight(weightIndex(i, j, c, o), squared: squared)
                }
            }
            return sum
        }

        func inputGradient(_ index: Int, squared: Bool) -> Double {
            let (n, row, column, c) = place(index, channels: layer.inputs)
            var sum = 0.0
            forEachTap(row, column, sign: -1) { i, j, y, x in
                for o in 0..<layer.outputs {
                    sum +=
                        Double(gradient[outputIndex(n, y, x, o)])
                        * weight(weightIndex(i, j, c, o), squared: squared)
                }
            }
            return sum
        }

        func weightGradient(_ index: Int, squared: Bool) -> Double {
            let (c, o) = (index / layer.outputs % layer.inputs, index % layer.outputs)
            let tap = index / (layer.inputs * layer.outputs)
            let (i, j) = (tap / layer.window - padding, tap % layer.window - padding)
            var sum = 0.0
            for n in 0..<layer.images {
                for y in max(0, -i)..<min(layer.size, layer.size - i) {
                    for x in max(0, -j)..<min(layer.size, layer.size - j) {
                        sum +=
                            value(imageIndex(n, y + i, x + j, c), squared: squared)
                            * Double(gradient[outputIndex(n, y, x, o)])
                    }
                }
            }
            return sum
        }

        private func value(_ index: Int, squared: Bool) -> Double {
            let value = Double(images[index])
            return squared ? value * value : value
        }

        private func weight(_ index: Int, squared: Bool) -> Double {
            Double(squared ? variance[index] : mean[index])
        }
    }

    /// Returns the largest error of a sample of elements, divided by their root mean square.
    private func error(_ values: FloatView, truth: (_ index: Int) -> Double) -> Double {
        var (largest, squares) = (0.0, 0.0)
        for index in TestData.labels(Self.sampleCount, classes: values.count).map(Int.init) {
            let expected = truth(index)
            // `max` skips NaN, which is what memory contains that a kernel left unwritten.
            guard values.pointer[index].isFinite else { return .infinity }
            largest = max(largest, abs(Double(values.pointer[index]) - expected))
            squares += expected * expected
        }
        return largest / (squares / Double(Self.sampleCount)).squareRoot()
    }

    @Test(arguments: layers)
    func `errors stay below the bound at the networks' layer shapes`(layer: Layer) throws {
        let problem = try Problem(layer)
        let convolution = problem.convolution
        let workspace = WinogradConvolution.Workspace(convolution)
        let (images, gradient) = (problem.images.view, problem.gradient.view)
        for squared in [false, true] {
            let weights = squared ? problem.variance : problem.mean
            let kind = squared ? "variance" : "mean"

            let output = FloatView.unwritten(gradient.count)
            convolution.forward(
                images, squared: squared, weights: problem.packed(weights, turned: false),
                into: output, workspace: workspace)
            let outputError = error(output) { problem.output($0, squared: squared) }
            #expect(outputError < Self.tolerance, "\(kind)")

            let inputGradient = FloatView.unwritten(images.count)
            convolution.inputGradient(
                gradient, weights: problem.packed(weights, turned: true), into: inputGradient,
                workspace: workspace)
            let inputError = error(inputGradient) { problem.inputGradient($0, squared: squared) }
            #expect(inputError < Self.tolerance, "gradient of the \(kind)'s input")

            let weightGradient = FloatView.unwritten(problem.mean.count)
            convolution.weightGradient(
                images, squared: squared, gradient: gradient, into: weightGradient,
                workspace: workspace)
            let weightError = error(weightGradient) {
                problem.weightGradient($0, squared: squared)
            }
            #expect(weightError < Self.tolerance, "gradient of the \(kind)'s weights")
        }
    }

    /// The errors of some values relative to the truth.
    private struct Errors {
        /// The root mean square and the mean, in percent.
        let rms, bias: Double

        /// - Parameter scale: Converts a value before the comparison.
        init(_ values: FloatView, truth: (Int) -> Double, scale: (Double) -> Double) {
            var (errors, squares, difference, sum) = (0.0, 0.0, 0.0, 0.0)
            for index in TestData.labels(WinogradAccuracyTests.sampleCount, classes: values.count)
                .map(Int.init)
            {
                let expected = scale(truth(index))
                let error = scale(Double(values.pointer[index])) - expected
                errors += error * error
                squares += expected * expected
                difference += error
                sum += abs(expected)
            }
            (rms, bias) = (100 * (errors / squares).squareRoot(), 100 * difference / sum)
        }
    }

    /// Prints a row of the table in Products.md and checks its claims.
    @Test(arguments: layers)
    func `variances in bfloat16 move deviations by a few tenths of a percent`(layer: Layer) throws {
        let problem = try Problem(layer)
        let convolution = problem.convolution
        let workspace = WinogradConvolution.Workspace(convolution)
        let (images, gradient) = (problem.images.view, problem.gradient.view)

        let output = FloatView.unwritten(gradient.count)
        convolution.forward(
            images, squared: true,
            weights: problem.packed(problem.variance, turned: false, format: .bfloat16),
            into: output, workspace: workspace)
        let clamped = output.values.count { $0 < 0 }
        let deviation = Errors(output, truth: { problem.output($0, squared: true) }) {
            (max($0, 0) + 1e-3).squareRoot()
        }

        let inputGradient = FloatView.unwritten(images.count)
        convolution.inputGradient(
            gradient, weights: problem.packed(problem.variance, turned: true, format: .bfloat16),
            into: inputGradient, workspace: workspace)
        let inputs = Errors(
            inputGradient, truth: { problem.inputGradient($0, squared: true) }, scale: { $0 })

        let weightGradient = FloatView.unwritten(problem.mean.count)
        convolution.weightGradient(
            images, squared: true, gradient: gradient, into: weightGradient, format: .bfloat16,
            workspace: workspace)
        let weights = Errors(
            weightGradient, truth: { problem.weightGradient($0, squared: true) }, scale: { $0 })

        let sparse = try sparseDeviation(layer)
        let numbers = [
            deviation.rms, deviation.bias, sparse.rms, sparse.bias, inputs.rms, weights.rms,
        ]
        .map { String(format: "%.3f", $0) }.joined(separator: " | ")
        print("| \(layer.testDescription) | \(numbers) | \(clamped) |")
        #expect(clamped == 0)
        #expect(deviation.rms < 0.25 && abs(deviation.bias) < 0.03)
        #expect(sparse.rms < 0.4 && abs(sparse.bias) < 0.03)
        #expect(inputs.rms < 2.5 && weights.rms < 2)
    }

    /// Returns the errors of deviations in bfloat16 when four fifths of the inputs are zero.
    private func sparseDeviation(_ layer: Layer) throws -> Errors {
        // A normal number exceeds 0.8416 with a probability of one fifth.
        let problem = try Problem(layer, shift: 0.8416)
        let zeros = problem.images.count { $0 == 0 }
        #expect(abs(Double(zeros) / Double(problem.images.count) - 0.8) < 0.01)
        let output = FloatView.unwritten(problem.gradient.count)
        problem.convolution.forward(
            problem.images.view, squared: true,
            weights: problem.packed(problem.variance, turned: false, format: .bfloat16),
            into: output, workspace: WinogradConvolution.Workspace(problem.convolution))
        #expect(output.values.allSatisfy { $0 >= 0 })
        return Errors(output, truth: { problem.output($0, squared: true) }) {
            (max($0, 0) + 1e-3).squareRoot()
        }
    }
}
