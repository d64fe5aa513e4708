import LRNetLayers
import Testing

@Suite struct BatchLayoutTests {
    /// For any split of the leaves, every sample is in exactly one leaf and one micro-batch of one
    /// process, at the place that its position in the batch determines.
    @Test(arguments: [0, 1, 5, 8, 23, 24, 31, 32], [1, 2, 3, 8])
    func `the shares of all processes make up the whole batch`(globalCount: Int, processes: Int) {
        let (leafSize, microBatch, leafCount) = (4, 2, 8)
        let whole = BatchLayout(
            globalCount: globalCount, leafSize: leafSize, microBatch: microBatch,
            leafRun: 0..<leafCount)
        #expect(whole.sampleCount == globalCount)
        #expect(whole.leaves.count == whole.globalLeafCount)
        #expect(whole.microBatches.count == whole.globalMicroBatchCount)
        #expect(whole.globalLeafCount == Int((Double(globalCount) / 4).rounded(.up)))
        #expect(whole.globalMicroBatchCount == Int((Double(globalCount) / 2).rounded(.up)))
        for (index, range) in whole.microBatches.enumerated() {
            #expect(range.lowerBound == index * microBatch)
            #expect(range.count == whole.microBatchCount(at: index))
        }
        var (leaves, microBatches): ([Range<Int>], [Range<Int>]) = ([], [])
        for process in 0..<processes {
            let run = process * leafCount / processes..<(process + 1) * leafCount / processes
            let layout = BatchLayout(
                globalCount: globalCount, leafSize: leafSize, microBatch: microBatch, leafRun: run)
            func moved(_ range: Range<Int>) -> Range<Int> {
                range.lowerBound + layout.firstSample..<range.upperBound + layout.firstSample
            }
            if !layout.microBatches.isEmpty {
                #expect(layout.firstMicroBatch == microBatches.count)
            }
            leaves += layout.leaves.map(moved)
            microBatches += layout.microBatches.map(moved)
        }
        #expect(leaves == whole.leaves)
        #expect(microBatches == whole.microBatches)
    }

    @Test func `a partial batch has a short leaf and absent ones`() {
        let layout = BatchLayout(globalCount: 9, leafSize: 4, microBatch: 2, leafRun: 1..<8)
        #expect(layout.firstSample == 4)
        #expect(layout.leaves == [0..<4, 4..<5])
        #expect(layout.microBatches == [0..<2, 2..<4, 4..<5])
        #expect(layout.firstMicroBatch == 2)
        let none = BatchLayout(globalCount: 9, leafSize: 4, microBatch: 2, leafRun: 3..<8)
        #expect(none.leaves.isEmpty && none.sampleCount == 0 && none.firstSample == 9)
    }

    @Test func `a micro-batch that does not divide the leaf traps`() async {
        await #expect(processExitsWith: .failure) {
            _ = BatchLayout(globalCount: 8, leafSize: 4, microBatch: 3, leafRun: 0..<2)
        }
    }
}
