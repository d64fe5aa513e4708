internal import LRNetCollectives
internal import LRNetKernels
internal import LRNetSupport

/// The check that the exact all-reduce computes correct sums with the bits of a single process.
enum ReductionCheck {
    private static let valueCount = 10_007

    /// Every rank must call it, and receives the same finding.
    static func run(_ group: any ProcessGroup) throws -> Finding {
        let leafCount = max(8, group.size)
        let run = LeafTree.run(of: group.rank, ranks: group.size, leafCount: leafCount)
        let tree = LeafTree(count: leafCount)
        let sum = FloatBuffer(count: valueCount)
        let exchange = TreeExchange(
            group: group, leafCount: leafCount, presentLeaves: leafCount, valueCount: valueCount)
        let start = ContinuousClock.now
        try exchange.allReduce(
            nodes: tree.addUp(run.map(leaf), of: run), into: sum.all)
        let time = ContinuousClock.now - start

        let leaves = (0..<leafCount).map(leaf)
        let serial = serialSums(leaves)
        let single = tree.addUp(leaves, of: 0..<leafCount)[0]
        let wrong = (0..<valueCount).first { index in
            let exact = serial.sums[index]
            return abs(Double(sum[index]) - exact)
                > Double(leafCount) * 0x1p-24 * serial.magnitudes[index]
        }
        let differing = (0..<valueCount).first { sum[$0].bitPattern != single[$0].bitPattern }
        let verdict: UInt8 = wrong != nil ? 2 : differing != nil ? 1 : 0
        let verdicts = try group.allGather([verdict])
        guard let rank = verdicts.firstIndex(where: { $0 != [0] }) else {
            return .good(
                "all-reduce",
                "\(leafCount) leaves over \(PlacementCheck.counted(group.size, "rank")): correct, "
                    + "with the bits of a single process "
                    + "(\(Int(time.seconds * 1e6)) microseconds for \(valueCount) values)")
        }
        return .failure(
            "all-reduce",
            verdicts[rank] == [2]
                ? "rank \(rank) computed wrong sums"
                : "the sums of rank \(rank) do not have the bits of a single process",
            remedy: "the MPI library or a machine is broken, or ranks run different builds; try "
                + "another network (with Open MPI: --mca btl tcp,self)")
    }

    private static func leaf(_ index: Int) -> FloatView {
        let view = FloatBuffer(count: valueCount).all
        GaussianNoise.fill(
            view, key: NoiseKey(seed: 7, purpose: .test, index: UInt32(index)))
        return view
    }

    private static func serialSums(_ leaves: [FloatView]) -> (sums: [Double], magnitudes: [Double])
    {
        var sums = Array(repeating: 0.0, count: valueCount)
        var magnitudes = sums
        for leaf in leaves {
            for (index, value) in leaf.values.enumerated() {
                sums[index] += Double(value)
                magnitudes[index] += Double(abs(value))
            }
        }
        return (sums, magnitudes)
    }
}
