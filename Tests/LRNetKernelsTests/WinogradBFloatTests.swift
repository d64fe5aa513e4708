import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

/// Winograd convolutions whose products are in bfloat16, as training computes variances with them.
@Suite struct WinogradBFloatTests {
    /// The root mean square error of a tensor, in units of its root mean square. Both factors of a
    /// product are rounded with relative errors of up to 1/256, and the transforms of windows of 5
    /// amplify them.
    static let tolerance = 0.03

    /// Runs a convolution and its gradients.
    private struct Problem {
        let geometry: PatchGeometry
        let images, inputs, outputs: Int
        let input, weights, gradient: [Float]
        let convolution: WinogradConvolution
        let filter: WinogradFilter

        init(_ size: [Int]) throws {
            let shape = ImageShape(height: size[0], width: size[1], channels: size[2])
            geometry = PatchGeometry(
                input: shape, window: size[4],
                padding: .same(
                    height: shape.height, width: shape.width, window: size[4], stride: 1))
            (images, inputs, outputs) = (size[5], size[2], size[3])
            input = TestData.normal(images * shape.count, stream: 1)
            weights = TestData.normal(size[4] * size[4] * inputs * outputs, stream: 2)
                .map { $0 * $0 }
            gradient = TestData.normal(images * geometry.outputPixelCount * outputs, stream: 3)
            convolution = WinogradConvolution(
                geometry: geometry, outputs: outputs, formats: [.bfloat16])
            filter = try #require(WinogradFilter(window: size[4]))
        }

        var workspace: WinogradConvolution.Workspace {
            .init(convolution, in: .unwritten(convolution.workspaceCount))
        }

        func packed(isTurned: Bool, threads: Int = 2) -> WinogradWeights {
            let packed = WinogradWeights(
                filter: filter, inputs: inputs, outputs: outputs, format: .bfloat16,
                in: .unwritten(
                    WinogradWeights.count(
                        filter: filter, inputs: inputs, outputs: outputs, format: .bfloat16)))
            let pool = ThreadPool.testing(threads)
            if isTurned {
                packed.packTurned(weights.view, pool: pool)
            } else {
                packed.pack(weights.view, pool: pool)
            }
            return packed
        }
    }

    private func error(_ values: [Float], _ truth: [Double]) -> Double {
        guard values.count == truth.count, values.allSatisfy(\.isFinite) else { return .infinity }
        let square = truth.map { $0 * $0 }.reduce(0, +)
        let errors = zip(values, truth).map { (Double($0) - $1) * (Double($0) - $1) }
        return (errors.reduce(0, +) / square).squareRoot()
    }

    @Test(arguments: WinogradTests.cases)
    func `outputs and gradients are near those of the naive convolution`(size: [Int]) throws {
        let problem = try Problem(size)
        let workspace = problem.workspace
        let squares = problem.input.doubles.map { $0 * $0 }
        let output = FloatView.unwritten(problem.gradient.count)
        problem.convolution.forward(
            problem.input.view, squared: true, weights: problem.packed(isTurned: false),
            into: output, workspace: workspace)
        let variances = Reference.convolution(
            squares, weights: problem.weights.doubles, geometry: problem.geometry,
            images: problem.images, outputs: problem.outputs)
        #expect(error(output.values, variances) < Self.tolerance)

        let inputGradient = problem.input.view
        problem.convolution.inputGradient(
            problem.gradient.view, weights: problem.packed(isTurned: true), into: inputGradient,
            squareOf: problem.input.view, workspace: workspace)
        let slopes = Reference.convolutionInputGradient(
            problem.gradient.doubles, weights: problem.weights.doubles,
            geometry: problem.geometry, images: problem.images, outputs: problem.outputs)
        let shares = zip(slopes, problem.input).map { 2 * Double($1) * $0 }
        let added = zip(inputGradient.values, problem.input).map { $0 - $1 }
        #expect(error(added, shares) < Self.tolerance)

        let weightGradient = FloatView.unwritten(problem.weights.count)
        problem.convolution.weightGradient(
            problem.input.view, squared: true, gradient: problem.gradient.view,
            into: weightGradient, format: .bfloat16, workspace: workspace)
        let truth = Reference.convolutionWeightGradient(
            problem.gradient.doubles, input: squares, geometry: problem.geometry,
            images: problem.images, outputs: problem.outputs)
        #expect(error(weightGradient.values, truth) < Self.tolerance)

        // Panel by panel, the bits are the same.
        let parts = FloatView.unwritten(problem.weights.count)
        for panel in 0..<(problem.outputs + 31) / 32 {
            problem.convolution.weightGradient(
                problem.input.view, squared: true, gradient: problem.gradient.view, into: parts,
                panels: panel..<panel + 1, format: .bfloat16, workspace: workspace)
        }
        #expect(parts.values == weightGradient.values)
    }

    @Test func `an image's outputs do not depend on the other images`() throws {
        let problem = try Problem([14, 14, 40, 70, 5, 5])
        let workspace = problem.workspace
        let packed = problem.packed(isTurned: false)
        let whole = FloatView.unwritten(problem.gradient.count)
        problem.convolution.forward(
            problem.input.view, squared: true, weights: packed, into: whole, workspace: workspace)
        let (image, pixels) = (problem.geometry.input.count, 14 * 14 * 70)
        let single = FloatView.unwritten(pixels)
        for index in 0..<5 {
            problem.convolution.forward(
                problem.input.view[index * image..<(index + 1) * image], squared: true,
                weights: packed, into: single, workspace: workspace)
            #expect(
                single.values == whole[index * pixels..<(index + 1) * pixels].values,
                "image \(index)")
        }
    }
}
