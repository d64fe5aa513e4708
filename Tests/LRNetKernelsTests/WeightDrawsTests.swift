import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct WeightDrawsTests {
    static let key = NoiseKey(seed: 99, purpose: .evaluationWeights, layer: 2, index: 3)

    private func ternary(
        _ a: [Float], _ b: [Float], _ selection: WeightDraws.Selection
    ) -> [Float] {
        let weights = FloatView.unwritten(a.count)
        WeightDraws.ternary(
            zeroLogit: a.view, signLogit: b.view, selection: selection, weights: weights)
        return weights.values
    }

    private func binary(_ b: [Float], _ selection: WeightDraws.Selection) -> [Float] {
        let weights = FloatView.unwritten(b.count)
        WeightDraws.binary(signLogit: b.view, selection: selection, weights: weights)
        return weights.values
    }

    /// u < p0 yields 0 and u < p0 + (1 - p0) q yields +1, with the documented word of each element.
    /// Elements whose number is within 1e-6 of a border can fall on either side.
    @Test(arguments: TestData.counts)
    func `draws compare the keyed number of each weight with its probabilities`(count: Int) {
        let a = TestData.uniform(count, in: -3...3, stream: 1)
        let b = TestData.uniform(count, in: -3...3, stream: 2)
        let drawn = ternary(a, b, .drawn(Self.key))
        let signs = binary(b, .drawn(Self.key))
        for i in 0..<count {
            let u: Double = Reference.uniform(Reference.word(Self.key, element: i))
            let p0 = Reference.logistic(Double(a[i]))
            let q = Reference.logistic(Double(b[i]))
            let border = p0 + (1 - p0) * q
            if min(abs(u - p0), abs(u - border)) > 1e-6 {
                #expect(drawn[i] == (u < p0 ? 0 : u < border ? 1 : -1), "element \(i)")
            }
            if abs(u - q) > 1e-6 { #expect(signs[i] == (u < q ? 1 : -1), "element \(i)") }
        }
        #expect(ternary(a, b, .drawn(Self.key)) == drawn)
        #expect(count < 16 || ternary(a, b, .drawn(Self.key.with(index: 4))) != drawn)
    }

    /// 2^20 draws of one distribution: each frequency within 4 standard errors.
    @Test(arguments: [-2.0, 0.1, 1.5], [-1.0, 0, 2])
    func `the frequency of each value is its probability`(a: Double, b: Double) {
        let count = 1 << 20
        let drawn = ternary(
            [Float](repeating: Float(a), count: count), [Float](repeating: Float(b), count: count),
            .drawn(Self.key))
        let expected = Reference.distribution(
            zeroLogit: Double(Float(a)), signLogit: Double(Float(b)))
        for (value, probability) in expected {
            let share = Double(drawn.count { Double($0) == value }) / Double(count)
            let error = (probability * (1 - probability) / Double(count)).squareRoot()
            #expect(abs(share - probability) < 4 * error, "\(value): \(share) for \(probability)")
        }
    }

    @Test func `the likeliest value is the mode, ties favoring zero, then plus`() {
        // a = 0 means p0 = 1/2. With b = 80 or -80, the other value has probability 1/2 as well.
        #expect(ternary([0, 0, 0], [80, -80, 0], .likeliest) == [0, 0, 0])
        #expect(
            ternary([-2, -2, -0.2, 5, -80], [1, -1, 0, 9, 0], .likeliest) == [1, -1, 0, 0, 1])
        #expect(binary([0, 0.1, -0.1, 80, -80], .likeliest) == [1, 1, -1, 1, -1])
        let (a, b) = WeightMomentsTests.logits(331)
        let likeliest = ternary(a, b, .likeliest)
        for i in 0..<331 {
            let p = Reference.distribution(zeroLogit: Double(a[i]), signLogit: Double(b[i]))
            let best = p.map(\.probability).max() ?? 0
            let mine = p.first { $0.value == Double(likeliest[i]) }?.probability ?? -1
            #expect(best - mine < 1e-6)
        }
    }

    @Test func `certain weights have their value in every draw`() {
        let count = 1 << 20
        func all(_ value: Float) -> [Float] { [Float](repeating: value, count: count) }
        #expect(binary(all(80), .drawn(Self.key)).allSatisfy { $0 == 1 })
        #expect(binary(all(-80), .drawn(Self.key)).allSatisfy { $0 == -1 })
        #expect(ternary(all(-80), all(80), .drawn(Self.key)).allSatisfy { $0 == 1 })
        #expect(ternary(all(-80), all(-80), .drawn(Self.key)).allSatisfy { $0 == -1 })
        #expect(ternary(all(80), all(1), .drawn(Self.key)).allSatisfy { $0 == 0 })
    }

    /// The random words are 0xffffffa6, 0xffffffd7 and 0xffffff9f, which round to the number 1. One
    /// word in 2^25 does, and a network has millions of weights.
    @Test(arguments: [(266_402, 24), (856_600, 5), (798_934, 15)])
    func `a random number rounded to 1 does not change certain weights`(index: Int, element: Int) {
        let key = NoiseKey(seed: 99, purpose: .evaluationWeights, index: UInt32(index))
        #expect(Reference.word(key, element: element) >= 0xffff_ff80)
        func all(_ value: Float) -> [Float] { [Float](repeating: value, count: 64) }
        #expect(binary(all(80), .drawn(key))[element] == 1)
        #expect(binary(all(-80), .drawn(key))[element] == -1)
        #expect(ternary(all(80), all(0), .drawn(key))[element] == 0)
        for a in stride(from: Float(-80), to: 4, by: 0.05) {
            #expect(ternary(all(a), all(80), .drawn(key))[element] == 1, "a = \(a)")
            #expect(ternary(all(a), all(-80), .drawn(key))[element] == -1, "a = \(a)")
        }
    }
}
