import LRNetBenchmarks
import LRNetCollectives

/// A benchmark of the gradient exchange and a small all-gather, which prints one line of JSON.
struct Benchmark {
    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    func run(_ group: any ProcessGroup) throws {
        let report = try ExchangeBenchmark(
            group: group, leafCount: options.leafCount, valueCount: options.valueCount,
            pieceCount: options.pieceCount
        ).run(repetitions: options.repetitions)
        let gather = try gatherTime(group)
        if group.rank == 0 {
            let ratio = report.exchangeSeconds / report.allReduceSeconds
            print(
                "{\"benchmark\": \"all-reduce\", \"ranks\": \(group.size), "
                    + "\"values\": \(options.valueCount), \"leaves\": \(report.leafCount), "
                    + "\"nodes\": \(report.nodeCount), \"piece_values\": \(options.pieceCount), "
                    + "\"planned_messages\": \(report.planned.messageCount), "
                    + "\"planned_bytes\": \(report.planned.byteCount), "
                    + "\"planned_bytes_leaving\": \(report.planned.leavingByteCount), "
                    + "\"sent_bytes_leaving\": \(report.counted.leavingByteCount), "
                    + "\"sent_messages\": \(report.counted.messageCount), "
                    + "\"sent_bytes\": \(report.counted.byteCount), "
                    + "\"exchange_seconds\": \(report.exchangeSeconds), "
                    + "\"exchange_stepped_seconds\": \(report.steppedSeconds), "
                    + "\"mpi_allreduce_seconds\": \(report.allReduceSeconds), \"ratio\": \(ratio), "
                    + "\"all_gather_256_doubles_microseconds\": \(gather * 1e6)}")
        }
    }

    /// Returns the time of one all-gather of 256 doubles per rank, as used by batch normalization.
    private func gatherTime(_ group: any ProcessGroup) throws -> Double {
        let local = [Double](repeating: 1, count: 256)
        let counts = [Int](repeating: 256, count: group.size)
        var gathered = [Double](repeating: 0, count: 256 * group.size)
        let rounds = 1000
        return try group.secondsOfAll {
            for _ in 0..<rounds { try group.allGather(local, counts: counts, into: &gathered) }
        } / Double(rounds)
    }
}
