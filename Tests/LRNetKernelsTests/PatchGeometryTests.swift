import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct PatchGeometryTests {
    /// Distinct sizes, odd channels, strides, uneven padding, windows larger than the image.
    static let geometries: [PatchGeometry] = {
        func shape(_ h: Int, _ w: Int, _ c: Int) -> ImageShape {
            ImageShape(height: h, width: w, channels: c)
        }
        return [
            PatchGeometry(input: shape(7, 6, 3), window: 3),
            PatchGeometry(
                input: shape(7, 6, 3), window: 3,
                padding: .same(height: 7, width: 6, window: 3, stride: 1)),
            PatchGeometry(
                input: shape(5, 8, 5), window: 5,
                padding: .same(height: 5, width: 8, window: 5, stride: 1)),
            PatchGeometry(
                input: shape(9, 7, 2), window: 3, stride: 2,
                padding: .same(height: 9, width: 7, window: 3, stride: 2)),
            PatchGeometry(
                input: shape(8, 11, 17), window: 2, stride: 3,
                padding: Padding(top: 1, left: 0, bottom: 2, right: 1)),
            PatchGeometry(
                input: shape(2, 3, 1), window: 5,
                padding: Padding(top: 2, left: 3, bottom: 2, right: 1)),
            PatchGeometry(input: shape(4, 3, 7), window: 1),
            PatchGeometry(input: shape(6, 5, 4), window: 2, stride: 2),
            // Windows that are entirely outside the image.
            PatchGeometry(
                input: shape(3, 2, 3), window: 2,
                padding: Padding(top: 3, left: 2, bottom: 4, right: 3)),
        ]
    }()

    /// TensorFlow's documented formulas, with its distinction of two cases.
    @Test func `SAME padding follows TensorFlow's formulas`() {
        for window in 1...7 {
            for stride in 1...4 {
                for size in 1...19 {
                    let output = (size + stride - 1) / stride
                    let total =
                        size % stride == 0
                        ? max(window - stride, 0) : max(window - size % stride, 0)
                    let padding = Padding.same(
                        height: size, width: size + 1, window: window, stride: stride)
                    #expect(padding.top == total / 2)
                    #expect(padding.bottom == total - total / 2)
                    let across = Padding.same(
                        height: size + 1, width: size, window: window, stride: stride)
                    #expect(across.left == total / 2)
                    #expect(across.right == total - total / 2)
                    let geometry = PatchGeometry(
                        input: ImageShape(height: size, width: size, channels: 1), window: window,
                        stride: stride,
                        padding: .same(height: size, width: size, window: window, stride: stride))
                    #expect(geometry.outputHeight == output)
                    #expect(geometry.outputWidth == output)
                }
            }
        }
        // An odd row is added at the bottom, an odd column at the right.
        let even = Padding.same(height: 28, width: 28, window: 2, stride: 1)
        #expect(even == Padding(top: 0, left: 0, bottom: 1, right: 1))
    }

    @Test(arguments: geometries.indices)
    func `gathering copies every window in order, with zeros outside the image`(index: Int) {
        let geometry = Self.geometries[index]
        let (shape, window) = (geometry.input, geometry.window)
        let image = TestData.normal(shape.count)
        let rows = FloatView.unwritten(geometry.outputPixelCount * geometry.patchCount)
        geometry.gather(image.view, into: rows)
        var expected: [Float] = []
        for y in 0..<geometry.outputHeight {
            for x in 0..<geometry.outputWidth {
                for i in 0..<window {
                    for j in 0..<window {
                        let row = y * geometry.stride + i - geometry.padding.top
                        let column = x * geometry.stride + j - geometry.padding.left
                        let isInside =
                            row >= 0 && row < shape.height && column >= 0 && column < shape.width
                        for c in 0..<shape.channels {
                            expected.append(
                                isInside
                                    ? image[(row * shape.width + column) * shape.channels + c] : 0)
                        }
                    }
                }
            }
        }
        #expect(rows.values == expected)
    }

    /// <gather(x), y> = <x, scatter(y)>, and the previous values of the image remain.
    @Test(arguments: geometries.indices)
    func `scattering is the transpose of gathering and adds to the image`(index: Int) {
        let geometry = Self.geometries[index]
        let image = TestData.normal(geometry.input.count, stream: 1)
        let patches = TestData.normal(
            geometry.outputPixelCount * geometry.patchCount, stream: 2)
        let gathered = FloatView.unwritten(patches.count)
        geometry.gather(image.view, into: gathered)
        let scattered = FloatBuffer(count: image.count)
        geometry.scatterAdd(patches.view, into: scattered.all)
        let left = zip(gathered.values.doubles, patches.doubles).reduce(0) { $0 + $1.0 * $1.1 }
        let right = zip(image.doubles, scattered.all.values.doubles).reduce(0) {
            $0 + $1.0 * $1.1
        }
        // At most 25 additions per value.
        #expect(abs(left - right) <= 1e-5 * Double(patches.count).squareRoot())
        let old = TestData.normal(image.count, stream: 3)
        let target = old.view
        geometry.scatterAdd(patches.view, into: target)
        let expected = zip(old.doubles, scattered.all.values.doubles).map(+)
        #expect(distance(target.values, expected, Tolerance(absolute: 1e-5)) <= 1)
    }

    @Test(arguments: geometries.indices, [1, 3, 5])
    func `products with patches equal the naive convolution and its gradients`(
        index: Int, outputs: Int
    ) {
        let geometry = Self.geometries[index]
        let (pixels, fanIn) = (geometry.outputPixelCount, geometry.patchCount)
        let image = TestData.normal(geometry.input.count, stream: 1)
        let weights = TestData.normal(fanIn * outputs, stream: 2)
        let gradient = TestData.normal(pixels * outputs, stream: 3)
        let patches = FloatView.unwritten(pixels * fanIn)
        geometry.gather(image.view, into: patches)
        // Sums of at most 331 products of numbers around 1.
        let tolerance = Tolerance(absolute: 1e-4)

        let output = FloatView.unwritten(pixels * outputs)
        MatrixProduct.multiply(
            .plain(patches), weights.view, into: output, rows: pixels, columns: outputs,
            inner: fanIn)
        let forward = Reference.convolution(
            image.doubles, weights: weights.doubles, geometry: geometry, images: 1,
            outputs: outputs)
        #expect(distance(output.values, forward, tolerance) <= 1)

        let weightGradient = FloatView.unwritten(fanIn * outputs)
        MatrixProduct.multiply(
            .transposed(patches), gradient.view, into: weightGradient, rows: fanIn,
            columns: outputs, inner: pixels)
        let expectedWeights = Reference.convolutionWeightGradient(
            gradient.doubles, input: image.doubles, geometry: geometry, images: 1,
            outputs: outputs)
        #expect(distance(weightGradient.values, expectedWeights, tolerance) <= 1)

        let transpose = PackedMatrix(inner: outputs, columns: fanIn)
        transpose.packTransposed(weights.view, panels: 0..<transpose.panelCount)
        MatrixProduct.multiply(.plain(gradient.view), transpose, into: patches, rows: pixels)
        let inputGradient = FloatBuffer(count: image.count)
        geometry.scatterAdd(patches, into: inputGradient.all)
        let expectedInput = Reference.convolutionInputGradient(
            gradient.doubles, weights: weights.doubles, geometry: geometry, images: 1,
            outputs: outputs)
        #expect(distance(inputGradient.all.values, expectedInput, tolerance) <= 1)
    }

    @Test func `whole images and plain 1x1 windows are their own patches`() {
        let shape = ImageShape(height: 3, width: 4, channels: 5)
        let whole = PatchGeometry.whole(shape)
        #expect(whole.isIdentity && whole.patchCount == 60 && whole.outputPixelCount == 1)
        #expect(!PatchGeometry(input: shape, window: 1, stride: 2).isIdentity)
        #expect(!PatchGeometry(input: shape, window: 3).isIdentity)
        #expect(PatchGeometry(input: shape, window: 1).isIdentity)
        let padded = Padding(top: 0, left: 0, bottom: 1, right: 0)
        #expect(!PatchGeometry(input: shape, window: 1, padding: padded).isIdentity)
        #expect(shape.pixelCount == 12 && shape.description == "3x4x5")
    }

    @Test func `an unpadded window larger than the image traps`() async {
        await #expect(processExitsWith: .failure) {
            _ = PatchGeometry(input: ImageShape(height: 2, width: 9, channels: 1), window: 3)
        }
    }
}
