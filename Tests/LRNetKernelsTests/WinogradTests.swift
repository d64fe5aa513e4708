import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct WinogradTests {
    /// Height, width, inputs, outputs, window, images. Includes sizes that are not multiples of
    /// tiles, blocks or lanes, channels of the networks' layers, and more tiles than one block of
    /// weight gradients.
    static let cases = [
        [7, 9, 17, 33, 3, 3], [14, 14, 32, 64, 5, 2], [5, 6, 3, 2, 5, 1], [1, 1, 16, 16, 3, 2],
        [8, 8, 64, 32, 3, 7], [13, 4, 20, 48, 5, 3], [4, 4, 1, 1, 3, 1], [12, 12, 128, 64, 3, 1],
        [14, 13, 16, 33, 3, 21], [11, 9, 12, 40, 4, 3], [13, 7, 20, 33, 2, 2],
        [6, 5, 64, 16, 2, 9], [10, 8, 12, 40, 4, 3], [12, 11, 20, 33, 2, 3], [7, 9, 64, 32, 2, 9],
    ]

    private struct Problem {
        let geometry: PatchGeometry
        let images, inputs, outputs: Int
        let input, weights, gradient: [Float]
        let convolution: WinogradConvolution
        let filter: WinogradFilter

        init(_ size: [Int], padding: Padding? = nil) throws {
            let shape = ImageShape(height: size[0], width: size[1], channels: size[2])
            let window = size[4]
            geometry = PatchGeometry(
                input: shape, window: window,
                padding: padding
                    ?? .same(height: shape.height, width: shape.width, window: window, stride: 1))
            (images, inputs, outputs) = (size[5], size[2], size[3])
            input = TestData.normal(images * shape.count, stream: 1)
            weights = TestData.normal(window * window * inputs * outputs, stream: 2)
            gradient = TestData.normal(images * geometry.outputPixelCount * outputs, stream: 3)
            convolution = WinogradConvolution(geometry: geometry, outputs: outputs)
            filter = try #require(WinogradFilter(window: window))
        }

        /// Memory that does not start with zeros, like memory that other layers used before.
        var workspace: WinogradConvolution.Workspace {
            WinogradConvolution.Workspace(
                convolution, in: .unwritten(convolution.workspaceCount))
        }

        func packed(turned: Bool = false) -> WinogradWeights {
            // Values that another layer left in the memory must not matter.
            let memory = FloatView.unwritten(
                WinogradWeights.count(filter: filter, inputs: inputs, outputs: outputs))
            let packed = WinogradWeights(
                filter: filter, inputs: inputs, outputs: outputs, in: memory)
            let pool = ThreadPool.testing(2)
            if turned {
                packed.packTurned(weights.view, pool: pool)
            } else {
                packed.pack(weights.view, pool: pool)
            }
            return packed
        }
    }

    /// Returns the largest error divided by the root mean square of the true values.
    private func error(_ values: [Float], _ truth: [Double]) -> Double {
        // `max` skips NaN, which is what memory contains that a kernel left unwritten.
        guard values.count == truth.count, values.allSatisfy(\.isFinite) else { return .infinity }
        let square = truth.map { $0 * $0 }.reduce(0, +) / Double(truth.count)
        let largest = zip(values, truth).map { abs(Double($0) - $1) }.max() ?? 0
        return largest / square.squareRoot()
    }

    /// The bound that ``WinogradConvolution`` documents.
    static let tolerance = WinogradAccuracyTests.tolerance

    @Test(arguments: cases)
    func `outputs equal the naive convolution, plain and squared`(size: [Int]) throws {
        let problem = try Problem(size)
        let workspace = problem.workspace
        for squared in [false, true] {
            let output = FloatView.unwritten(problem.gradient.count)
            problem.convolution.forward(
                problem.input.view, squared: squared, weights: problem.packed(), into: output,
                workspace: workspace)
            let truth = Reference.convolution(
                problem.input.doubles.map { squared ? $0 * $0 : $0 },
                weights: problem.weights.doubles, geometry: problem.geometry,
                images: problem.images, outputs: problem.outputs)
            #expect(error(output.values, truth) < Self.tolerance)
        }
    }

    @Test(arguments: cases)
    func `input gradients equal those of the naive convolution`(size: [Int]) throws {
        let problem = try Problem(size)
        let result = FloatView.unwritten(problem.input.count)
        let workspace = problem.workspace
        problem.convolution.inputGradient(
            problem.gradient.view, weights: problem.packed(turned: true), into: result,
            workspace: workspace)
        let truth = Reference.convolutionInputGradient(
            problem.gradient.doubles, weights: problem.weights.doubles,
            geometry: problem.geometry, images: problem.images, outputs: problem.outputs)
        #expect(error(result.values, truth) < Self.tolerance)

        // The share of squares is added: the result plus 2 x times the same.
        problem.convolution.inputGradient(
            problem.gradient.view, weights: problem.packed(turned: true), into: result,
            squareOf: problem.input.view, workspace: workspace)
        let sum = zip(truth, problem.input).map { $0 + 2 * Double($1) * $0 }
        #expect(error(result.values, sum) < Self.tolerance)
    }

    @Test(arguments: cases)
    func `weight gradients equal those of the naive convolution`(size: [Int]) throws {
        let problem = try Problem(size)
        let result = FloatView.unwritten(problem.weights.count)
        problem.convolution.weightGradient(
            problem.input.view, squared: false, gradient: problem.gradient.view, into: result,
            workspace: problem.workspace)
        let truth = Reference.convolutionWeightGradient(
            problem.gradient.doubles, input: problem.input.doubles, geometry: problem.geometry,
            images: problem.images, outputs: problem.outputs)
        #expect(error(result.values, truth) < Self.tolerance)
    }

    @Test func `outputs with uneven padding equal the naive convolution`() throws {
        let padding = Padding(top: 0, left: 1, bottom: 2, right: 0)
        let problem = try Problem([6, 7, 5, 18, 3, 2], padding: padding)
        let workspace = problem.workspace
        let output = FloatView.unwritten(problem.gradient.count)
        problem.convolution.forward(
            problem.input.view, squared: false, weights: problem.packed(), into: output,
            workspace: workspace)
        let truth = Reference.convolution(
            problem.input.doubles, weights: problem.weights.doubles, geometry: problem.geometry,
            images: problem.images, outputs: problem.outputs)
        #expect(error(output.values, truth) < Self.tolerance)
    }

    @Test func `an image's outputs do not depend on the other images`() throws {
        let problem = try Problem([14, 14, 32, 64, 5, 5])
        let workspace = problem.workspace
        let packed = problem.packed()
        let whole = FloatView.unwritten(problem.gradient.count)
        problem.convolution.forward(
            problem.input.view, squared: false, weights: packed, into: whole, workspace: workspace)
        let (image, pixels) = (problem.geometry.input.count, 14 * 14 * 64)
        let single = FloatView.unwritten(pixels)
        for index in 0..<5 {
            problem.convolution.forward(
                problem.input.view[index * image..<(index + 1) * image], squared: false,
                weights: packed, into: single, workspace: workspace)
            let same = single.values == whole[index * pixels..<(index + 1) * pixels].values
            #expect(same || !MatrixProduct.usesOwnKernels, "image \(index)")
        }
    }
}
