import LRNetCollectives
import LRNetKernels

extension CheckList {
    /// Gathers slices on rank 0 and scatters them again: eight checks.
    func runSlices() throws {
        for count in [0, 1, 40, 70_001] {
            let slices = SlicePartition(count: count, groups: group.rankGroups)
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
            expect(
                own.values == values[slice].map { 2 * $0 }, "scatter of slices of \(count) values")
        }
    }
}
