import LRNetBenchmarks
import LRNetCollectives
import LRNetKernels
import LRNetSupport

/// A benchmark of the gradient exchange and of a small sum, which prints one line of JSON.
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
        let small = try smallSumTime(group)
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
                    + "\"row_sum_256_doubles_microseconds\": \(small * 1e6)}")
        }
    }

    /// Returns the time of one sum of rows of 256 doubles, one per rank, as in batch normalization.
    private func smallSumTime(_ group: any ProcessGroup) throws -> Double {
        let reduction = RowReduction(
            group: group, rows: GroupedRows(count: group.size, leafCount: group.size), width: 256)
        let values = DoubleBuffer(count: 256)
        let rounds = 1000
        return try group.secondsOfAll {
            for _ in 0..<rounds { try reduction.sum(values) }
        } / Double(rounds)
    }
}
