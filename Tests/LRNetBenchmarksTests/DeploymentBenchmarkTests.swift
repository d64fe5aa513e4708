import LRNetBenchmarks
import LRNetSupport
import Testing

/// The benchmark compares each kernel with its naive twin before it measures.
@Suite struct DeploymentBenchmarkTests {
    @Test(arguments: [1, 2])
    func `layers of 2-bit weights are timed beside OpenBLAS`(threads: Int) throws {
        let report = try DeploymentBenchmark(network: nil, fixed: nil, threads: threads).run()
        #expect(
            report.rows.map(\.name) == [
                "OpenBLAS sgemv, real weights", "2-bit weights, real activations",
                "2-bit weights, uint8 activations", "patches and OpenBLAS sgemm, real weights",
                "2-bit weights, uint8 activations",
            ])
        for row in report.rows {
            #expect(row.seconds > 0 && row.rate > 0)
            #expect(report.text.contains(row.group) && report.markdown.contains("| \(row.name) |"))
        }
        // The core tells whether OpenBLAS knows the CPU.
        #expect(report.openblas.contains(", core ") && report.text.contains(report.openblas))
        #expect(report.threads == threads)
    }
}
