import LRNetCollectives
import LRNetKernels

extension CheckList {
    /// Gathers slices on rank 0 and scatters them again: eight checks for each size of machines that
    /// divides the ranks. On several machines the slices are not in the order of the ranks.
    func runSlices() throws {
        for ranksPerMachine in 1...group.size where group.size % ranksPerMachine == 0 {
            let groups = RankGroups(ranks: group.size, ranksPerMachine: ranksPerMachine)
            for count in [0, 1, 40, 70_001] {
                try runSlices(SlicePartition(count: count, groups: groups))
            }
        }
    }

    private func runSlices(_ slices: SlicePartition) throws {
        let count = slices.count
        let values = (0..<count).map { 1 / Float($0 + 3) }
        let slice = slices[group.rank]
        let own = FloatBuffer(Array(values[slice])).all
        let whole = FloatBuffer(count: group.isCoordinator ? count : 0).all
        try group.gather(own, slices: slices, into: whole)
        expect(
            whole.values == (group.isCoordinator ? values : []),
            "gather of slices of \(count) values")
        for index in 0..<whole.count { whole[index] *= 2 }
        try group.scatter(whole, slices: slices, into: own)
        expect(own.values == values[slice].map { 2 * $0 }, "scatter of slices of \(count) values")
    }
}
