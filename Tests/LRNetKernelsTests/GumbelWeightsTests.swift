import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct GumbelWeightsTests {
    static let key = NoiseKey(seed: 31, purpose: .trainingWeights, step: 9, layer: 4)

    /// The uniform numbers of words 0, 1 and 2 of block `i`.
    private static func uniforms(_ i: Int) -> [Double] {
        let words = Reference.words(key, block: i)
        return (0..<3).map { Reference.uniform(words[$0]) }
    }

    private static func uniform(_ i: Int) -> Double {
        Reference.uniform(Reference.word(key, element: i))
    }

    /// Rounding u to Float32 changes a Gumbel number by up to 2^-24 / (1 - u), which matters where
    /// u is near 1. The other errors are 1e-6 of scores around 10. All are divided by the
    /// temperature and multiplied by dw/dscore, which is at most 1/2 for each of three scores.
    private static func tolerance(_ uniforms: [Double], temperature: Double) -> Double {
        let rounding = uniforms.map { Tolerance.unitRoundoff / min($0, 1 - $0) }.max() ?? 0
        return min((2 * rounding + 2e-6) / temperature, 1)
    }

    @Test(arguments: TestData.counts, [0.1, 0.5, 1])
    func `relaxed ternary weights equal the reference formula`(count: Int, temperature: Double) {
        let a = TestData.uniform(count, in: -3...3, stream: 1)
        let b = TestData.uniform(count, in: -3...3, stream: 2)
        let weights = FloatView.unwritten(count)
        GumbelWeights.ternary(
            zeroLogit: a.view, signLogit: b.view, temperature: Float(temperature), key: Self.key,
            weights: weights)
        for i in 0..<count {
            let u = Self.uniforms(i)
            let expected = Reference.gumbelTernary(
                zeroLogit: Double(a[i]), signLogit: Double(b[i]),
                temperature: Double(Float(temperature)), uniforms: u)
            #expect(
                abs(Double(weights[i]) - expected) <= Self.tolerance(u, temperature: temperature),
                "weight \(i): \(weights[i]) for \(expected)")
        }
    }

    @Test(arguments: TestData.counts, [0.1, 0.5, 1])
    func `relaxed binary weights equal the reference formula`(count: Int, temperature: Double) {
        let b = TestData.uniform(count, in: -3...3, stream: 2)
        let weights = FloatView.unwritten(count)
        GumbelWeights.binary(
            signLogit: b.view, temperature: Float(temperature), key: Self.key, weights: weights)
        for i in 0..<count {
            let u = Self.uniform(i)
            let expected = Reference.gumbelBinary(
                signLogit: Double(b[i]), temperature: Double(Float(temperature)), uniform: u)
            #expect(
                abs(Double(weights[i]) - expected)
                    <= Self.tolerance([u], temperature: temperature),
                "weight \(i): \(weights[i]) for \(expected)")
        }
    }

    @Test(arguments: TestData.counts)
    func `pull-backs equal central differences of the reference formula`(count: Int) {
        let temperature = 0.5
        let a = TestData.uniform(count, in: -2...2, stream: 1)
        let b = TestData.uniform(count, in: -2...2, stream: 2)
        let dw = TestData.normal(count, stream: 3)
        let (da, db) = (FloatView.unwritten(count), FloatView.unwritten(count))
        GumbelWeights.ternaryPullBack(
            zeroLogit: a.view, signLogit: b.view, temperature: Float(temperature), key: Self.key,
            weightGradient: dw.view, zeroLogitGradient: da, signLogitGradient: db)
        let binary = FloatView.unwritten(count)
        GumbelWeights.binaryPullBack(
            signLogit: b.view, temperature: Float(temperature), key: Self.key,
            weightGradient: dw.view, signLogitGradient: binary)
        for i in 0..<count {
            let (a, b, dw) = (Double(a[i]), Double(b[i]), Double(dw[i]))
            let u = Self.uniforms(i)
            func weight(_ a: Double, _ b: Double) -> Double {
                Reference.gumbelTernary(
                    zeroLogit: a, signLogit: b, temperature: temperature, uniforms: u)
            }
            let allowed = 5 * Self.tolerance(u, temperature: temperature) / temperature
            let byA = dw * centralDifference(at: a, step: 1e-5) { weight($0, b) }
            let byB = dw * centralDifference(at: b, step: 1e-5) { weight(a, $0) }
            #expect(abs(Double(da[i]) - byA) <= allowed, "weight \(i)")
            #expect(abs(Double(db[i]) - byB) <= allowed, "weight \(i)")
            let single = Self.uniform(i)
            let bySign =
                dw
                * centralDifference(at: b, step: 1e-5) {
                    Reference.gumbelBinary(
                        signLogit: $0, temperature: temperature, uniform: single)
                }
            #expect(
                abs(Double(binary[i]) - bySign)
                    <= 5 * Self.tolerance([single], temperature: temperature) / temperature,
                "weight \(i)")
        }
    }

    @Test func `weights at a low temperature are draws from the distribution`() {
        let count = 1 << 18
        let a = [Float](repeating: 0.4, count: count)
        let b = [Float](repeating: -0.7, count: count)
        let weights = FloatView.unwritten(count)
        GumbelWeights.ternary(
            zeroLogit: a.view, signLogit: b.view, temperature: 1e-3, key: Self.key,
            weights: weights)
        // About this share of the weights, the temperature, is still between two values.
        let between = 1e-3
        func check(_ expected: [(value: Double, probability: Double)]) {
            for (value, probability) in expected {
                let share =
                    Double(weights.values.count { abs(Double($0) - value) < 0.5 })
                    / Double(count)
                let error = (probability * (1 - probability) / Double(count)).squareRoot()
                #expect(abs(share - probability) <= 4 * error + between, "\(value): \(share)")
            }
        }
        check(
            Reference.distribution(
                zeroLogit: Double(Float(0.4)), signLogit: Double(Float(-0.7))))
        GumbelWeights.binary(
            signLogit: b.view, temperature: 1e-3, key: Self.key, weights: weights)
        check(Reference.distribution(zeroLogit: nil, signLogit: Double(Float(-0.7))))
    }

    @Test(arguments: [Float(0.01), 0.1, 1])
    func `saturated logits yield finite weights and gradients`(temperature: Float) {
        let values: [Float] = [-80, -20, 0, 20, 80]
        let a = (0..<2500).map { values[$0 % 5] }
        let b = (0..<2500).map { values[$0 / 5 % 5] }
        let ones = [Float](repeating: 1, count: 2500).view
        let out = (0..<5).map { _ in FloatView.unwritten(2500) }
        GumbelWeights.ternary(
            zeroLogit: a.view, signLogit: b.view, temperature: temperature, key: Self.key,
            weights: out[0])
        GumbelWeights.ternaryPullBack(
            zeroLogit: a.view, signLogit: b.view, temperature: temperature, key: Self.key,
            weightGradient: ones, zeroLogitGradient: out[1], signLogitGradient: out[2])
        GumbelWeights.binary(
            signLogit: b.view, temperature: temperature, key: Self.key, weights: out[3])
        GumbelWeights.binaryPullBack(
            signLogit: b.view, temperature: temperature, key: Self.key, weightGradient: ones,
            signLogitGradient: out[4])
        for view in out { #expect(Elementwise.nonFiniteCount(view) == 0) }
        for (i, weight) in out[0].values.enumerated() where a[i] == -80 && abs(b[i]) == 80 {
            #expect(weight == (b[i] > 0 ? 1 : -1))
        }
    }
}
