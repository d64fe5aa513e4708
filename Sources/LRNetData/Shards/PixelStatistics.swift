/// The mean and standard deviation of pixels per channel, from exact integer sums.
///
///     mean      = sum(v) / (255 n)
///     deviation = sqrt(sum(v^2) / n - (sum(v) / n)^2) / 255
struct PixelStatistics: Codable, Equatable {
    private var sums: [UInt64]
    private var squares: [UInt64]
    private var count: UInt64 = 0

    init(channels: Int) {
        sums = [UInt64](repeating: 0, count: channels)
        squares = sums
    }

    /// Adds pixels, channels innermost.
    mutating func add(_ pixels: [UInt8]) {
        let channels = sums.count
        for channel in 0..<channels {
            var sum: UInt64 = 0
            var square: UInt64 = 0
            for position in stride(from: channel, to: pixels.count, by: channels) {
                let value = UInt64(pixels[position])
                sum &+= value
                square &+= value &* value
            }
            sums[channel] += sum
            squares[channel] += square
        }
        count += UInt64(pixels.count / channels)
    }

    /// Adds the sums of other statistics. Sums are exact, so the order does not matter.
    ///
    /// - Precondition: Both have the same number of channels.
    mutating func add(_ other: PixelStatistics) {
        precondition(other.sums.count == sums.count, "\(other.sums.count) channels")
        for channel in sums.indices {
            sums[channel] += other.sums[channel]
            squares[channel] += other.squares[channel]
        }
        count += other.count
    }

    /// The mean per channel on the scale [0, 1]; 0 without pixels.
    var mean: [Double] {
        sums.map { count == 0 ? 0 : Double($0) / Double(count) / 255 }
    }

    /// The standard deviation per channel on the scale [0, 1]; 0 without pixels.
    var deviation: [Double] {
        zip(sums, squares).map { sum, square in
            guard count > 0 else { return 0 }
            let mean = Double(sum) / Double(count)
            return max(0, Double(square) / Double(count) - mean * mean).squareRoot() / 255
        }
    }
}
