import Foundation
import LRNetReport
import Testing

@Suite struct StatisticsTests {
    @Test func `a histogram counts every value, even outside its range`() {
        let histogram = Histogram([-9, 0, 0.1, 0.25, 0.99, 1, 7], in: 0...1, bins: 4)
        // -9 and 7 are outside and count in the end bins; a border belongs to the bin above it.
        #expect(histogram.counts == [3, 1, 0, 3])
        #expect(histogram.edges == [0, 0.25, 0.5, 0.75, 1])
        #expect(histogram.total == 7)
        #expect(abs(histogram.shares.reduce(0, +) - 1) < 1e-12)
        #expect(abs(histogram.densities.map { $0 / 4 }.reduce(0, +) - 1) < 1e-12)
        #expect(Histogram([], in: 0...1, bins: 3).shares == [0, 0, 0])
        #expect(Histogram(counts: [1, 3], in: 0...1).edges == [0, 0.5, 1])
    }

    /// Computes the definition by entropies: JS = H((p + q) / 2) - (H(p) + H(q)) / 2.
    private func naive(_ p: [Double], _ q: [Double]) -> Double {
        func entropy(_ p: [Double]) -> Double {
            p.reduce(0) { $1 > 0 ? $0 - $1 * log($1) / log(2) : $0 }
        }
        return entropy(zip(p, q).map { ($0 + $1) / 2 }) - (entropy(p) + entropy(q)) / 2
    }

    @Test func `the Jensen-Shannon divergence matches its definition`() {
        let cases: [([Double], [Double], Double?)] = [
            ([0.5, 0.5], [0.5, 0.5], 0), ([1, 0], [0, 1], 1),
            ([0.2, 0.3, 0.5], [0.1, 0.7, 0.2], nil), ([0, 0.9, 0.1], [0.4, 0.6, 0], nil),
            ([1, 0], [0.5, 0.5], 0.311_278_124_459_132_8),
        ]
        for (p, q, known) in cases {
            let value = Divergence.jensenShannon(p, q)
            #expect(abs(value - naive(p, q)) < 1e-12)
            #expect(abs(value - Divergence.jensenShannon(q, p)) < 1e-15)
            if let known { #expect(abs(value - known) < 1e-12) }
        }
    }

    @Test func `a sample diverges by the expected amount within a factor of two`() {
        let bins = 40
        let truth = [Double](repeating: 1 / Double(bins), count: bins)
        var state: UInt64 = 7
        let values = (0..<20_000).map { _ -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        let sample = Histogram(values, in: 0...1, bins: bins).shares
        let value = Divergence.jensenShannon(sample, truth)
        let expected = Divergence.jensenShannonOfChance(bins: bins, count: values.count)
        #expect(value > expected / 2 && value < 2 * expected, "\(value) for \(expected)")
    }

    @Test func `Gaussian shares add up to one and include the tails`() {
        let gaussian = Gaussian(mean: 1, deviation: 2)
        let shares = gaussian.shares([-3, -1, 1, 3, 5])
        #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
        // The end bins include the tails: values below -1 are more than one standard deviation
        // below the mean.
        #expect(abs(shares[0] - 0.158_655_253_931_457) < 1e-12)
        #expect(abs(shares[1] - 0.341_344_746_068_543) < 1e-12)
        #expect(abs(gaussian.density(1) - 0.199_471_140_200_716) < 1e-12)
        #expect(abs(gaussian.below(1) - 0.5) < 1e-15)
    }
}
