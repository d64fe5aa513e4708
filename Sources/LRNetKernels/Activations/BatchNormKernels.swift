internal import LRNetSupport

/// Batch normalization of NHWC activations, treated as a matrix of shape `[rows, channels]`.
///
///     xhat = (x - mean) / sqrt(variance + epsilon)        y = gamma xhat + beta
///
/// The variance is the population variance of the group. A ReLU may follow.
package enum BatchNormKernels {
    /// The number of rows that are summed in Float32 before the sum is added to a Double.
    private static let blockRows = 64

    /// Computes the moments of each column of some rows, in Double.
    ///
    /// Distances from the first row are summed, so that columns whose mean is large relative to
    /// their deviation keep their variance.
    ///
    /// Naive twin: `Reference.channelMoments`.
    ///
    /// - Parameters:
    ///   - input: Shape `[rows, channels]`, at least one row.
    ///   - columns: The columns to compute; `nil` for all.
    ///   - moments: Overwritten from index `offset` on: first the mean of each column, then the sum
    ///     of squared distances from it.
    package static func moments(
        of input: FloatView, channels: Int, columns: Range<Int>? = nil,
        into moments: DoubleBuffer, at offset: Int
    ) {
        let columns = columns ?? 0..<channels
        let rows = rowCount(input, channels)
        precondition(
            rows > 0 && offset >= 0 && offset + 2 * channels <= moments.count
                && (0..<channels).contains(columns),
            "moments of \(rows) rows and \(channels) channels at \(offset) of \(moments.count)")
        let x = input.pointer
        let result = moments.base + offset
        sumBlocks(rows, channels, columns, into: result) { sums, row, c, lanes in
            let d = load(x + (row &* channels &+ c), lanes) - load(x + c, lanes)
            sums.first += d
            sums.second = multiplyAdd(d, d, sums.second)
        }
        for c in columns {
            let mean = result[c] / Double(rows)
            let centered = result[channels &+ c] - result[c] * mean
            result[c] = Double(x[c]) + mean
            result[channels &+ c] = max(centered, 0)
        }
    }

    /// Two sums for a vector of channels.
    private struct Sums {
        var first = Vector(repeating: 0)
        var second = Vector(repeating: 0)

        /// Adds the sums to the sums of all rows: the first to `result`, the second `channels`
        /// values later.
        @inline(__always)
        func add(to result: UnsafeMutablePointer<Double>, _ channels: Int, _ lanes: Int) {
            for lane in 0..<lanes {
                result[lane] += Double(first[lane])
                result[channels &+ lane] += Double(second[lane])
            }
        }
    }

    /// Overwrites two sums per channel in `result`, one block of rows at a time. The first sums of
    /// all channels come first, then the second ones.
    ///
    /// Rows are read in memory order, four vectors of channels at a time, whose sums stay in
    /// registers.
    ///
    /// - Parameter add: Adds the contribution of a row and a vector of channels.
    @inline(__always)
    private static func sumBlocks(
        _ rows: Int, _ channels: Int, _ columns: Range<Int>,
        into result: UnsafeMutablePointer<Double>,
        _ add: (_ sums: inout Sums, _ row: Int, _ c: Int, _ lanes: Int) -> Void
    ) {
        (result + columns.lowerBound).update(repeating: 0, count: columns.count)
        (result + channels + columns.lowerBound).update(repeating: 0, count: columns.count)
        let width = 4 * laneCount
        let whole = columns.lowerBound + columns.count / width * width
        var row = 0
        while row < rows {
            let end = min(row &+ blockRows, rows)
            for c in stride(from: columns.lowerBound, to: whole, by: width) {
                var (s0, s1, s2, s3) = (Sums(), Sums(), Sums(), Sums())
                for row in row..<end {
                    add(&s0, row, c, laneCount)
                    add(&s1, row, c &+ laneCount, laneCount)
                    add(&s2, row, c &+ 2 &* laneCount, laneCount)
                    add(&s3, row, c &+ 3 &* laneCount, laneCount)
                }
                s0.add(to: result + c, channels, laneCount)
                s1.add(to: result + (c &+ laneCount), channels, laneCount)
                s2.add(to: result + (c &+ 2 &* laneCount), channels, laneCount)
                s3.add(to: result + (c &+ 3 &* laneCount), channels, laneCount)
            }
            forEachVector(columns.upperBound &- whole) { offset, lanes in
                let c = whole &+ offset
                var sums = Sums()
                for row in row..<end { add(&sums, row, c, lanes) }
                sums.add(to: result + c, channels, lanes)
            }
            row = end
        }
    }

    /// Computes `output = input * scale + shift` for each column, and 0 where that is negative if
    /// `rectified`.
    ///
    /// Naive twins: `Reference.normalize` and, from the definition, `Reference.batchNorm`.
    ///
    /// - Parameters:
    ///   - input: Shape `[rows, channels]`; may be the same view as `output`.
    ///   - scale: gamma / sqrt(variance + epsilon), shape `[channels]`.
    ///   - shift: beta - mean * scale, shape `[channels]`.
    package static func normalize(
        _ input: FloatView, scale: FloatView, shift: FloatView, rectified: Bool,
        into output: FloatView
    ) {
        let channels = scale.count
        let rows = rowCount(input, channels)
        precondition(
            output.count == input.count && shift.count == channels,
            "normalizing \(input.count) values into \(output.count)")
        let x = input.pointer
        let y = output.pointer
        let floor = Vector(repeating: rectified ? 0 : -.infinity)
        forEachRow(rows, channels) { row, c, lanes in
            let index = row &* channels &+ c
            let value = multiplyAdd(
                load(x + index, lanes), load(scale.pointer + c, lanes),
                load(shift.pointer + c, lanes))
            // In this argument order a value of NaN stays NaN.
            store(larger(floor, value), y + index, lanes)
        }
    }

    /// Computes the two sums of a group's backward pass, in Double. They are also dL/dbeta and
    /// dL/dgamma.
    ///
    ///     g = gradient, or 0 where the output of the ReLU was 0
    ///     sums[offset + c] = sum of g          sums[offset + channels + c] = sum of g * xhat
    ///
    /// Naive twin: `Reference.gradientSums`.
    ///
    /// - Parameters:
    ///   - gradient: dL/dy, shape `[rows, channels]`.
    ///   - input: `x` of the forward pass.
    ///   - statistics: The group's mean and 1 / sqrt(variance + epsilon), and the `scale` and
    ///     `shift` that were passed to ``normalize(_:scale:shift:rectified:into:)``.
    ///   - columns: The columns to compute; `nil` for all.
    package static func gradientSums(
        _ gradient: FloatView, input: FloatView, statistics: Statistics, rectified: Bool,
        columns: Range<Int>? = nil, into sums: DoubleBuffer, at offset: Int
    ) {
        let channels = statistics.mean.count
        let columns = columns ?? 0..<channels
        let rows = rowCount(input, channels)
        precondition(
            gradient.count == input.count && offset >= 0
                && offset + 2 * channels <= sums.count && (0..<channels).contains(columns),
            "gradient sums of \(gradient.count) and \(input.count) values at \(offset)")
        let x = input.pointer
        let g = gradient.pointer
        let result = sums.base + offset
        sumBlocks(rows, channels, columns, into: result) { sums, row, c, lanes in
            let local = LocalStatistics(statistics, c, lanes)
            let index = row &* channels &+ c
            let value = load(x + index, lanes)
            let masked = local.gradient(load(g + index, lanes), value, rectified)
            sums.first += masked
            sums.second = multiplyAdd(masked, local.normalized(value), sums.second)
        }
    }

    /// Overwrites dL/dy with dL/dx, including the gradient that flows through the group's mean and
    /// variance.
    ///
    ///     dx = scale * (g - meanGradient - xhat * meanProduct)
    ///
    /// Naive twins: `Reference.normalizedGradient` and, from the Jacobian,
    /// `Reference.batchNormGradients`.
    ///
    /// - Parameters:
    ///   - gradient: dL/dy; overwritten with dL/dx.
    ///   - meanGradient: The group's mean of `g`, shape `[channels]`.
    ///   - meanProduct: The group's mean of `g * xhat`, shape `[channels]`.
    package static func backward(
        _ gradient: FloatView, input: FloatView, statistics: Statistics, rectified: Bool,
        meanGradient: FloatView, meanProduct: FloatView
    ) {
        let channels = statistics.mean.count
        let rows = rowCount(input, channels)
        precondition(
            gradient.count == input.count && meanGradient.count == channels
                && meanProduct.count == channels,
            "gradient of \(gradient.count) values for \(input.count)")
        let x = input.pointer
        let g = gradient.pointer
        forEachRow(rows, channels) { row, c, lanes in
            let index = row &* channels &+ c
            let local = LocalStatistics(statistics, c, lanes)
            let value = load(x + index, lanes)
            let masked = local.gradient(load(g + index, lanes), value, rectified)
            let centered = masked - load(meanGradient.pointer + c, lanes)
            let product = local.normalized(value) * load(meanProduct.pointer + c, lanes)
            store(local.scale * (centered - product), g + index, lanes)
        }
    }

    /// The statistics of one group, each of shape `[channels]`.
    package struct Statistics: Sendable {
        /// The mean and 1 / sqrt(variance + epsilon).
        package let mean, inverseDeviation: FloatView

        /// `gamma * inverseDeviation` and `beta - mean * scale`.
        package let scale, shift: FloatView

        /// Creates the statistics of a group.
        ///
        /// - Precondition: The counts agree.
        package init(
            mean: FloatView, inverseDeviation: FloatView, scale: FloatView, shift: FloatView
        ) {
            precondition(
                mean.count == inverseDeviation.count && mean.count == scale.count
                    && mean.count == shift.count,
                "\(mean.count), \(inverseDeviation.count), \(scale.count), \(shift.count) channels")
            self.mean = mean
            self.inverseDeviation = inverseDeviation
            self.scale = scale
            self.shift = shift
        }
    }

    private struct LocalStatistics {
        let mean, inverseDeviation, scale, shift: Vector

        @inline(__always)
        init(_ statistics: Statistics, _ c: Int, _ lanes: Int) {
            mean = load(statistics.mean.pointer + c, lanes)
            inverseDeviation = load(statistics.inverseDeviation.pointer + c, lanes)
            scale = load(statistics.scale.pointer + c, lanes)
            shift = load(statistics.shift.pointer + c, lanes)
        }

        @inline(__always)
        func normalized(_ x: Vector) -> Vector { (x - mean) * inverseDeviation }

        @inline(__always)
        func gradient(_ g: Vector, _ x: Vector, _ rectified: Bool) -> Vector {
            if !rectified { return g }
            let y = multiplyAdd(x, scale, shift)
            let zero = Vector(repeating: 0)
            return zero.replacing(with: g, where: y .> zero)
        }
    }

    private static func rowCount(_ view: FloatView, _ channels: Int) -> Int {
        precondition(
            channels > 0 && view.count % channels == 0,
            "\(view.count) values are not whole rows of \(channels) channels")
        return view.count / channels
    }

    @inline(__always)
    private static func forEachRow(
        _ rows: Int, _ channels: Int, _ body: (_ row: Int, _ c: Int, _ lanes: Int) -> Void
    ) {
        for row in 0..<rows {
            forEachVector(channels) { c, lanes in body(row, c, lanes) }
        }
    }
}
