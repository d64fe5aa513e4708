import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Synchronization
import Testing

/// The division of a process's samples into panels without regard to leaves.
@Suite struct PanelTests {
    @Test(arguments: [0, 1, 7, 130, 300], [1, 2, 3, 9])
    func `spans cover all samples once and occupy all threads`(samples: Int, threads: Int) {
        let layout = BatchLayout(globalCount: samples, leafSize: 10, microBatch: 5, leafRun: 0..<30)
        let pass = Pass(
            mode: .evaluation, layout: layout, pool: .testing(threads),
            statistics: LocalStatistics())
        let spans = Mutex<[Range<Int>]>([])
        pass.forEachPanel(5, span: 64) { panel, _ in spans.withLock { $0.append(panel) } }
        let sorted = spans.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
        #expect(sorted.flatMap(Array.init) == Array(0..<samples))
        #expect(sorted.allSatisfy { (1...64).contains($0.count) })
        #expect(sorted.count >= min(threads, samples))
    }
}
