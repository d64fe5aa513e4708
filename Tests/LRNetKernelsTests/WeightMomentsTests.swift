import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct WeightMomentsTests {
    /// A grid of logits that includes saturated ones, cut to `count` values.
    static func logits(_ count: Int) -> (a: [Float], b: [Float]) {
        let special: [Float] = [0, -20, 20, -80, 80, -3, 3, 0.5, -0.01]
        func pick(_ position: Int, _ i: Int, _ stream: UInt32) -> Float {
            if i < 81 { return special[position] }
            return TestData.uniform(1, in: -8...8, stream: stream)[0]
        }
        let a = (0..<count).map { i in pick(i / 9 % 9, i, UInt32(2 * i)) }
        let b = (0..<count).map { i in pick(i % 9, i, UInt32(2 * i + 1)) }
        return (a, b)
    }

    static let counts = TestData.counts + [81, 500]

    @Test(arguments: counts)
    func `ternary means and variances are those of the distribution`(count: Int) {
        let (a, b) = Self.logits(count)
        let (mean, variance) = (FloatView.unwritten(count), FloatView.unwritten(count))
        WeightMoments.ternary(zeroLogit: a.view, signLogit: b.view, mean: mean, variance: variance)
        let expected = zip(a, b).map {
            Reference.moments(zeroLogit: Double($0), signLogit: Double($1))
        }
        #expect(distance(mean.values, expected.map(\.mean), .moments) <= 1)
        #expect(distance(variance.values, expected.map(\.variance), .moments) <= 1)
        #expect(variance.values.allSatisfy { $0 >= 0 })
    }

    @Test(arguments: counts)
    func `binary means and variances are those of the distribution`(count: Int) {
        let b = Self.logits(count).b
        let (mean, variance) = (FloatView.unwritten(count), FloatView.unwritten(count))
        WeightMoments.binary(signLogit: b.view, mean: mean, variance: variance)
        let expected = b.map { Reference.moments(zeroLogit: nil, signLogit: Double($0)) }
        #expect(distance(mean.values, expected.map(\.mean), .moments) <= 1)
        #expect(distance(variance.values, expected.map(\.variance), .moments) <= 1)
    }

    /// Here 1 - mean^2 would lose all digits.
    @Test func `variances near zero keep a small relative error`() {
        let a: [Float] = [-20, -20, -10, 20, 80, -80]
        let b: [Float] = [20, -20, 15, 0, 3, 80]
        let (mean, variance) = (FloatView.unwritten(6), FloatView.unwritten(6))
        WeightMoments.ternary(zeroLogit: a.view, signLogit: b.view, mean: mean, variance: variance)
        // p0 (1 - p0) + (1 - p0)^2 4 q (1 - q), in a form without cancellation.
        let expected = zip(a, b).map { a, b in
            let (zero, rest) = (Reference.logistic(Double(a)), Reference.logistic(-Double(a)))
            let slope = Reference.logistic(Double(b)) * Reference.logistic(-Double(b))
            return rest * zero + rest * rest * 4 * slope
        }
        let tolerance = Tolerance(absolute: 1e-37, relative: 2e-6)
        #expect(distance(variance.values, expected, tolerance) <= 1)
        WeightMoments.binary(signLogit: b.view, mean: mean, variance: variance)
        let binary = b.map { 4 * Reference.logistic(Double($0)) * Reference.logistic(-Double($0)) }
        #expect(distance(variance.values, binary, tolerance) <= 1)
    }

    @Test(arguments: counts) func `the ternary pull-back equals the chain rule`(count: Int) {
        let (a, b) = Self.logits(count)
        let meanGradient = TestData.normal(count, stream: 1)
        let varianceGradient = TestData.normal(count, stream: 2)
        let (da, db) = (FloatView.unwritten(count), FloatView.unwritten(count))
        WeightMoments.ternaryPullBack(
            zeroLogit: a.view, signLogit: b.view, meanGradient: meanGradient.view,
            varianceGradient: varianceGradient.view, zeroLogitGradient: da, signLogitGradient: db)
        let slopes = zip(a, b).map {
            Reference.momentDerivatives(zeroLogit: Double($0), signLogit: Double($1))
        }
        let (dm, dv) = (meanGradient.doubles, varianceGradient.doubles)
        let expectedA = (0..<count).map {
            dm[$0] * slopes[$0].meanByZero + dv[$0] * slopes[$0].varianceByZero
        }
        let expectedB = (0..<count).map {
            dm[$0] * slopes[$0].meanBySign + dv[$0] * slopes[$0].varianceBySign
        }
        // Incoming gradients are at most 5.
        let tolerance = Tolerance(absolute: 5e-6, relative: 5e-6)
        #expect(distance(da.values, expectedA, tolerance) <= 1)
        #expect(distance(db.values, expectedB, tolerance) <= 1)
    }

    @Test(arguments: counts) func `the binary pull-back equals the chain rule`(count: Int) {
        let b = Self.logits(count).b
        let (dm, dv) = (TestData.normal(count, stream: 1), TestData.normal(count, stream: 2))
        let db = FloatView.unwritten(count)
        WeightMoments.binaryPullBack(
            signLogit: b.view, meanGradient: dm.view, varianceGradient: dv.view,
            signLogitGradient: db)
        let expected = (0..<count).map { i in
            let slope = Reference.momentDerivatives(zeroLogit: nil, signLogit: Double(b[i]))
            return Double(dm[i]) * slope.meanBySign + Double(dv[i]) * slope.varianceBySign
        }
        #expect(distance(db.values, expected, Tolerance(absolute: 5e-6, relative: 5e-6)) <= 1)
    }

    @Test(arguments: [-5.0, -1.2, 0, 0.3, 4], [-6.0, -0.4, 0, 0.9, 3])
    func `the reference's derivatives equal central differences of its moments`(
        a: Double, b: Double
    ) {
        let step = 1e-5
        for zeroLogit in [a, nil] {
            let slopes = Reference.momentDerivatives(zeroLogit: zeroLogit, signLogit: b)
            func check(_ slope: Double, _ f: (Double) -> Double, at x: Double) {
                #expect(abs(slope - centralDifference(at: x, step: step, f)) < 1e-9)
            }
            if zeroLogit != nil {
                check(
                    slopes.meanByZero, { Reference.moments(zeroLogit: $0, signLogit: b).mean },
                    at: a)
                check(
                    slopes.varianceByZero,
                    { Reference.moments(zeroLogit: $0, signLogit: b).variance }, at: a)
            }
            check(
                slopes.meanBySign, { Reference.moments(zeroLogit: zeroLogit, signLogit: $0).mean },
                at: b)
            check(
                slopes.varianceBySign,
                { Reference.moments(zeroLogit: zeroLogit, signLogit: $0).variance }, at: b)
        }
    }

    @Test func `the ternary pull-back equals differences of the kernel's moments`() {
        let (a, b) = (TestData.uniform(64, in: -3...3, stream: 1), TestData.uniform(64, stream: 2))
        let (dm, dv) = (TestData.normal(64, stream: 3), TestData.normal(64, stream: 4))
        let (da, db) = (FloatView.unwritten(64), FloatView.unwritten(64))
        WeightMoments.ternaryPullBack(
            zeroLogit: a.view, signLogit: b.view, meanGradient: dm.view, varianceGradient: dv.view,
            zeroLogitGradient: da, signLogitGradient: db)
        func loss(_ a: [Float], _ b: [Float]) -> [Double] {
            let (mean, variance) = (FloatView.unwritten(64), FloatView.unwritten(64))
            WeightMoments.ternary(
                zeroLogit: a.view, signLogit: b.view, mean: mean, variance: variance)
            return (0..<64).map {
                Double(dm[$0]) * Double(mean[$0]) + Double(dv[$0]) * Double(variance[$0])
            }
        }
        let h: Float = 0x1p-6
        func slopes(_ up: [Double], _ down: [Double]) -> [Double] {
            zip(up, down).map { ($0 - $1) / Double(2 * h) }
        }
        let byA = slopes(loss(a.map { $0 + h }, b), loss(a.map { $0 - h }, b))
        let byB = slopes(loss(a, b.map { $0 + h }), loss(a, b.map { $0 - h }))
        // Roundings of 1e-7 divided by a step of 2^-5, plus the step's square times third
        // derivatives below 1.
        let tolerance = Tolerance(absolute: 3e-4)
        #expect(distance(da.values, byA, tolerance) <= 1)
        #expect(distance(db.values, byB, tolerance) <= 1)
    }

    @Test func `the beta gradient is the derivative of its regularizer`() {
        let b = TestData.uniform(50, in: -6...6) + [-80, 80]
        let old = TestData.normal(52, stream: 1)
        let gradient = old.view
        WeightMoments.addBetaGradient(signLogit: b.view, strength: 0.7, to: gradient)
        let expected = zip(b.doubles, old.doubles).map { b, old in
            old
                + centralDifference(at: b, step: 1e-5) {
                    0.7 * Reference.logistic($0) * Reference.logistic(-$0)
                }
        }
        #expect(distance(gradient.values, expected, Tolerance(absolute: 4e-7)) <= 1)
    }

    /// Checks the relative error over the whole range of the exponential.
    @Test func `probabilities equal the logistic function over its whole range`() {
        let count = 1 << 18
        let x = (0..<count).map { Float($0) / Float(count) * 174 - 87 }
        let p = FloatView.unwritten(count)
        WeightMoments.probability(ofLogit: x.view, into: p)
        let expected = x.doubles.map(Reference.logistic)
        #expect(distance(p.values, expected, .logistic) <= 1)
        let extremes: [Float] = [-1e30, -200, 200, 1e30, -.infinity, .infinity]
        let limits = FloatView.unwritten(6)
        WeightMoments.probability(ofLogit: extremes.view, into: limits)
        #expect(limits.values.prefix(2).allSatisfy { $0 > 0 && $0 < 1e-37 })
        #expect(limits.values[2...3] == [1, 1] && limits.values[5] == 1)
        #expect(limits.values[4] < 1e-37)
    }

    @Test func `saturated logits yield finite moments and gradients`() {
        let values: [Float] = [-1e4, -87, -80, -20, 20, 80, 87, 1e4]
        let a = values.flatMap { Array(repeating: $0, count: values.count) }
        let b = values.flatMap { _ in values }
        let ones = [Float](repeating: 1, count: a.count).view
        let out = (0..<4).map { _ in FloatView.unwritten(a.count) }
        WeightMoments.ternary(zeroLogit: a.view, signLogit: b.view, mean: out[0], variance: out[1])
        WeightMoments.ternaryPullBack(
            zeroLogit: a.view, signLogit: b.view, meanGradient: ones, varianceGradient: ones,
            zeroLogitGradient: out[2], signLogitGradient: out[3])
        for view in out { #expect(Elementwise.nonFiniteCount(view) == 0) }
        #expect(out[1].values.allSatisfy { $0 >= 0 && $0 <= 1 })
    }
}
