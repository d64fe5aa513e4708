internal import LRNetKernels
internal import LRNetSupport

/// A mean and a variance per channel, averaged over groups or over estimating passes.
struct ChannelAverages {
    let mean, variance: [Double]

    /// Divides the sum of `count` rows, which starts at index 0, by `count`. A row contains the
    /// means of all channels, then the variances.
    init(sum: DoubleBuffer, channels: Int, count: Int) {
        mean = (0..<channels).map { sum[$0] / Double(count) }
        variance = (channels..<2 * channels).map { sum[$0] / Double(count) }
    }

    /// Averages averages, which are added in the order of ``LeafTree``.
    ///
    /// - Precondition: There is at least one.
    init(of parts: [ChannelAverages]) {
        let channels = parts[0].mean.count
        let width = 2 * channels
        let rows = DoubleBuffer(count: parts.count * width)
        for (index, part) in parts.enumerated() {
            for c in 0..<channels {
                rows[index * width + c] = part.mean[c]
                rows[index * width + channels + c] = part.variance[c]
            }
        }
        LeafTree(count: parts.count).forEachAddition(within: 0..<parts.count) {
            RowKernels.add(rows, $0 * width, $1 * width, count: width)
        }
        self.init(sum: rows, channels: channels, count: parts.count)
    }
}
