import LRNetLayers
import LRNetTraining
import Testing

@Suite struct SumBucketTests {
    private func sum(_ range: Range<Int>, unit: Int? = nil) -> GradientSum {
        GradientSum(range: range, unit: unit)
    }

    @Test func `sums of adjacent ranges are joined into one`() {
        var bucket = SumBucket()
        #expect(bucket.add(sum(90..<100)) == [])
        #expect(bucket.add(sum(90..<90)) == [])
        #expect(bucket.add(sum(80..<90)) == [])
        #expect(bucket.range == 80..<100)
        // A gap.
        #expect(bucket.add(sum(10..<20)) == [sum(80..<100)])
        #expect(bucket.add(sum(0..<10, unit: 4)) == [sum(10..<20), sum(0..<10, unit: 4)])
        #expect(bucket.range == nil && bucket.takeRest() == [])
    }

    @Test func `a sum starts as soon as it has enough values`() {
        var bucket = SumBucket()
        let count = SumBucket.leastCount
        #expect(bucket.add(sum(count..<2 * count)) == [sum(count..<2 * count)])
        #expect(bucket.add(sum(1..<count)) == [])
        #expect(bucket.add(sum(0..<1)) == [sum(0..<count)])
        #expect(bucket.add(sum(3 * count..<3 * count + 1)) == [])
        #expect(bucket.takeRest() == [sum(3 * count..<3 * count + 1)])
        #expect(bucket.takeRest() == [])
    }
}
