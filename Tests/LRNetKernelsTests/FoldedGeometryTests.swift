import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

/// Compares convolutions of stride 2 with their equivalents on folded images. The naive reference
/// computes both in Double, so that the tests check only the folding.
@Suite struct FoldedGeometryTests {
    struct Case: CustomTestStringConvertible {
        let size: [Int], window: Int, padding: Padding
        var testDescription: String { "\(size), window \(window), \(padding)" }
    }

    static let cases = [
        Case(
            size: [8, 6, 3], window: 3, padding: .same(height: 8, width: 6, window: 3, stride: 2)),
        Case(size: [8, 6, 2], window: 3, padding: Padding(top: 1, left: 1, bottom: 1, right: 1)),
        Case(size: [7, 9, 2], window: 3, padding: Padding(top: 1, left: 1, bottom: 1, right: 1)),
        Case(
            size: [9, 7, 1], window: 5, padding: .same(height: 9, width: 7, window: 5, stride: 2)),
        Case(size: [12, 10, 3], window: 7, padding: Padding(top: 3, left: 3, bottom: 3, right: 3)),
        Case(size: [12, 9, 3], window: 7, padding: Padding(top: 2, left: 3, bottom: 3, right: 3)),
        Case(
            size: [24, 22, 2], window: 3,
            padding: .same(height: 24, width: 22, window: 3, stride: 2)),
        Case(size: [26, 20, 1], window: 7, padding: Padding(top: 2, left: 2, bottom: 3, right: 3)),
        Case(size: [26, 22, 2], window: 3, padding: Padding(top: 1, left: 1, bottom: 1, right: 1)),
    ]

    /// The convolution and its gradients, computed by the naive reference in Double.
    private struct Truth {
        let output, inputGradient, weightGradient: [Double]

        init(
            _ geometry: PatchGeometry, _ input: [Double], _ weights: [Double],
            _ gradient: [Double], images: Int, outputs: Int
        ) {
            output = Reference.convolution(
                input, weights: weights, geometry: geometry, images: images, outputs: outputs)
            inputGradient = Reference.convolutionInputGradient(
                gradient, weights: weights, geometry: geometry, images: images, outputs: outputs)
            weightGradient = Reference.convolutionWeightGradient(
                gradient, input: input, geometry: geometry, images: images, outputs: outputs)
        }
    }

    @Test(arguments: cases)
    func `a folded convolution has the outputs and gradients of the original`(item: Case) throws {
        let shape = ImageShape(
            height: item.size[0], width: item.size[1], channels: item.size[2])
        let original = PatchGeometry(
            input: shape, window: item.window, stride: 2, padding: item.padding)
        let folding = try #require(FoldedGeometry(original))
        let (folded, images, outputs) = (folding.folded, 2, 3)
        #expect(folded.stride == 1 && folded.window == (item.window + 1) / 2)
        try #require(
            folded.outputHeight == original.outputHeight
                && folded.outputWidth == original.outputWidth)
        let input = TestData.normal(images * shape.count, stream: 1)
        let weights = TestData.normal(original.patchCount * outputs, stream: 2)
        let gradient = TestData.normal(
            images * original.outputPixelCount * outputs, stream: 3
        ).doubles
        let truth = Truth(
            original, input.doubles, weights.doubles, gradient, images: images, outputs: outputs)

        let foldedInput = FloatView.unwritten(images * folded.input.count)
        let foldedWeights = FloatView.unwritten(folded.patchCount * outputs)
        folding.fold(input.view, into: foldedInput)
        folding.foldWeights(weights.view, into: foldedWeights)
        let foldedTruth = Truth(
            folded, foldedInput.values.doubles, foldedWeights.values.doubles, gradient,
            images: images, outputs: outputs)
        #expect(distance(foldedTruth.output, truth.output) < 1e-12)

        let inputGradient = FloatView.unwritten(images * shape.count)
        folding.unfold(foldedTruth.inputGradient.map { Float($0) }.view, into: inputGradient)
        #expect(distance(inputGradient.values.doubles, truth.inputGradient) < 1e-5)

