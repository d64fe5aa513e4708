internal import LRNetKernels
internal import LRNetReference

/// Noise, weights, the optimizer and other passes over values.
extension KernelCases {
    static var elements: [KernelCase] {
        [
            noise(samples: 4, count: 12_544), preActivations(samples: 8, count: 12_544),
            preActivations(samples: 256, count: 512), moments(1_605_632), pullBack(1_605_632),
            adam(1_605_632), add(1_605_632, "the target's lines are read and written"),
            add(65_536, "one vector per loop iteration; the compiler's own loop is faster"),
            multiply(401_408), softmax(samples: 256, classes: 10),
            softmax(samples: 32, classes: 1000),
        ]
    }

    /// The number of multiplications per normal number, counted for 64 numbers in vectors of 16
    /// lanes or of eight wide lanes: 40 in Philox (two in each of ten rounds, for two halves of 16
    /// blocks) and 29 in each of two Box-Muller transforms.
    private static let noiseMultiplications = (40 + 2 * 29) * 16 / 64

    private static func key(_ sample: Int) -> NoiseKey {
        NoiseKey(seed: 1, purpose: .test, index: UInt32(sample))
    }

    private static func noise(samples: Int, count: Int) -> KernelCase {
        KernelCase(
            name: "noise", shape: "\(samples)x\(count)", units: samples, naiveUnits: samples,
            work: .numbers(
                samples * count, multiplicationsEach: noiseMultiplications, valuesEach: 1),
            reason: "as many shifts, masks and exclusive ors as multiplications; conversions, roots"
        ) { samples in
            let fast = FloatBuffer(count: samples * count).all
            var naive: [Float] = []
            return KernelRun(
                fast: {
                    for i in 0..<samples {
                        GaussianNoise.fill(fast[i * count..<(i + 1) * count], key: key(i))
                    }
                },
                naive: {
                    naive = (0..<samples).flatMap { Reference.noise(count, key: key($0)) }
                }, results: { [(fast.values, naive)] })
        }
    }

    private static func preActivations(samples: Int, count: Int) -> KernelCase {
        KernelCase(
            name: "sample pre-activations", shape: "\(samples)x\(count)", units: samples,
            naiveUnits: samples,
            work: .numbers(
                samples * count, multiplicationsEach: noiseMultiplications + 5, valuesEach: 4),
            reason: "like noise, plus one more root and a division, which take many cycles each"
        ) { samples in
            let total = samples * count
            let (fastMean, fastVariance) = (
                BenchmarkData.normal(total), BenchmarkData.normal(total, stream: 1)
            )
            var (mean, variance) = (fastMean.values, fastVariance.values)
            let floor: Float = 1e-3
            return KernelRun(
                fast: {
                    for i in 0..<samples {
                        let values = i * count..<(i + 1) * count
                        GaussianNoise.samplePreActivations(
                            mean: fastMean[values], variance: fastVariance[values], floor: floor,
                            key: key(i))
                    }
                },
                naive: {
                    Reference.samplePreActivations(
                        mean: &mean, variance: &variance, floor: floor,
                        noise: (0..<samples).flatMap { Reference.noise(count, key: key($0)) })
                },
                results: { [(fastMean.values, mean), (fastVariance.values, variance)] })
        }
    }

    /// The number of multiplications per weight: two logistic functions with 13 each, including a
    /// division, and 5 more.
    private static let momentMultiplications = 2 * 13 + 5

    private static func moments(_ count: Int) -> KernelCase {
        KernelCase(
            name: "ternary moments", shape: "\(count)", units: 1, naiveUnits: 1,
            work: .pass(values: 4 * count, multiplications: momentMultiplications * count),
            reason: "two exponentials and two divisions per weight"
        ) { _ in
            let (a, b) = (BenchmarkData.normal(count), BenchmarkData.normal(count, stream: 1))
            let mean = FloatBuffer(count: count).all
            let variance = FloatBuffer(count: count).all
            let (naiveA, naiveB) = (a.values, b.values)
            var (naiveMean, naiveVariance) = (mean.values, variance.values)
            return KernelRun(
                fast: {
                    WeightMoments.ternary(
                        zeroLogit: a, signLogit: b, mean: mean, variance: variance)
                },
                naive: {
                    Reference.moments(
                        zeroLogit: naiveA, signLogit: naiveB, mean: &naiveMean,
                        variance: &naiveVariance)
                },
                results: { [(mean.values, naiveMean), (variance.values, naiveVariance)] })
        }
    }

