internal import LRNetKernels
internal import LRNetReference

/// Batch norm of a micro-batch with few and with many channels.
extension KernelCases {
    static var normalization: [KernelCase] {
        [(25_088, 32), (196, 512)].flatMap { rows, channels in
            let reason = "Doubles after every 64 rows; up to 64 channels at a time"
            return [
                moments(rows, channels, reason),
                normalize(rows, channels),
                gradientSums(rows, channels, reason),
                backward(rows, channels),
            ]
        }
    }

    /// The values and statistics of a batch.
    private struct Norm {
        let rows, channels: Int
        let x, mean, inverseDeviation, scale, shift, meanGradient, meanProduct: FloatView

        init(_ rows: Int, _ channels: Int) {
            self.rows = rows
            self.channels = channels
            func constant(_ value: Float) -> FloatView {
                let view = FloatBuffer(count: channels).all
                view.fill(value)
                return view
            }
            x = BenchmarkData.normal(rows * channels)
            // A scale of 1 keeps gradients at a reasonable size through thousands of calls.
            (mean, inverseDeviation) = (constant(0.25), constant(1))
            (scale, shift) = (constant(1), constant(0.125))
            (meanGradient, meanProduct) = (constant(0.0625), constant(-0.03125))
        }

        var statistics: BatchNormKernels.Statistics {
            BatchNormKernels.Statistics(
                mean: mean, inverseDeviation: inverseDeviation, scale: scale, shift: shift)
        }

        var naiveStatistics: Reference.ChannelStatistics<Float> {
            Reference.ChannelStatistics(
                mean: mean.values, inverseDeviation: inverseDeviation.values,
                scale: scale.values, shift: shift.values)
        }
    }

    private static func make(
        _ name: String, _ rows: Int, _ channels: Int, passes: Int, _ reason: String,
        tolerance: Double = KernelCase.fewRoundings, _ prepare: @escaping (Norm) -> KernelRun
    ) -> KernelCase {
        KernelCase(
            name: "batch norm, \(name)", shape: "\(rows)x\(channels)", units: 1, naiveUnits: 1,
            work: .pass(values: passes * rows * channels), tolerance: tolerance, reason: reason
        ) { _ in prepare(Norm(rows, channels)) }
    }

    private static func doubles(_ buffer: DoubleBuffer) -> [Float] {
        buffer.prefix(buffer.count).map { Float($0) }
    }

    private static func moments(_ rows: Int, _ channels: Int, _ reason: String) -> KernelCase {
        make("moments", rows, channels, passes: 1, reason, tolerance: KernelCase.longSum) { norm in
            let sums = DoubleBuffer(count: 2 * channels)
            let x = norm.x.values
            var naive: (mean: [Float], squares: [Float]) = ([], [])
            return KernelRun(
                fast: {
                    BatchNormKernels.moments(of: norm.x, channels: channels, into: sums, at: 0)
                },
                naive: {
                    naive = Reference.channelMoments(x, channels: channels)
                }, results: { [(doubles(sums), naive.mean + naive.squares)] })
        }
    }

    private static func normalize(_ rows: Int, _ channels: Int) -> KernelCase {
        make(
            "normalize", rows, channels, passes: 2,
            "scale and shift are loaded again for each row; lines are read before they are written"
        ) { norm in
            let fast = FloatBuffer(count: rows * channels).all
            let (x, scale, shift) = (norm.x.values, norm.scale.values, norm.shift.values)
            var naive = fast.values
            return KernelRun(
                fast: {
                    BatchNormKernels.normalize(
                        norm.x, scale: norm.scale, shift: norm.shift, rectified: true, into: fast)
                },
                naive: {
                    Reference.normalize(x, scale: scale, shift: shift, into: &naive)
                }, results: { [(fast.values, naive)] })
        }
    }

    private static func gradientSums(_ rows: Int, _ channels: Int, _ reason: String) -> KernelCase {
        make("gradient sums", rows, channels, passes: 2, reason, tolerance: KernelCase.longSum) {
            norm in
            let gradient = BenchmarkData.normal(rows * channels, stream: 1)
            let sums = DoubleBuffer(count: 2 * channels)
            let (naiveGradient, x) = (gradient.values, norm.x.values)
            let statistics = norm.naiveStatistics
            var naive: (gradients: [Float], products: [Float]) = ([], [])
            return KernelRun(
                fast: {
                    BatchNormKernels.gradientSums(
                        gradient, input: norm.x, statistics: norm.statistics, rectified: true,
                        into: sums, at: 0)
                },
                naive: {
                    naive = Reference.gradientSums(
                        naiveGradient, input: x, statistics: statistics)
                }, results: { [(doubles(sums), naive.gradients + naive.products)] })
        }
    }

    private static func backward(_ rows: Int, _ channels: Int) -> KernelCase {
        make(
            "backward", rows, channels, passes: 3,
            "six constants of each channel are loaded again for each row"
        ) { norm in
            let fast = BenchmarkData.normal(rows * channels, stream: 1)
            let (x, statistics) = (norm.x.values, norm.naiveStatistics)
            let (meanGradient, meanProduct) = (norm.meanGradient.values, norm.meanProduct.values)
            var naive = fast.values
            return KernelRun(
                fast: {
                    BatchNormKernels.backward(
                        fast, input: norm.x, statistics: norm.statistics, rectified: true,
                        meanGradient: norm.meanGradient, meanProduct: norm.meanProduct)
                },
                naive: {
                    Reference.normalizedGradient(
                        &naive, input: x, statistics: statistics, meanGradient: meanGradient,
                        meanProduct: meanProduct)
                }, results: { [(fast.values, naive)] })
        }
    }
}