        let weightGradient = FloatView.unwritten(original.patchCount * outputs)
        folding.unfoldWeights(
            foldedTruth.weightGradient.map { Float($0) }.view, into: weightGradient)
        #expect(distance(weightGradient.values.doubles, truth.weightGradient) < 1e-5)
    }

    /// The algorithm skips blocks of zero weights; the memory in their place can contain anything.
    @Test(arguments: cases, [32, 3])
    func `Winograd's algorithm on a folded geometry equals the original convolution`(
        item: Case, channels: Int
    ) throws {
        let original = PatchGeometry(
            input: ImageShape(height: item.size[0], width: item.size[1], channels: channels),
            window: item.window, stride: 2, padding: item.padding)
        let folding = try #require(FoldedGeometry(original))
        let filter = try #require(WinogradFilter(window: folding.folded.window))
        let (images, outputs) = (3, 40)
        let input = TestData.normal(images * original.input.count, stream: 1)
        let weights = TestData.normal(original.patchCount * outputs, stream: 2)
        let gradient = TestData.normal(images * original.outputPixelCount * outputs, stream: 3)
        let truth = Truth(
            original, input.doubles, weights.doubles, gradient.doubles, images: images,
            outputs: outputs)
        let folded = FloatView.unwritten(images * folding.folded.input.count)
        folding.fold(input.view, into: folded)
        let window = FloatView.unwritten(folding.folded.patchCount * outputs)
        folding.foldWeights(weights.view, into: window)

        let convolution = WinogradConvolution(folding: folding, outputs: outputs)
        let workspace = WinogradConvolution.Workspace(
            convolution, in: .unwritten(convolution.workspaceCount))
        let inputs = folding.folded.input.channels
        let packed = WinogradWeights(
            filter: filter, inputs: inputs, outputs: outputs,
            in: .unwritten(
                WinogradWeights.count(filter: filter, inputs: inputs, outputs: outputs)))
        let pool = ThreadPool()

        packed.pack(window, pool: pool)
        let output = FloatView.unwritten(gradient.count)
        convolution.forward(
            folded, squared: false, weights: packed, into: output, workspace: workspace)
        #expect(distance(output.values.doubles, truth.output) < 1e-5)

        packed.packTurned(window, pool: pool)
        convolution.inputGradient(
            gradient.view, weights: packed, into: folded, workspace: workspace)
        let inputGradient = FloatView.unwritten(input.count)
        folding.unfold(folded, into: inputGradient)
        #expect(distance(inputGradient.values.doubles, truth.inputGradient) < 1e-5)

        folding.fold(input.view, into: folded)
        convolution.weightGradient(
            folded, squared: false, gradient: gradient.view, into: window, workspace: workspace)
        let weightGradient = FloatView.unwritten(weights.count)
        folding.unfoldWeights(window, into: weightGradient)
        #expect(distance(weightGradient.values.doubles, truth.weightGradient) < 1e-5)
    }

    @Test func `only odd windows of stride 2 are folded`() {
        let shape = ImageShape(height: 8, width: 8, channels: 2)
        #expect(FoldedGeometry(PatchGeometry(input: shape, window: 3)) == nil)
        #expect(FoldedGeometry(PatchGeometry(input: shape, window: 2, stride: 2)) == nil)
        // No window covers the last row and column.
        #expect(FoldedGeometry(PatchGeometry(input: shape, window: 3, stride: 2)) != nil)
        #expect(FoldedGeometry(PatchGeometry(input: shape, window: 1, stride: 2)) != nil)
    }

    /// The largest difference divided by the largest true value.
    private func distance(_ values: [Double], _ truth: [Double]) -> Double {
        // `max` skips NaN, which is what memory contains that a kernel left unwritten.
        guard values.count == truth.count, values.allSatisfy(\.isFinite) else { return .infinity }
        let largest = truth.map(abs).max() ?? 1
        return (zip(values, truth).map { abs($0 - $1) }.max() ?? 0) / largest
    }
}