    private static func pullBack(_ count: Int) -> KernelCase {
        KernelCase(
            name: "ternary pull-back", shape: "\(count)", units: 1, naiveUnits: 1,
            work: .pass(values: 6 * count, multiplications: (momentMultiplications + 12) * count),
            reason: "like the moments, with six streams"
        ) { _ in
            let inputs = (0..<4).map { BenchmarkData.normal(count, stream: $0) }
            let zero = FloatBuffer(count: count).all
            let sign = FloatBuffer(count: count).all
            let naive = inputs.map(\.values)
            var (naiveZero, naiveSign) = (zero.values, sign.values)
            return KernelRun(
                fast: {
                    WeightMoments.ternaryPullBack(
                        zeroLogit: inputs[0], signLogit: inputs[1], meanGradient: inputs[2],
                        varianceGradient: inputs[3], zeroLogitGradient: zero,
                        signLogitGradient: sign)
                },
                naive: {
                    Reference.pullBack(
                        zeroLogit: naive[0], signLogit: naive[1], meanGradient: naive[2],
                        varianceGradient: naive[3], zeroLogitGradient: &naiveZero,
                        signLogitGradient: &naiveSign)
                },
                results: { [(zero.values, naiveZero), (sign.values, naiveSign)] })
        }
    }

    private static func adam(_ count: Int) -> KernelCase {
        KernelCase(
            name: "Adam", shape: "\(count)", units: 1, naiveUnits: 1,
            work: .pass(values: 7 * count, multiplications: 10 * count, workingSet: 4 * count),
            reason: "four streams, three of which are also written"
        ) { _ in
            let step = AdamKernel.Step(
                learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: 10,
                correction2: 1000, decay: 1e-4)
            let gradient = BenchmarkData.normal(count)
            let fast = [
                BenchmarkData.normal(count, stream: 1), FloatBuffer(count: count).all,
                FloatBuffer(count: count).all,
            ]
            let adam = Reference.Adam<Float>(
                rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 1e-4)
            let naiveGradient = gradient.values
            var (w, m, v) = (fast[0].values, fast[1].values, fast[2].values)
            return KernelRun(
                fast: {
                    AdamKernel.update(
                        parameter: fast[0], gradient: gradient, firstMoment: fast[1],
                        secondMoment: fast[2], step: step)
                },
                naive: {
                    adam.update(&w, &m, &v, gradient: naiveGradient, time: 1)
                }, results: { zip(fast, [w, m, v]).map { ($0.values, $1) } })
        }
    }

    private static func add(_ count: Int, _ reason: String) -> KernelCase {
        KernelCase(
            name: "add", shape: "\(count)", units: 1, naiveUnits: 1,
            work: .pass(values: 3 * count, workingSet: 2 * count), reason: reason
        ) { _ in
            let source = BenchmarkData.normal(count)
            let fast = BenchmarkData.normal(count, stream: 1)
            let values = source.values
            var naive = fast.values
            return KernelRun(
                fast: { Elementwise.add(source, to: fast) },
                naive: { Reference.add(values, to: &naive) },
                results: { [(fast.values, naive)] })
        }
    }

    private static func multiply(_ count: Int) -> KernelCase {
        KernelCase(
            name: "multiply", shape: "\(count)", units: 1, naiveUnits: 1,
            work: .pass(values: 3 * count, workingSet: 2 * count),
            reason: "like add"
        ) { _ in
            // With factors of 1 and -1, no value becomes too small after any number of calls.
            let factor = BenchmarkData.normal(count)
            for i in 0..<count { factor[i] = factor[i] < 0 ? -1 : 1 }
            let fast = BenchmarkData.normal(count, stream: 1)
            let values = factor.values
            var naive = fast.values
            return KernelRun(
                fast: { Elementwise.multiply(fast, by: factor) },
                naive: { Reference.multiply(&naive, by: values) },
                results: { [(fast.values, naive)] })
        }
    }

    private static func softmax(samples: Int, classes: Int) -> KernelCase {
        KernelCase(
            name: "softmax and its gradient", shape: "\(samples)x\(classes)", units: samples,
            naiveUnits: samples, work: .pass(values: 2 * samples * classes),
            reason: "plain loops: two exponentials in Double per value; a thousandth of a step"
        ) { samples in
            let logits = BenchmarkData.normal(samples * classes)
            let fast = FloatBuffer(count: samples * classes).all
            let values = logits.values
            let labels = (0..<samples).map { $0 % classes }
            var naive: [Float] = []
            return KernelRun(
                fast: {
                    for i in 0..<samples {
                        let sample = i * classes..<(i + 1) * classes
                        _ = SoftmaxKernels.crossEntropy(
                            logits: logits[sample], label: labels[i], gradient: fast[sample])
                    }
                },
                naive: {
                    naive = Reference.crossEntropyGradient(values, labels: labels)
                }, results: { [(fast.values, naive)] })
        }
    }
}
