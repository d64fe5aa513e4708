import LRNetTraining
import Testing

@Suite struct ConfusionsTests {
    /// Returns four samples of class 0, three of class 1, none of class 2 and two of class 3.
    private func sample() -> Confusions {
        var result = Confusions(classes: 4)
        for (label, prediction, count) in [
            (0, 0, 1), (0, 3, 2), (0, 1, 1), (1, 1, 1), (1, 0, 2), (3, 3, 2),
        ] {
            for _ in 0..<count { result.add(label: label, prediction: prediction) }
        }
        return result
    }

    @Test func `errors are counted by class and by confused pair`() {
        let results = sample().classResults
        #expect(results.map(\.label) == [0, 1, 2, 3])
        #expect(results.map(\.errorCount) == [3, 2, 0, 0])
        #expect(results.map(\.sampleCount) == [4, 3, 0, 2])
        let percents: [Double?] = [75, 200.0 / 3, nil, 0]
        #expect(results.map(\.errorPercent) == percents)
        // Pairs of equal count are sorted by label.
        let pairs = sample().mostConfused(10)
        #expect(pairs.map(\.label) == [0, 1, 0])
        #expect(pairs.map(\.prediction) == [3, 0, 1])
        #expect(pairs.map(\.count) == [2, 2, 1])
        #expect(sample().mostConfused(1).count == 1)
    }

    @Test func `the counts of several processes are added from their bytes`() {
        var sum = Confusions(classes: 4)
        sum.add(sample().bytes)
        #expect(sum == sample())
        sum.add(Confusions(classes: 4).bytes)
        #expect(sum == sample())
        sum.add(sample().bytes)
        #expect(sum.classResults.map(\.errorCount) == [6, 4, 0, 0])
        #expect(sample().bytes.count == 6 * 8)
    }
}
