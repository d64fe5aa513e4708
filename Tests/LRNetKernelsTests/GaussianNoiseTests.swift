import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct GaussianNoiseTests {
    static let key = NoiseKey(
        seed: 0xfedc_ba98_7654_3210, purpose: .preActivation, step: 17, layer: 3, index: 12_345)

    static func noise(_ count: Int, _ key: NoiseKey = key) -> [Float] {
        let view = FloatView.unwritten(count)
        GaussianNoise.fill(view, key: key)
        return view.values
    }

    /// The uniform number is rounded to Float32, which moves the radius by up to 2^-24 / radius.
    /// Logarithm, root, sine and cosine add errors around 1e-7 of the radius, which is at most 6.8.
    static func allowedError(radius: Double) -> Double {
        min(2 * Tolerance.unitRoundoff / radius, 0x1p-11) + 1e-6
    }

    @Test(arguments: TestData.counts + [9_973])
    func `every element equals the reference's number for its key and index`(count: Int) {
        let actual = Self.noise(count)
        for e in 0..<count {
            let expected: (value: Double, radius: Double) = Reference.normal(
                Self.key, element: e)
            let error = abs(Double(actual[e]) - expected.value)
            #expect(
                error <= Self.allowedError(radius: expected.radius),
                "element \(e): \(actual[e]) for \(expected.value)")
        }
    }

    @Test func `a shorter fill is the start of a longer one`() {
        let long = Self.noise(1024)
        for count in TestData.counts {
            #expect(Self.noise(count) == Array(long.prefix(count)))
        }
    }

    @Test func `nothing is written before or after the view`() {
        for count in TestData.counts {
            let buffer = FloatBuffer(count: count + 80)
            buffer.all.fill(-9)
            GaussianNoise.fill(buffer[5..<count + 5], key: Self.key)
            #expect(buffer[0..<5].values.allSatisfy { $0 == -9 })
            #expect(buffer[count + 5..<count + 80].values.allSatisfy { $0 == -9 })
        }
    }

    // MARK: Distribution

    /// 2^24 numbers from 256 samples; each z-score exceeds 4 with probability 6e-5.
    static let many: [Float] = (0..<256).flatMap { noise(1 << 16, key.with(index: $0)) }

    @Test func `the first four moments are those of the standard normal distribution`() {
        let n = Double(Self.many.count)
        var sums = (0.0, 0.0, 0.0, 0.0)
        for value in Self.many {
            let x = Double(value)
            sums.0 += x
            sums.1 += x * x
            sums.2 += x * x * x
            sums.3 += x * x * x * x
        }
        let z = [
            sums.0 / n * n.squareRoot(), (sums.1 / n - 1) * (n / 2).squareRoot(),
            sums.2 / n * (n / 15).squareRoot(), (sums.3 / n - 3) * (n / 96).squareRoot(),
        ]
        #expect(z.allSatisfy { abs($0) < 4 }, "z of moments 1 to 4: \(z)")
    }

    /// Compares the counts beyond a number of deviations with erfc, as Poisson z-scores.
    @Test(arguments: [1.0, 2, 3, 4, 5])
    func `both tails contain their share of the normal distribution`(deviations: Double) {
        let threshold = Float(deviations)
        let expected = Double(Self.many.count) * erfc(deviations / 2.0.squareRoot()) / 2
        let above = Double(Self.many.count { $0 > threshold })
        let below = Double(Self.many.count { $0 < -threshold })
        for count in [above, below] {
            let z = (count - expected) / expected.squareRoot()
            #expect(abs(z) < 4, "\(count) beyond \(deviations) deviations, expected \(expected)")
        }
    }

    @Test func `the largest magnitude is at most the documented limit`() {
        let largest = Self.many.reduce(0) { max($0, abs($1)) }
        #expect(largest <= Float((66 * log(2.0)).squareRoot()) * (1 + 1e-6))
        #expect(largest > 5)
    }

    /// Kolmogorov-Smirnov: sqrt(n) D exceeds 2.23 with probability 1e-4.
    @Test(arguments: [0, 5, 11])
    func `the distribution function is that of the normal distribution`(part: Int) {
        let n = 1 << 20
        let sorted = Self.many[part * n..<(part + 1) * n].sorted()
        var distance = 0.0
        for (i, value) in sorted.enumerated() {
            let p = erfc(-Double(value) / 2.0.squareRoot()) / 2
            distance = max(distance, abs(p - Double(i) / Double(n)))
            distance = max(distance, abs(Double(i + 1) / Double(n) - p))
        }
        #expect(distance * Double(n).squareRoot() < 2.23, "D = \(distance)")
    }

    // MARK: Independence

    /// Returns sqrt(n) times the correlation of f(a) and f(b), which have mean 0 and deviation 1.
    private static func correlation(
        _ a: ArraySlice<Float>, _ b: ArraySlice<Float>, _ f: (Double) -> Double
    ) -> Double {
        var sum = 0.0
        var count = 0
        for (x, y) in zip(a, b) {
            sum += f(Double(x)) * f(Double(y))
            count += 1
        }
        return sum / Double(count).squareRoot()
    }

    /// x^2 - 1 divided by its deviation: detects dependent magnitudes, such as a shared radius.
    private static func magnitude(_ x: Double) -> Double { (x * x - 1) / 2.0.squareRoot() }

    /// Tests all distances up to two groups, to detect overlapping blocks. One of the 262 z-scores
    /// exceeds 4.5 for one seed in 500.
    @Test(arguments: Array(1...130) + [1024])
    func `elements of a sequence are uncorrelated at every tested distance`(lag: Int) {
        let values = Self.many.prefix(1 << 19)
        let moved = values.dropFirst(lag)
        let z = [
            Self.correlation(values, moved) { $0 },
            Self.correlation(values, moved, Self.magnitude),
        ]
        #expect(z.allSatisfy { abs($0) < 4.5 }, "lag \(lag): z = \(z)")
    }

    @Test func `sequences of keys that differ in one field are uncorrelated`() {
        let count = 1 << 20
        let base = Self.noise(count)
        var keys = Array(repeating: Self.key, count: 6)
        keys[0].index += 1
        keys[1].step += 1
        keys[2].layer += 1
        keys[3].seed += 1
        keys[4].seed ^= 1 << 32
        keys[5].purpose = .initialization
        for key in keys {
            let other = Self.noise(count, key)
            let z = [
                Self.correlation(base[...], other[...]) { $0 },
                Self.correlation(base[...], other[...], Self.magnitude),
            ]
            #expect(z.allSatisfy { abs($0) < 4 }, "\(key): z = \(z)")
        }
    }

    /// Element 5 of 65,536 consecutive samples: correlation of neighbors, and the mean.
    @Test func `the same element of consecutive samples is uncorrelated`() {
        let column = (0..<1 << 16).map { sample in
            Self.noise(6, Self.key.with(index: UInt32(sample)))[5]
        }
        let z = Self.correlation(column[...], column.dropFirst()) { $0 }
        let mean = column.reduce(0.0) { $0 + Double($1) } / Double(column.count).squareRoot()
        #expect(abs(z) < 4 && abs(mean) < 4, "z = \(z), mean z = \(mean)")
    }

    // MARK: Pre-activations

    @Test(arguments: TestData.counts)
    func `pre-activations and their sensitivities equal their formulas`(count: Int) {
        let means = TestData.normal(count, stream: 1)
        let variances = TestData.uniform(count, in: -0.2...3, stream: 2)
        let floor = 1e-3
        let (mean, variance) = (means.view, variances.view)
        GaussianNoise.samplePreActivations(
            mean: mean, variance: variance, floor: Float(floor), key: Self.key)
        let noise = Self.noise(count).doubles
        let deviation = variances.doubles.map { (max($0, 0) + floor).squareRoot() }
        let z = (0..<count).map { Double(means[$0]) + deviation[$0] * noise[$0] }
        let s = (0..<count).map { noise[$0] / (2 * deviation[$0]) }
        // The product, at most 1.8 * 6.8, and the sum are each rounded once.
        #expect(distance(mean.values, z, Tolerance(absolute: 2e-6, relative: 1e-6)) <= 1)
        #expect(distance(variance.values, s, .fewRoundings) <= 1)
    }

    @Test func `negative variances count as zero`() {
        let count = 80
        let (mean, variance) = (FloatView.unwritten(count), FloatView.unwritten(count))
        mean.fill(0)
        variance.fill(-1e-6)
        GaussianNoise.samplePreActivations(
            mean: mean, variance: variance, floor: 1e-3, key: Self.key)
        let (zeroMean, zeroVariance) = (FloatBuffer(count: count), FloatBuffer(count: count))
        GaussianNoise.samplePreActivations(
            mean: zeroMean.all, variance: zeroVariance.all, floor: 1e-3, key: Self.key)
        #expect(mean.values == zeroMean.all.values)
        #expect(variance.values == zeroVariance.all.values)
        #expect(Elementwise.nonFiniteCount(mean) == 0)
    }

    /// An infinite input times a variance of 0 produces such a NaN.
    @Test func `a NaN variance makes only its own pre-activation NaN`() {
        let (mean, variance) = (FloatBuffer(count: 20), FloatBuffer(count: 20))
        variance[17] = .nan
        GaussianNoise.samplePreActivations(
            mean: mean.all, variance: variance.all, floor: 1e-3, key: Self.key)
        #expect(mean.all.values.indices.filter { mean[$0].isNaN } == [17])
    }

    /// dL/dvariance = dL/dz * s, compared with a difference quotient of z.
    @Test func `the sensitivity is the pre-activation's derivative with respect to the variance`() {
        let noise = Self.noise(64).doubles
        let variances = TestData.uniform(64, in: 0.1...2)
        let (mean, variance) = (FloatBuffer(count: 64).all, variances.view)
        GaussianNoise.samplePreActivations(
            mean: mean, variance: variance, floor: 1e-3, key: Self.key)
        let slopes = (0..<64).map { i in
            centralDifference(at: Double(variances[i]), step: 1e-5) { v in
                (v + 1e-3).squareRoot() * noise[i]
            }
        }
        #expect(distance(variance.values, slopes, Tolerance(absolute: 1e-8, relative: 2e-6)) <= 1)
    }
}
