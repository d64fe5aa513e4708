import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct MaxPoolingTests {
    static let geometries: [PatchGeometry] = [
        PatchGeometry(input: ImageShape(height: 6, width: 4, channels: 3), window: 2, stride: 2),
        PatchGeometry(input: ImageShape(height: 7, width: 5, channels: 1), window: 2, stride: 2),
        PatchGeometry(input: ImageShape(height: 8, width: 9, channels: 16), window: 3, stride: 2),
        PatchGeometry(
            input: ImageShape(height: 5, width: 6, channels: 37), window: 3, stride: 1,
            padding: Padding(top: 1, left: 0, bottom: 1, right: 2)),
        PatchGeometry(
            input: ImageShape(height: 9, width: 7, channels: 2), window: 3, stride: 2,
            padding: Padding(top: 1, left: 1, bottom: 1, right: 1)),
        PatchGeometry(input: ImageShape(height: 15, width: 16, channels: 1), window: 15),
    ]

    /// Small negative integers: some windows have equal values, and padding that counted as 0 would
    /// win.
    private static func image(_ geometry: PatchGeometry, stream: UInt32) -> [Float] {
        TestData.uniform(geometry.input.count, in: -5...(-1), stream: stream)
            .map { $0.rounded() }
    }

    @Test(arguments: geometries.indices)
    func `pooling and its gradient equal the naive reference`(index: Int) {
        let geometry = Self.geometries[index]
        let outputs = geometry.outputPixelCount * geometry.input.channels
        let winners = MaxPooling.Winners(count: 2 * outputs + 5)
        for (sample, first) in [(UInt32(0), 5), (1, 5 + outputs)] {
            let image = Self.image(geometry, stream: sample)
            let output = FloatView.unwritten(outputs)
            MaxPooling.forward(
                image.view, geometry: geometry, output: output, winners: winners,
                firstWinner: first)
            let expected = Reference.maxPool(image.doubles, geometry: geometry)
            #expect(output.values.doubles == expected.values)
        }
        // The winners of both images are stored side by side.
        for (sample, first) in [(UInt32(0), 5), (1, 5 + outputs)] {
            let image = Self.image(geometry, stream: sample)
            let gradient = TestData.normal(outputs, stream: 7)
            let inputGradient = FloatView.unwritten(geometry.input.count)
            MaxPooling.backward(
                gradient.view, geometry: geometry, inputGradient: inputGradient,
                winners: winners, firstWinner: first)
            let expected = Reference.maxPoolGradient(
                gradient.doubles,
                origins: Reference.maxPool(image.doubles, geometry: geometry).origins,
                count: geometry.input.count)
            // Up to nine additions of numbers around 1.
            #expect(distance(inputGradient.values, expected, Tolerance(absolute: 4e-6)) <= 1)
        }
    }

    @Test func `windows of more than 255 values trap`() async {
        await #expect(processExitsWith: .failure) {
            let geometry = PatchGeometry(
                input: ImageShape(height: 16, width: 16, channels: 1), window: 16)
            MaxPooling.forward(
                FloatBuffer(count: 256).all, geometry: geometry, output: FloatBuffer(count: 1).all,
                winners: MaxPooling.Winners(count: 1), firstWinner: 0)
        }
    }
}
