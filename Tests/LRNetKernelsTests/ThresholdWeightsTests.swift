import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct ThresholdWeightsTests {
    @Test(arguments: TestData.counts + [9_973])
    func `ternarized weights and their scale equal the naive formula`(count: Int) {
        let latent = TestData.normal(count)
        let ternary = FloatView.unwritten(count)
        let scale = ThresholdWeights.ternarize(latent.view, into: ternary)
        let expected = Reference.ternarize(latent.doubles)
        #expect(ternary.values.doubles == expected.ternary)
        #expect(abs(Double(scale) - expected.scale) <= 1e-7 * expected.scale)
    }

    @Test func `zero latents stay zero and equal magnitudes are all kept`() {
        let ternary = FloatView.unwritten(20)
        #expect(ThresholdWeights.ternarize(FloatBuffer(count: 20).all, into: ternary) == 0)
        #expect(ternary.values == [Float](repeating: 0, count: 20))
        let equal = (0..<20).map { Float($0 % 2 == 0 ? 0.25 : -0.25) }
        #expect(ThresholdWeights.ternarize(equal.view, into: ternary) == 0.25)
        #expect(ternary.values == equal.map { $0 * 4 })
    }
}
