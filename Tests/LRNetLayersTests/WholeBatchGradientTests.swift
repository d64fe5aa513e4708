import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

/// The gradient of a wide layer, which is computed as products over the whole batch.
@Suite struct WholeBatchGradientTests {
    /// With more than 512 samples, the gradient is the sum of several products.
    @Test(arguments: [40, 600])
    func `the gradient is the product of inputs and output gradients`(samples: Int) throws {
        let width = 1_300
        let shape = ImageShape(height: 1, width: 1, channels: width)
        let layer = WeightedLayer(
            name: "fc1", index: 0, inputShape: shape, geometry: .whole(shape), outputs: width,
            model: FullPrecisionModel())
        let harness = LayerHarness(layer, samples: samples, leafSize: samples / 4, threads: 2)
        #expect(layer.leafGradientCount == 0, "the gradient is a sum over leaves")
        let input = TestData.normal(samples * width, stream: 1)
        let outputGradient = TestData.normal(samples * width, stream: 2)
        layer.prepare(harness.pass())
        _ = try harness.forward(input)
        _ = try harness.backward(outputGradient)
        let gradient = layer.latents[0].gradient.values
        for index in TestData.labels(500, classes: width * width).map(Int.init) {
            let (k, o) = (index / width, index % width)
            let expected = (0..<samples).reduce(0.0) {
                $0 + Double(input[$1 * width + k]) * Double(outputGradient[$1 * width + o])
            }
            #expect(abs(Double(gradient[index]) - expected) < 1e-4, "weight \(k), \(o)")
        }
    }
}
