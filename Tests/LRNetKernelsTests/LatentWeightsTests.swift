import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

/// Compares weights from latents, and their pull-backs, with plain loops in Double.
@Suite struct LatentWeightsTests {
    static let key = NoiseKey(seed: 12, purpose: .trainingWeights, step: 70_000, layer: 3)

    @Test(arguments: TestData.counts)
    func `binarized weights are latent signs and zero counts as positive`(count: Int) {
        var latent = TestData.normal(count)
        if count > 2 { (latent[1], latent[2]) = (0, -0) }
        let signs = FloatView.unwritten(count)
        SignWeights.binarize(latent.view, into: signs)
        #expect(signs.values == latent.map { $0 >= 0 ? 1 : -1 })
    }

    @Test func `the sign of NaN is NaN`() {
        let signs = FloatView.unwritten(3)
        SignWeights.binarize([1, .nan, -.infinity].view, into: signs)
        #expect(signs[0] == 1 && signs[1].isNaN && signs[2] == -1)
    }

    @Test(arguments: TestData.counts)
    func `drawn signs compare the keyed number with the hard sigmoid`(count: Int) {
        let latent = TestData.uniform(count, in: -1.5...1.5)
        let signs = FloatView.unwritten(count)
        SignWeights.draw(latent.view, key: Self.key, into: signs)
        for i in 0..<count {
            let plus = min(max((Double(latent[i]) + 1) / 2, 0), 1)
            let u: Double = Reference.uniform(Reference.word(Self.key, element: i))
            // Float32 roundings of u and of the probability.
            guard abs(u - plus) > 1e-7 else { continue }
            #expect(signs[i] == (u <= plus ? 1 : -1))
        }
    }

    @Test func `drawn signs have the frequency of their probability`() {
        let latent = [Float](repeating: 0.5, count: 40_000)
        let signs = FloatView.unwritten(latent.count)
        SignWeights.draw(latent.view, key: Self.key, into: signs)
        // Four standard deviations of a sum of coin tosses with p = 0.75.
        #expect(abs(signs.values.count { $0 == 1 } - 30_000) < 347)
        let ends = FloatView.unwritten(20_000)
        SignWeights.draw(
            (0..<20_000).map { $0 % 2 == 0 ? 1 : -1 }.view, key: Self.key, into: ends)
        #expect(ends.values == (0..<20_000).map { $0 % 2 == 0 ? 1 : -1 })
    }

