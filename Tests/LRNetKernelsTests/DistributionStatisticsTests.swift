import Foundation
import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct DistributionStatisticsTests {
    /// Float32 logarithms, and 1 - p0 - p1 in Float32: 1e-6 nat per weight.
    static let entropyTolerance = 1e-6

    private func probabilities(_ count: Int) -> (zero: [Float], plus: [Float]) {
        // Logits up to 8: from undecided to almost certain.
        let a = TestData.uniform(count, in: -8...8, stream: 1)
        let b = TestData.uniform(count, in: -8...8, stream: 2)
        let zero = a.map { Float(Reference.logistic(Double($0))) }
        return (zero, zip(zero, b).map { (1 - $0) * Float(Reference.logistic(Double($1))) })
    }

    @Test(arguments: TestData.counts)
    func `total entropy and saturated count equal their definitions`(count: Int) {
        let (zero, plus) = probabilities(count)
        let totals = DistributionStatistics.totals(
            zero: zero.view, plus: plus.view, saturation: 0.9)
        var entropy = 0.0
        var saturated = 0
        for (p0, p1) in zip(zero, plus) {
            let p2 = max(1 - p0 - p1, 0)
            for p in [p0, p1, p2] where p > 0 { entropy -= Double(p) * log(Double(p)) }
            if max(p0, p1, p2) >= 0.9 { saturated += 1 }
        }
        #expect(abs(totals.entropy - entropy) <= Self.entropyTolerance * Double(max(count, 1)))
        #expect(totals.saturatedCount == saturated)
    }

    @Test func `the entropy of equally likely values is the logarithm of their number`() {
        func entropy(_ zero: Float, _ plus: Float) -> Double {
            DistributionStatistics.totals(
                zero: [zero].view, plus: [plus].view, saturation: 0.99
            ).entropy
        }
        #expect(abs(entropy(1.0 / 3, 1.0 / 3) - log(3)) < Self.entropyTolerance)
        #expect(abs(entropy(0, 0.5) - log(2)) < Self.entropyTolerance)
        #expect(entropy(1, 0) == 0)
        #expect(entropy(0, 0) == 0)
    }

    @Test(arguments: TestData.counts)
    func `changed weights and zero weights are counted`(count: Int) {
        let old: [Float] = (0..<count).map { Float($0 % 3 - 1) }
        var new = old
        for i in stride(from: 0, to: count, by: 5) { new[i] = 0 }
        let changes = DistributionStatistics.changes(from: old.view, to: new.view)
        #expect(changes.changed == zip(old, new).filter { $0 != $1 }.count)
        #expect(changes.zeros == new.count { $0 == 0 })
    }

    @Test func `histograms count every value in exactly one bin`() {
        let values: [Float] = [0, 0.049, 0.05, 0.5, 0.999, 1]
        let counts = DistributionStatistics.histogram(values.view, bins: 20)
        #expect(counts[0] == 2)
        #expect(counts[1] == 1)
        #expect(counts[10] == 1)
        #expect(counts[19] == 2)
        #expect(counts.reduce(0, +) == values.count)
        #expect(DistributionStatistics.histogram([Float]().view, bins: 3) == [0, 0, 0])
    }
}
