package import LRNetCollectives
internal import LRNetKernels
internal import LRNetSupport

/// A benchmark of the tree exchange against `MPI_Allreduce`. Both are timed alternately and in
/// place, and the sums are verified once.
package struct ExchangeBenchmark {
    /// The results. The times are the same on every rank, up to a barrier.
    package struct Report: Sendable {
        /// The number of leaves in the tree.
        package var leafCount: Int
        /// The number of this rank's nodes.
        package var nodeCount: Int
        /// The median times of a blocking exchange and of a stepped exchange.
        package var exchangeSeconds, steppedSeconds: Double
        /// The median time of `MPI_Allreduce`.
        package var allReduceSeconds: Double
        /// This rank's traffic in one exchange, as planned and as counted.
        package var planned, counted: Traffic
    }

    private let group: any ProcessGroup
    private let valueCount: Int
    private let leafCount: Int
    private let pieceCount: Int

    /// Creates a benchmark. The arguments are those of ``TreeExchange``; the number of leaves is at
    /// least the number of ranks.
    package init(
        group: any ProcessGroup, leafCount: Int, valueCount: Int,
        pieceCount: Int = TreeExchange.defaultPieceCount
    ) {
        self.group = group
        self.valueCount = valueCount
        self.leafCount = max(leafCount, group.size)
        self.pieceCount = pieceCount
    }

    /// Runs the benchmark. Every rank must call it.
    ///
    /// - Throws: `Failure` (70) if a sum is wrong.
    package func run(repetitions: Int) throws -> Report {
        let exchange = TreeExchange(
            group: group, leafCount: leafCount, presentLeaves: leafCount, valueCount: valueCount,
            pieceCount: pieceCount)
        // With one leaf per rank, the fast mode is only the in-place call of MPI's library.
        let fast = FastAllReduce(
            group: group, leafCount: group.size, presentLeaves: group.size, valueCount: valueCount)
        let nodes = exchange.ownNodes.map { _ in FloatBuffer(count: valueCount).all }
        let output = nodes.first ?? FloatBuffer(count: valueCount).all

        var (exchangeTimes, steppedTimes, allReduceTimes) = ([Double](), [Double](), [Double]())
        var counted = Traffic()
        for round in 0...repetitions {
            for node in nodes { node.fill(Float(group.rank + 1)) }
            let waited = try group.secondsOfAll {
                let before = group.traffic
                try exchange.allReduce(nodes: nodes, into: output)
                counted = group.traffic - before
            }
            if round == 0 { try verify(output, nodeCount: nodes.count) }
            for node in nodes { node.fill(Float(group.rank + 1)) }
            let stepped = try group.secondsOfAll {
                try exchange.start(nodes: nodes, into: output)
                while !(try exchange.step()) {}
            }
            output.fill(1)
            let reduced = try group.secondsOfAll {
                try fast.allReduce(nodes: [output], into: output)
            }
            if round == 0 { continue }
            exchangeTimes.append(waited)
            steppedTimes.append(stepped)
            allReduceTimes.append(reduced)
        }
        return Report(
            leafCount: leafCount, nodeCount: nodes.count, exchangeSeconds: exchangeTimes.median,
            steppedSeconds: steppedTimes.median, allReduceSeconds: allReduceTimes.median,
            planned: exchange.plannedTraffic, counted: counted)
    }

    /// Checks that every value is the sum of all nodes, which are integers.
    private func verify(_ output: FloatView, nodeCount: Int) throws {
        var sums = [Double](repeating: 0, count: group.size)
        try group.allGather(
            [Double(nodeCount * (group.rank + 1))], counts: Array(repeating: 1, count: group.size),
            into: &sums)
        let expected = Float(sums.reduce(0, +))
        let wrong = (0..<output.count).first { output[$0] != expected }
        try group.agree(
            wrong.map {
                Failure(
                    call: "TreeExchange", subject: "value \($0)",
                    message: "\(output[$0]) instead of \(expected)", exitStatus: .internalError,
                    rank: group.rank)
            })
    }
}

extension ProcessGroup {
    /// Returns the time in seconds from when all ranks are ready until the last one is done. Every
    /// rank must call it.
    package func secondsOfAll(_ work: () throws -> Void) throws -> Double {
        try barrier()
        let start = ContinuousClock.now
        try work()
        try barrier()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

extension [Double] {
    /// The median: the middle of the sorted values, or the mean of the middle two; 0 for an empty
    /// array.
    package var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let middle = count / 2
        return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
