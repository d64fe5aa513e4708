import LRNetCollectives
import LRNetKernels

extension CheckList {
    /// The ranks of each machine compete for the words that they share: three checks.
    func runMachineWords() throws {
        let count = 1000
        let words = try group.makeMachineWords(count: count)
        expect((0..<count).allSatisfy { words[$0] == 0 }, "shared words are 0 at first")
        try group.barrier()
        let own = UInt64(group.rank + 1)
        let won = (0..<count).filter { words.replace(at: $0, 0, by: own) }
        var total = [Int64(won.count)]
        try group.sum(&total)
        let machines = Set(group.hostNames).count
        expect(
            total == [Int64(machines * count)],
            "each of \(count) words has one winner on each machine, not \(total)")
        expect(won.allSatisfy { words[$0] == own }, "the winner's value stays")
        try group.barrier()
    }
}
