import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct DropoutTests {
    static let key = NoiseKey(seed: 77, purpose: .dropout, step: 4, layer: 6, index: 1001)

    /// The mask compares all 32 bits of each random word with the threshold of the rate.
    @Test(arguments: TestData.counts, [0, 0.1, 0.25, 0.5, 0.501_953_1, 0.9, 0.999])
    func `dropout equals the reference at every length and rate`(count: Int, rate: Double) {
        let input = TestData.uniform(count, in: 1...2)
        let output = FloatView.unwritten(count)
        let exactRate = Float(rate)
        Dropout.apply(input.view, rate: exactRate, key: Self.key, into: output)
        let expected = Reference.dropout(
            input.doubles, rate: Double(exactRate), key: Self.key)
        #expect(distance(output.values, expected, .fewRoundings) <= 1)
    }

    @Test func `the backward pass clears the same units as the forward pass, in place`() {
        let gradient = TestData.uniform(200, in: 1...2).view
        let output = FloatView.unwritten(200)
        let ones = FloatView.unwritten(200)
        ones.fill(1)
        Dropout.apply(ones, rate: 0.5, key: Self.key, into: output)
        Dropout.apply(gradient, rate: 0.5, key: Self.key, into: gradient)
        #expect(zip(gradient.values, output.values).allSatisfy { ($0 == 0) == ($1 == 0) })
        #expect(output.values.contains(0) && output.values.contains(2))
    }

    /// 1.6 million units; a z-score beyond 4 occurs once in 16,000 runs.
    @Test(arguments: [Float(0.1), 0.5, 0.8])
    func `the share of kept units is one minus the rate`(rate: Float) {
        let count = 1 << 14
        let ones = FloatView.unwritten(count)
        ones.fill(1)
        let output = FloatView.unwritten(count)
        var kept = 0
        for sample in 0..<100 {
            Dropout.apply(
                ones, rate: rate, key: Self.key.with(index: UInt32(sample)), into: output)
            kept += output.values.count { $0 != 0 }
        }
        let n = Double(count * 100)
        let expected = n * (1 - Double(rate))
        let z = (Double(kept) - expected) / (expected * Double(rate)).squareRoot()
        #expect(abs(z) < 4, "kept \(kept) of \(n) at rate \(rate)")
    }
}