    /// Taps, inputs, outputs.
    @Test(arguments: [(1, 1, 1), (9, 3, 5), (25, 7, 16), (1, 50, 33), (4, 1, 17)])
    func `centering subtracts the mean over inputs and clips to one`(
        taps: Int, inputs: Int, outputs: Int
    ) {
        let latent = TestData.normal(taps * inputs * outputs).map { 0.8 * $0 + 0.1 }
        let view = latent.view
        FilterWeights.centre(view, inputs: inputs, outputs: outputs)
        func index(_ tap: Int, _ input: Int, _ output: Int) -> Int {
            (tap * inputs + input) * outputs + output
        }
        var expected = latent.doubles
        for (tap, output) in (0..<taps).flatMap({ tap in (0..<outputs).map { (tap, $0) } }) {
            let places = (0..<inputs).map { index(tap, $0, output) }
            let mean = places.reduce(0) { $0 + Double(latent[$1]) } / Double(inputs)
            for place in places { expected[place] = min(max(expected[place] - mean, -1), 1) }
        }
        #expect(distance(view.values, expected, Tolerance(absolute: 3e-7)) <= 1)
        #expect(inputs > 1 || view.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [(9, 5), (100, 16), (3, 33), (1, 1)])
    func `a filter's scale is the mean magnitude of its latents`(rows: Int, outputs: Int) {
        let latent = TestData.normal(rows * outputs)
        let expected = (0..<outputs).map { o in
            (0..<rows).reduce(0) { $0 + abs(Double(latent[$1 * outputs + o])) } / Double(rows)
        }
        let scales = FilterWeights.scales(latent.view, outputs: outputs)
        #expect(distance(scales, expected, Tolerance.oneRounding) <= 2)
    }

    /// Runs that start and end within rows.
    @Test(arguments: [(0, 180), (64, 100), (128, 0), (64, 1)])
    func `the filter pull-back equals its formula on any run of weights`(first: Int, count: Int) {
        let (inputs, rows, outputs) = (4, 36, 5)
        let latent = TestData.normal(rows * outputs)
        let scales = TestData.uniform(outputs, in: 0.1...2)
        let gradient = TestData.normal(count, stream: 1)
        let run = Array(latent[first..<first + count])
        let result = FloatView.unwritten(count)
        FilterWeights.pullBack(
            latent: run.view, first: first, scales: scales, rows: rows, inputs: inputs,
            weightGradient: gradient.view, latentGradient: result)
        let expected = (0..<count).map { i in
            let scale = Double(scales[(first + i) % outputs])
            let inside: Double = abs(run[i]) < 1 ? 1 : 0
            return Double(gradient[i]) * (scale * inside + 1 / Double(rows))
                * (1 - 1 / Double(inputs))
        }
        #expect(distance(result.values, expected, Tolerance.fewRoundings) <= 1)
    }

    @Test(arguments: [(0, 180), (64, 100), (128, 0), (64, 1)])
    func `filter decay adds the scaled latents to the gradient`(first: Int, count: Int) {
        let outputs = 5
        let scales = TestData.uniform(outputs, in: 0.1...2)
        let (latent, gradient) = (TestData.normal(count), TestData.normal(count, stream: 1))
        let result = FloatView.unwritten(count)
        result.copy(from: gradient)
        FilterWeights.addDecay(0.25, latent: latent.view, first: first, scales: scales, to: result)
        let expected = (0..<count).map { i in
            Double(gradient[i]) + 0.25 * Double(scales[(first + i) % outputs]) * Double(latent[i])
        }
        #expect(distance(result.values, expected, Tolerance(absolute: 1e-6)) <= 1)
    }

    @Test(arguments: TestData.counts)
    func `trained ternary weights and their gradients follow the three zones`(count: Int) {
        let latent = TestData.normal(count)
        let gradient = TestData.normal(count, stream: 1)
        let factor: Float = 0.3
        let threshold = TrainedTernaryWeights.threshold(latent.view, factor: factor)
        #expect(threshold == factor * (latent.map(abs).max() ?? 0))
        let (plus, minus): (Float, Float) = (1.25, 0.375)
        func zone<T>(_ w: Float, _ above: T, _ between: T, _ below: T) -> T {
            w > threshold ? above : w < -threshold ? below : between
        }
        let weights = FloatView.unwritten(count)
        TrainedTernaryWeights.quantize(
            latent.view, threshold: threshold, plus: plus, minus: minus, into: weights)
        #expect(weights.values == latent.map { zone($0, plus, 0, -minus) })
        let result = FloatView.unwritten(count)
        TrainedTernaryWeights.pullBack(
            latent: latent.view, threshold: threshold, plus: plus, minus: minus,
            weightGradient: gradient.view, latentGradient: result)
        #expect(result.values == zip(latent, gradient).map { zone($0, plus, 1, minus) * $1 })
        let sums = TrainedTernaryWeights.scaleGradients(
            latent: latent.view, threshold: threshold, weightGradient: gradient.view)
        let above = zip(latent, gradient).reduce(0) { $0 + zone($1.0, Double($1.1), 0, 0) }
        let below = zip(latent, gradient).reduce(0) { $0 - zone($1.0, 0, 0, Double($1.1)) }
        #expect(
            distance([sums.plus, sums.minus], [above, below], Tolerance(absolute: 1e-5)) <= 1)
    }

