import LRNetKernels
import LRNetTestSupport
import Testing

/// Compares the kernel of shortcuts without weights with its definition.
@Suite struct SubsamplingTests {
    @Test(arguments: [
        (7, 6, 3, 2, 5), (6, 7, 4, 2, 4), (5, 5, 1, 3, 2), (4, 3, 17, 1, 33), (1, 1, 2, 2, 3),
    ])
    func `subsampling keeps one pixel per stride and pads channels with zeros`(
        height: Int, width: Int, channels: Int, stride: Int, outputs: Int
    ) {
        let input = ImageShape(height: height, width: width, channels: channels)
        let sampling = Subsampling(input: input, stride: stride, channels: outputs)
        let output = sampling.output
        // A 1x1 convolution of this stride, padded or not, has the same number of pixels.
        let geometry = PatchGeometry(input: input, window: 1, stride: stride)
        #expect(output.height == geometry.outputHeight && output.width == geometry.outputWidth)
        #expect(output.channels == outputs)
        let image = TestData.normal(input.count).view
        let result = TestData.normal(output.count, stream: 1).view
        sampling.forward(image, into: result)
        let gradient = TestData.normal(output.count, stream: 2).view
        let imageGradient = TestData.normal(input.count, stream: 3).view
        sampling.backward(gradient, into: imageGradient)
        var expected = [Float](repeating: 0, count: output.count)
        var expectedGradient = [Float](repeating: 0, count: input.count)
        for row in Swift.stride(from: 0, to: height, by: stride) {
            for column in Swift.stride(from: 0, to: width, by: stride) {
                for channel in 0..<channels {
                    let from = (row * width + column) * channels + channel
                    let to =
                        (row / stride * output.width + column / stride) * outputs + channel
                    expected[to] = image[from]
                    expectedGradient[from] = gradient[to]
                }
            }
        }
        #expect(result.values == expected)
        #expect(imageGradient.values == expectedGradient)
    }
}
