package import LRNetKernels
internal import LRNetSupport

/// Batch normalization, optionally followed by a ReLU.
///
///     y = gamma (x - mean) / sqrt(variance + epsilon) + beta
///
/// In training and estimation, mean and population variance are those of the sample's group:
/// `groupSize` consecutive samples of the global batch, over all pixels, no matter which process
/// computes them. Each micro-batch contributes (count, mean, M2) in Double. The nodes of a group
/// are merged in a binary tree over its micro-batches, so the statistics do not depend on ranks or
/// threads.
///
/// The moving averages are updated once per training step with the mean over the groups:
/// `moving = momentum * moving + (1 - momentum) * batch`. They start at 0 and 1.
///
/// - Source: Ioffe, Szegedy, ICML 2015; merging by Chan, Golub, LeVeque, 1979.
package final class BatchNormalization: Layer {
    /// The samples that share statistics.
    package enum Statistics: Sendable, Equatable {
        /// The whole global batch.
        case synchronized
        /// This many consecutive samples of the global batch; a multiple of the micro-batch.
        case group(Int)
    }

    package struct Options: Sendable, Equatable {
        package var statistics = Statistics.synchronized
        /// A positive number that is added to variances.
        package var epsilon = 1e-3
        /// The weight of the old moving average, in 0 ..< 1.
        package var momentum = 0.999

        /// Creates the options of the authors' code, but with synchronized statistics.
        package init() {}
    }

    package let name: String
    package let inputShape: ImageShape
    package var outputShape: ImageShape { inputShape }

    /// True if a ReLU follows.
    package let rectified: Bool

    package let options: Options

    /// The scale and the offset of each channel.
    package let gamma, beta: Parameter

    /// The moving averages, `[channels]` each.
    package internal(set) var movingMean, movingVariance: [Double]

    /// The values of a finished network while it is evaluated (``Network/evaluating(_:_:)``).
    package var fixed: FinishedNormalization?

    let channels: Int
    var output = FloatBuffer(count: 0)
    private var input: FloatView?
    private var sums = DoubleBuffer(count: 0)
    private var groups: [Group] = []
    private var estimates: [(mean: [Double], variance: [Double])] = []

    /// The statistics of one group, in the form that the kernels require.
    struct Group {
        let count: Double
        let statistics: BatchNormKernels.Statistics
        let meanGradient, meanProduct: FloatView
    }

    package var inputGradientBuffer: InputGradientBuffer { .same }
    package var inference: InferenceStep? { .normalization(self) }

    /// Creates a layer with gamma 1 and beta 0.
    package init(name: String, inputShape: ImageShape, rectified: Bool, options: Options) {
        self.name = name
        self.inputShape = inputShape
        self.rectified = rectified
        self.options = options
        channels = inputShape.channels
        gamma = Parameter(name: "\(name).gamma", shape: [channels], role: .offset)
        beta = Parameter(name: "\(name).beta", shape: [channels], role: .offset)
        gamma.value.fill(1)
        movingMean = Array(repeating: 0, count: channels)
        movingVariance = Array(repeating: 1, count: channels)
    }

    /// Gamma and beta. Their gradients need no exchange, because the backward pass computes them
    /// for the whole batch.
    package var parameters: [Parameter] { [gamma, beta] }

    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        output = FloatBuffer(count: size.sampleCount * inputShape.count)
        sums = DoubleBuffer(count: size.sampleCount * 2 * channels)
    }

    /// Normalizes; in training, also updates the moving averages.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        if pass.mode == .evaluation {
            let values = fixed ?? finished
            groups = [
                makeGroup(
                    0, count: 1, mean: values.mean.map(Double.init),
                    variance: values.variance.map(Double.init))
            ]
        } else {
            try gatherStatistics(input, pass)
        }
        pass.forEachPart { position, samples in
            let range = values(of: samples)
            let group = groups[groupIndex(position, pass)]
            BatchNormKernels.normalize(
                input[range], scale: group.statistics.scale, shift: group.statistics.shift,
                rectified: rectified, into: output[range])
        }
        return output[0..<pass.layout.sampleCount * inputShape.count]
    }

    /// Replaces dL/dy by dL/dx, and computes the gradients of gamma and beta over the whole batch.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input else { preconditionFailure("\(name): backward without forward") }
        let microBatches = pass.layout.microBatches
        let width = 2 * channels
        pass.forEachMicroBatch(channels: channels) { position, columns in
            let range = values(of: microBatches[position])
            BatchNormKernels.gradientSums(
                gradient[range], input: input[range],
                statistics: groups[groupIndex(position, pass)].statistics, rectified: rectified,
                columns: columns, into: sums, at: position * width)
        }
        let all = try pass.statistics.gather(
            sums.prefix(microBatches.count * width), width: width, layout: pass.layout)
        finishSums(all, pass)
        pass.forEachPart { position, samples in
            let range = values(of: samples)
            let group = groups[groupIndex(position, pass)]
            BatchNormKernels.backward(
                gradient[range], input: input[range], statistics: group.statistics,
                rectified: rectified, meanGradient: group.meanGradient,
                meanProduct: group.meanProduct)
        }
        return gradient
    }

    /// The current batch norm as values, with the moving averages as its statistics.
    package var finished: FinishedNormalization {
        FinishedNormalization(
            name: name, mean: movingMean.map { Float($0) },
            variance: movingVariance.map { Float($0) }, gamma: gamma.value.values,
            beta: beta.value.values, epsilon: options.epsilon)
    }

    // MARK: Estimation

    /// Discards the statistics of earlier estimating passes.
    package func beginEstimation() { estimates = [] }

    /// Returns the averages over the estimating passes since ``beginEstimation()``; `nil` if there
    /// were none.
    package func finishEstimation() -> (mean: [Double], variance: [Double])? {
        defer { estimates = [] }
        return estimates.isEmpty ? nil : Self.average(estimates)
    }

    /// Restores moving averages from a checkpoint.
    package func restore(movingMean: [Double], movingVariance: [Double]) {
        precondition(
            movingMean.count == channels && movingVariance.count == channels,
            "\(movingMean.count) and \(movingVariance.count) statistics for \(channels) channels")
        self.movingMean = movingMean
        self.movingVariance = movingVariance
    }

    // MARK: Groups

    private func microBatchesPerGroup(_ pass: Pass) -> Int {
        switch options.statistics {
        case .synchronized: max(pass.layout.globalMicroBatchCount, 1)
        case .group(let size): size / pass.layout.microBatch
        }
    }

    private func groupIndex(_ position: Int, _ pass: Pass) -> Int {
        if pass.mode == .evaluation { return 0 }
        return (pass.layout.firstMicroBatch + position) / microBatchesPerGroup(pass)
    }

    private func values(of samples: Range<Int>) -> Range<Int> {
        samples.lowerBound * inputShape.count..<samples.upperBound * inputShape.count
    }

    private func gatherStatistics(_ input: FloatView, _ pass: Pass) throws {
        let microBatches = pass.layout.microBatches
        let width = 2 * channels
        pass.forEachMicroBatch(channels: channels) { position, columns in
            BatchNormKernels.moments(
                of: input[values(of: microBatches[position])], channels: channels,
                columns: columns, into: sums, at: position * width)
        }
        let all = try pass.statistics.gather(
            sums.prefix(microBatches.count * width), width: width, layout: pass.layout)
        let total = pass.layout.globalMicroBatchCount
        let perGroup = microBatchesPerGroup(pass)
        var batch: [(mean: [Double], variance: [Double])] = []
        var newGroups: [Group] = []
        for first in stride(from: 0, to: total, by: perGroup) {
            let members = first..<min(first + perGroup, total)
            let merged = GroupMoments.merge(
                members.map { index in
                    let node = all[index * width..<(index + 1) * width]
                    let samples = pass.layout.microBatchCount(at: index)
                    return GroupMoments(
                        count: Double(samples * inputShape.pixelCount),
                        mean: Array(node.prefix(channels)), squares: Array(node.suffix(channels)))
                })
            let variance = merged.squares.map { $0 / merged.count }
            newGroups.append(
                makeGroup(
                    newGroups.count, count: merged.count, mean: merged.mean, variance: variance))
            batch.append((merged.mean, variance))
        }
        groups = newGroups
        guard !batch.isEmpty else { return }
        let average = Self.average(batch)
        switch pass.mode {
        case .training:
            let (old, new) = (options.momentum, 1 - options.momentum)
            for c in 0..<channels {
                movingMean[c] = old * movingMean[c] + new * average.mean[c]
                movingVariance[c] = old * movingVariance[c] + new * average.variance[c]
            }
        case .estimating:
            // A tail batch may have a single value per channel, which has no standard deviation.
            let usable = zip(batch, newGroups).filter { $1.count > 1 }.map(\.0)
            if usable.count == batch.count {
                estimates.append(average)
            } else if !usable.isEmpty {
                estimates.append(Self.average(usable))
            }
        case .scoring, .evaluation: break
        }
    }

    private func makeGroup(
        _ index: Int, count: Double, mean: [Double], variance: [Double]
    ) -> Group {
        // Each group reuses its memory in every step.
        let memory =
            index < groups.count
            ? groups[index].statistics.mean.buffer : FloatBuffer(count: 6 * channels)
        func part(_ position: Int) -> FloatView {
            memory[position * channels..<(position + 1) * channels]
        }
        let statistics = BatchNormKernels.Statistics(
            mean: part(0), inverseDeviation: part(1), scale: part(2), shift: part(3))
        let epsilon = fixed?.epsilon ?? options.epsilon
        let gamma = fixed?.gamma ?? gamma.value.values
        let beta = fixed?.beta ?? beta.value.values
        for c in 0..<channels {
            let inverse = 1 / (variance[c] + epsilon).squareRoot()
            let scale = Double(gamma[c]) * inverse
            statistics.mean[c] = Float(mean[c])
            statistics.inverseDeviation[c] = Float(inverse)
            statistics.scale[c] = Float(scale)
            statistics.shift[c] = Float(
                Double(beta[c]) - mean[c] * scale)
        }
        return Group(
            count: count, statistics: statistics, meanGradient: part(4), meanProduct: part(5))
    }

    private func finishSums(_ all: [Double], _ pass: Pass) {
        let width = 2 * channels
        let total = pass.layout.globalMicroBatchCount
        let perGroup = microBatchesPerGroup(pass)
        var groupSums: [[Double]] = []
        for (index, first) in stride(from: 0, to: total, by: perGroup).enumerated() {
            let members = first..<min(first + perGroup, total)
            let sum = GroupMoments.treeSum(
                members.map { Array(all[$0 * width..<($0 + 1) * width]) })
            let group = groups[index]
            for c in 0..<channels {
                group.meanGradient[c] = Float(sum[c] / group.count)
                group.meanProduct[c] = Float(sum[channels + c] / group.count)
            }
            groupSums.append(sum)
        }
        guard !groupSums.isEmpty else { return }
        let sum = GroupMoments.treeSum(groupSums)
        for c in 0..<channels {
            beta.gradient[c] = Float(sum[c])
            gamma.gradient[c] = Float(sum[channels + c])
        }
    }

    private static func average(
        _ statistics: [(mean: [Double], variance: [Double])]
    ) -> (mean: [Double], variance: [Double]) {
        let count = Double(statistics.count)
        return (
            GroupMoments.treeSum(statistics.map(\.mean)).map { $0 / count },
            GroupMoments.treeSum(statistics.map(\.variance)).map { $0 / count }
        )
    }
}
