internal import LRNetData
package import LRNetDeployment
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// A benchmark of inference for a single image: layers of 2-bit weights beside OpenBLAS's products
/// of real numbers, and a finished network in each arithmetic.
package struct DeploymentBenchmark {
    private let network: NetworkSource?
    private let fixed: FixedNetwork?
    private let pool: ThreadPool

    /// The number of measurements of each row, one after another in turn; the median counts.
    private static let rounds = 7

    /// - Parameters:
    ///   - network: The network to time; `nil` for layers alone.
    ///   - fixed: Its fixed-point network, or `nil` if there are no units.
    ///   - threads: The number of threads that share the work of an image.
    /// - Throws: `Failure` (74) if the system cannot start another thread.
    package init(network: NetworkSource?, fixed: FixedNetwork?, threads: Int) throws {
        self.network = network
        self.fixed = fixed
        pool = try .computing(threads: threads, remedy: "lower --threads (\(threads))")
    }

    /// Runs the benchmark.
    ///
    /// - Throws: `Failure`: 66 or 74 if OpenBLAS cannot be loaded; 70 if a result is wrong.
    package func run() throws -> DeploymentReport {
        var rows: [(row: DeploymentReport.Row, work: () -> Void)] = []
        rows += try DeploymentCases.fullyConnected(pool)
        rows += try DeploymentCases.convolution(pool)
        if let network { rows += networkCases(network) }
        var times = [[Double]](repeating: [], count: rows.count)
        for _ in 0..<Self.rounds {
            for (index, row) in rows.enumerated() {
                times[index].append(BenchmarkTimer(repetitions: 1).best(row.work))
            }
        }
        return DeploymentReport(
            threads: pool.threadCount,
            rows: zip(rows, times).map { row, times in
                var row = row.row
                row.seconds = times.sorted()[times.count / 2]
                return row
            })
    }

    private func networkCases(
        _ source: NetworkSource
    ) -> [(row: DeploymentReport.Row, work: () -> Void)] {
        let network = source.deployed
        let shape = network.description.preprocessing.shape
        let macs = network.products.reduce(0) {
            $0 + $1.geometry.outputPixelCount * $1.outputs * $1.fanIn
        }
        func row(_ name: String) -> DeploymentReport.Row {
            DeploymentReport.Row(group: "network \(shape)", name: name, products: macs)
        }
        let input = BenchmarkData.normal(shape.count)
        let float = FloatEngine(network, weights: FloatEngine.Weights(network), pool: pool)
        var cases: [(row: DeploymentReport.Row, work: () -> Void)] = [
            (row("packed: real activations"), { _ = float.run(input) })
        ]
        if let fixed {
            let engine = FixedEngine(fixed, weights: FixedEngine.Weights(fixed), pool: pool)
            let pixels = BenchmarkData.bytes(shape.count)
            cases.append((row("fixed: uint8"), { _ = engine.run(engine.input(pixels)) }))
        }
        return cases
    }
}
