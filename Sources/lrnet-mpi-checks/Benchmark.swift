import LRNetCollectives
import LRNetKernels
import LRNetSupport

/// Times the tree exchange against `MPI_Allreduce`, alternating and both in place, verifies the sums,
/// and prints one JSON line.
struct Benchmark {
    private let options: Options
    private let clock = ContinuousClock()

    init(_ options: Options) {
        self.options = options
    }

    func run(_ group: any ProcessGroup) throws {
        let count = options.valueCount
        let leaves = max(options.leafCount, group.size)
        let exchange = TreeExchange(
            group: group, leafCount: leaves, presentLeaves: leaves, valueCount: count,
            pieceCount: options.pieceCount)
        // With one leaf a rank nothing is left of the fast mode but the library's call, in place.
        let fast = FastAllReduce(
            group: group, leafCount: group.size, presentLeaves: group.size, valueCount: count)
        let nodes = exchange.ownNodes.map { _ in FloatBuffer(count: count).all }
        let output = nodes.first ?? FloatBuffer(count: count).all

        var exchangeTimes: [Double] = []
        var reductionTimes: [Double] = []
        var stepTimes: [Double] = []
        for round in 0...options.repetitions {
            for node in nodes { node.fill(Float(group.rank + 1)) }
            let first = try time(group) { try exchange.allReduce(nodes: nodes, into: output) }
            if round == 0 { try verify(group, output, nodeCount: nodes.count) }
            for node in nodes { node.fill(Float(group.rank + 1)) }
            let stepped = try time(group) {
                try exchange.start(nodes: nodes, into: output)
                while !(try exchange.step()) {}
            }
            output.fill(1)
            let second = try time(group) { try fast.allReduce(nodes: [output], into: output) }
            if round == 0 { continue }
            exchangeTimes.append(first)
            stepTimes.append(stepped)
            reductionTimes.append(second)
        }
        let gather = try gatherTime(group)
        if group.rank == 0 {
            let ratio = median(exchangeTimes) / median(reductionTimes)
            print(
                "{\"benchmark\": \"all-reduce\", \"ranks\": \(group.size), \"values\": \(count), "
                    + "\"leaves\": \(leaves), \"nodes\": \(nodes.count), "
                    + "\"piece_values\": \(options.pieceCount), "
                    + "\"exchange_seconds\": \(median(exchangeTimes)), "
                    + "\"exchange_stepped_seconds\": \(median(stepTimes)), "
                    + "\"mpi_allreduce_seconds\": \(median(reductionTimes)), \"ratio\": \(ratio), "
                    + "\"all_gather_256_doubles_microseconds\": \(gather * 1e6)}")
        }
    }

    /// Every value must be the sum of all nodes, which are whole numbers.
    private func verify(_ group: any ProcessGroup, _ output: FloatView, nodeCount: Int) throws {
        var sums = [Double](repeating: 0, count: group.size)
        try group.allGather(
            [Double(nodeCount * (group.rank + 1))], counts: Array(repeating: 1, count: group.size),
            into: &sums)
        let expected = Float(sums.reduce(0, +))
        let wrong = (0..<output.count).first { output[$0] != expected }
        try group.agree(
            wrong.map {
                CollectiveFailure(
                    rank: group.rank, call: "TreeExchange", subject: "value \($0)",
                    message: "\(output[$0]) instead of \(expected)", exitStatus: .internalError)
            })
    }

    /// The time of one all-gather of 256 doubles a rank, as for batch normalisation.
    private func gatherTime(_ group: any ProcessGroup) throws -> Double {
        let local = [Double](repeating: 1, count: 256)
        let counts = [Int](repeating: 256, count: group.size)
        var gathered = [Double](repeating: 0, count: 256 * group.size)
        let rounds = 1000
        return try time(group) {
            for _ in 0..<rounds { try group.allGather(local, counts: counts, into: &gathered) }
        } / Double(rounds)
    }

    /// The time until the last rank is done.
    private func time(_ group: any ProcessGroup, _ work: () throws -> Void) throws -> Double {
        try group.barrier()
        let start = clock.now
        try work()
        try group.barrier()
        return (clock.now - start) / .seconds(1)
    }

    private func median(_ values: [Double]) -> Double {
        values.sorted()[values.count / 2]
    }
}