    /// The scores of ``WeightDraws``'s draws, by the formulas of the log-derivative trick.
    @Test(arguments: TestData.counts)
    func `score gradients equal the log-derivatives of the drawn weights`(count: Int) {
        let a = TestData.uniform(count, in: -3...3, stream: 1)
        let b = TestData.uniform(count, in: -3...3, stream: 2)
        let drawn = FloatView.unwritten(count)
        WeightDraws.ternary(
            zeroLogit: a.view, signLogit: b.view, selection: .drawn(Self.key), weights: drawn)
        let (da, db) = (FloatView.unwritten(count), FloatView.unwritten(count))
        da.fill(0.5)
        db.fill(-0.25)
        ScoreGradients.addTernary(
            zeroLogit: a.view, signLogit: b.view, key: Self.key, first: 0, coefficient: 2,
            toZeroLogit: da, signLogit: db)
        let tolerance = Tolerance(absolute: 2e-6)
        let (zero, plus) = (
            a.doubles.map(Reference.logistic), b.doubles.map(Reference.logistic)
        )
        let byZero = (0..<count).map { 0.5 + 2 * ((drawn[$0] == 0 ? 1 : 0) - zero[$0]) }
        let bySign = (0..<count).map {
            -0.25 + (drawn[$0] == 0 ? 0 : 2 * ((drawn[$0] == 1 ? 1 : 0) - plus[$0]))
        }
        #expect(distance(da.values, byZero, tolerance) <= 1)
        #expect(distance(db.values, bySign, tolerance) <= 1)
        // A part that starts at a multiple of 64 equals that part of the whole.
        if count > 64 {
            let part = FloatBuffer(count: count - 64).all
            let other = FloatBuffer(count: count - 64).all
            ScoreGradients.addTernary(
                zeroLogit: Array(a[64...]).view, signLogit: Array(b[64...]).view, key: Self.key,
                first: 64, coefficient: 2, toZeroLogit: part, signLogit: other)
            #expect(
                distance(part.values, byZero[64...].map { $0 - 0.5 }, tolerance) <= 1)
        }

        WeightDraws.binary(signLogit: b.view, selection: .drawn(Self.key), weights: drawn)
        db.fill(0)
        ScoreGradients.addBinary(
            signLogit: b.view, key: Self.key, first: 0, coefficient: -3, to: db)
        let binary = (0..<count).map { -3 * ((drawn[$0] == 1 ? 1 : 0) - plus[$0]) }
        #expect(distance(db.values, binary, tolerance) <= 1)
    }

    @Test(arguments: TestData.counts)
    func `gradient masks, expectations, densities and standardization equal their formulas`(
        count: Int
    ) {
        let x = TestData.normal(count)
        let gradient = TestData.normal(count, stream: 1)
        let masked = gradient.view
        SignActivations.maskGradient(masked, input: x.view)
        #expect(masked.values == zip(x, gradient).map { abs($0) <= 1 ? $1 : 0 })

        let expectation = FloatView.unwritten(count)
        SignActivations.expectation(x.view, into: expectation)
        let exact = x.doubles.map { 2 * Reference.normalDistribution($0) - 1 }
        #expect(distance(expectation.values, exact, Tolerance(absolute: 1e-7)) <= 1)
        let sloped = gradient.view
        SignActivations.multiplyByDensity(sloped, input: x.view)
        let slopes = zip(x.doubles, gradient.doubles).map {
            $1 * 2 * Reference.normalDensity($0)
        }
        #expect(distance(sloped.values, slopes, Tolerance(absolute: 1e-37, relative: 1e-6)) <= 1)

        let variance = TestData.uniform(count, in: -0.5...4, stream: 2)
        let (z, inverse) = (x.view, variance.view)
        SignActivations.standardize(mean: z, variance: inverse, offset: 1)
        let roots = variance.doubles.map { 1 / ($0 + 1).squareRoot() }
        #expect(distance(inverse.values, roots, Tolerance.fewRoundings) <= 1)
        #expect(
            distance(z.values, zip(x.doubles, roots).map(*), Tolerance.fewRoundings) <= 1)
    }
}
