package import LRNetKernels
internal import LRNetSupport

/// Batch normalization, optionally followed by a ReLU.
///
///     y = gamma (x - mean) / sqrt(variance + epsilon) + beta
///
/// In training and estimation, mean and population variance are those of the sample's group:
/// `groupSize` consecutive samples of the global batch, over all pixels, no matter which process
/// computes them. Each micro-batch contributes a row (mean, M2, count) in Double. The rows of a
/// group are merged in a binary tree over its micro-batches, so the statistics do not depend on
/// ranks or threads.
///
/// The moving averages are updated once per training step with the mean over the groups:
/// `moving = momentum * moving + (1 - momentum) * batch`. They start at 0 and 1. Sums over groups
/// are formed in a binary tree over the groups.
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
    /// A row per micro-batch of this process.
    private var rows = DoubleBuffer(count: 0)
    /// The groups that contain samples of this process.
    private var groups: [NormalizationGroup] = []
    private var estimates: [ChannelAverages] = []

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
        rows = DoubleBuffer(count: size.sampleCount * (2 * channels + 1))
    }

    /// Normalizes; in training, also updates the moving averages.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        if pass.mode == .evaluation {
            let values = fixed ?? finished
            groups = [
                makeGroup(
                    0, count: 1, mean: { Double(values.mean[$0]) },
                    variance: { Double(values.variance[$0]) })
            ]
        } else {
            try computeStatistics(input, pass)
        }
        pass.forEachPart { position, samples in
            let range = values(of: samples)
            let group = group(ofMicroBatch: position, pass)
            BatchNormKernels.normalize(
                input[range], scale: group.statistics.scale, shift: group.statistics.shift,
                rectified: rectified, into: output[range])
        }
        return output[0..<pass.layout.sampleCount * inputShape.count]
    }

    /// Replaces dL/dy by dL/dx, and computes the gradients of gamma and beta over the whole batch.
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input else { preconditionFailure("\(name): backward without forward") }
        try computeGradientSums(gradient, input, pass)
        pass.forEachPart { position, samples in
            let range = values(of: samples)
            let group = group(ofMicroBatch: position, pass)
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
        if estimates.isEmpty { return nil }
        let averages = ChannelAverages(of: estimates)
        return (averages.mean, averages.variance)
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

    /// Returns the groups of a batch.
    package func division(_ layout: BatchLayout) -> StatisticsGroups {
        let size =
            switch options.statistics {
            case .synchronized: max(layout.globalMicroBatchCount, 1)
            case .group(let size): size / layout.microBatch
            }
        return StatisticsGroups(layout: layout, size: size)
    }

    private func group(ofMicroBatch index: Int, _ pass: Pass) -> NormalizationGroup {
        groups[pass.mode == .evaluation ? 0 : division(pass.layout).position(ofMicroBatch: index)]
    }

    private func values(of samples: Range<Int>) -> Range<Int> {
        samples.lowerBound * inputShape.count..<samples.upperBound * inputShape.count
    }

    /// Computes the statistics of this process's groups, and their averages over all groups.
    private func computeStatistics(_ input: FloatView, _ pass: Pass) throws {
        let microBatches = pass.layout.microBatches
        let division = division(pass.layout)
        let (channels, width) = (channels, 2 * channels + 1)
        pass.forEachMicroBatch(channels: channels) { position, columns in
            BatchNormKernels.moments(
                of: input[values(of: microBatches[position])], channels: channels,
                columns: columns, into: rows, at: position * width)
        }
        for (position, samples) in microBatches.enumerated() {
            rows[position * width + 2 * channels] = Double(samples.count * inputShape.pixelCount)
        }
        try pass.statistics.combine(rows, width: width, of: division.microBatchRows) {
            RowKernels.mergeMoments($0, $1, $2, channels: channels)
        }
        groups = division.own.enumerated().map { position, group in
            let row = division.firstMicroBatch(of: group) * width
            let count = rows[row + 2 * channels]
            return makeGroup(
                position, count: count, mean: { rows[row + $0] },
                variance: { rows[row + channels + $0] / count })
        }
        switch pass.mode {
        case .training:
            guard let average = try average(of: division.count, division, pass) else { return }
            let (old, new) = (options.momentum, 1 - options.momentum)
            for c in 0..<channels {
                movingMean[c] = old * movingMean[c] + new * average.mean[c]
                movingVariance[c] = old * movingVariance[c] + new * average.variance[c]
            }
        case .estimating:
            // A tail batch may have a single value per channel, which has no standard deviation.
            let usable = division.usableCount(pixelCount: inputShape.pixelCount)
            if let average = try average(of: usable, division, pass) { estimates.append(average) }
        case .scoring, .evaluation: break
        }
    }

    /// Returns the averages of mean and variance over the first `count` groups of all processes;
    /// `nil` if there are none. The rows contain the groups' moments and are overwritten.
    private func average(
        of count: Int, _ division: StatisticsGroups, _ pass: Pass
    ) throws -> ChannelAverages? {
        if count == 0 { return nil }
        let (channels, width) = (channels, 2 * channels)
        // With one group, every process has its moments in row 0.
        for (index, group) in (division.count == 1 ? 0..<1 : division.begun).enumerated() {
            let source = division.firstMicroBatch(of: group) * (width + 1)
            let target = index * width
            let valueCount = rows[source + width]
            for c in 0..<channels { rows[target + c] = rows[source + c] }
            for c in channels..<width { rows[target + c] = rows[source + c] / valueCount }
        }
        if division.count > 1 { try sumRows(of: division.groupRows(count), pass) }
        return ChannelAverages(sum: rows, channels: channels, count: count)
    }

    /// Adds rows of two values per channel over all processes. Row 0 then contains the sum.
    private func sumRows(of all: GroupedRows, _ pass: Pass) throws {
        let width = 2 * channels
        try pass.statistics.combine(rows, width: width, of: all) {
            RowKernels.add($0, $1, $2, count: width)
        }
    }

    private func makeGroup(
        _ index: Int, count: Double, mean: (Int) -> Double, variance: (Int) -> Double
    ) -> NormalizationGroup {
        // Each group reuses its memory in every step.
        let memory =
            index < groups.count
            ? groups[index].statistics.mean.buffer : FloatBuffer(count: 6 * channels)
        return NormalizationGroup(
            count: count, memory: memory,
            affine: NormalizationGroup.Affine(
                gamma: fixed?.gamma ?? gamma.value.values, beta: fixed?.beta ?? beta.value.values,
                epsilon: fixed?.epsilon ?? options.epsilon),
            mean: mean, variance: variance)
    }

    /// Computes the mean gradients of this process's groups, and the gradients of beta and gamma.
    private func computeGradientSums(
        _ gradient: FloatView, _ input: FloatView, _ pass: Pass
    ) throws {
        let microBatches = pass.layout.microBatches
        let division = division(pass.layout)
        let width = 2 * channels
        pass.forEachMicroBatch(channels: channels) { position, columns in
            let range = values(of: microBatches[position])
            BatchNormKernels.gradientSums(
                gradient[range], input: input[range],
                statistics: group(ofMicroBatch: position, pass).statistics, rectified: rectified,
                columns: columns, into: rows, at: position * width)
        }
        try sumRows(of: division.microBatchRows, pass)
        for (group, index) in zip(groups, division.own) {
            group.setGradients(rows, row: division.firstMicroBatch(of: index) * width)
        }
        if division.count > 1 {
            for (index, group) in division.begun.enumerated() {
                RowKernels.copy(
                    rows, at: division.firstMicroBatch(of: group) * width, to: rows,
                    at: index * width, count: width)
            }
            try sumRows(of: division.groupRows(division.count), pass)
        }
        if division.count == 0 { return }
        for c in 0..<channels {
            beta.gradient[c] = Float(rows[c])
            gamma.gradient[c] = Float(rows[channels + c])
        }
    }
}
