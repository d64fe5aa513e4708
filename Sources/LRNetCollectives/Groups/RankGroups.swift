/// The machines of the ranks, and the groups of ranks that exchange with one another.
///
/// A rank is a number of mixed radix, whose first digits count within a machine:
///
///     rank = d0 + r0 * (d1 + r1 * (d2 + ...)),    0 <= d_s < r_s
///
/// In stage s, ranks that differ only in digit s exchange. A rank therefore has sum(r_s - 1)
/// partners. The first stages are within a machine. The ranks that have the same digits from s on are
/// a block of consecutive ranks, so their leaves are a run of consecutive leaves.
///
/// If machines have different numbers of ranks, or if their ranks are not consecutive, groups do
/// not follow machines.
package struct RankGroups: Sendable, Equatable {
    /// The size of a group in each stage, innermost first. The product is ``rankCount``.
    package let radices: [Int]

    /// The products of the first radices: 1, r0, r0 r1, ..., ``rankCount``.
    package let strides: [Int]

    /// The machine of each rank.
    private enum Machines: Equatable {
        /// Every machine has this many consecutive ranks.
        case equal(Int)
        /// The machine of each rank is listed.
        case listed([Int])
    }

    private let machines: Machines

    /// The maximum number of groups that a stage joins, unless the number of machines, or of ranks
    /// on a machine, has a larger prime factor.
    package static let widestRadix = 16

    /// Creates groups of machines that have the same number of consecutive ranks.
    ///
    /// - Precondition: The number of ranks is a positive multiple of `ranksPerMachine`.
    package init(ranks: Int, ranksPerMachine: Int) {
        precondition(
            ranks > 0 && ranksPerMachine > 0 && ranks % ranksPerMachine == 0,
            "\(ranks) ranks on machines of \(ranksPerMachine)")
        let all = Self.radices(ranksPerMachine) + Self.radices(ranks / ranksPerMachine)
        self.init(checked: all.isEmpty ? [1] : all, .equal(ranksPerMachine))
    }

    /// Creates the groups of ranks on machines with these names, one per rank.
    ///
    /// - Precondition: There is at least one rank.
    package init(hosts: [String]) {
        precondition(!hosts.isEmpty, "no ranks")
        var numbers: [String: Int] = [:]
        let machines = hosts.map { host in
            let number = numbers[host] ?? numbers.count
            numbers[host] = number
            return number
        }
        let size = machines.prefix { $0 == 0 }.count
        let isRegular =
            size * numbers.count == hosts.count
            && machines.indices.allSatisfy { machines[$0] == $0 / size }
        if isRegular {
            self.init(ranks: hosts.count, ranksPerMachine: size)
        } else {
            let radices = Self.radices(hosts.count)
            self.init(checked: radices.isEmpty ? [1] : radices, .listed(machines))
        }
    }

    /// Creates groups of chosen sizes, innermost first. A machine has `radices[0]` ranks.
    ///
    /// - Precondition: There is at least one radix, and all are positive.
    package init(radices: [Int]) {
        precondition(
            !radices.isEmpty && radices.allSatisfy { $0 > 0 }, "groups of \(radices) ranks")
        self.init(checked: radices, .equal(radices[0]))
    }

    private init(checked radices: [Int], _ machines: Machines) {
        self.radices = radices
        self.machines = machines
        strides = radices.reduce(into: [1]) { $0.append($0[$0.count - 1] * $1) }
    }

    /// The number of ranks.
    package var rankCount: Int { strides[radices.count] }

    /// False if ranks of one machine are not consecutive, or if machines differ in their number of
    /// ranks.
    package var isRegular: Bool {
        if case .equal = machines { true } else { false }
    }

    /// The number of ranks per machine, on the machine with the most ranks.
    package var ranksPerMachine: Int {
        switch machines {
        case .equal(let size): size
        case .listed(let machines):
            Dictionary(grouping: machines) { $0 }.values.map(\.count).max() ?? 1
        }
    }

    /// True if both ranks are on one machine.
    package func share(_ rank: Int, _ other: Int) -> Bool {
        switch machines {
        case .equal(let size): rank / size == other / size
        case .listed(let machines): machines[rank] == machines[other]
        }
    }

    /// Returns the ranks that exchange with a rank in a stage, including itself, in order.
    func members(of rank: Int, stage: Int) -> [Int] {
        let first = rank - digit(stage, of: rank) * strides[stage]
        return (0..<radices[stage]).map { first + $0 * strides[stage] }
    }

    /// Returns digit `stage` of a rank, its position in its group.
    func digit(_ stage: Int, of rank: Int) -> Int {
        rank / strides[stage] % radices[stage]
    }

    /// Returns the consecutive ranks that have formed one group before a stage, and contain `rank`.
    func block(of rank: Int, before stage: Int) -> Range<Int> {
        let first = rank - rank % strides[stage]
        return first..<first + strides[stage]
    }

    /// Returns the positions of the slices that a rank still holds before a stage.
    ///
    /// A slice's position has its owner's digits in reverse, so that a group divides what its
    /// members hold into contiguous ranges.
    func positions(of rank: Int, before stage: Int) -> Range<Int> {
        var prefix = 0
        for stage in 0..<stage { prefix = prefix * radices[stage] + digit(stage, of: rank) }
        let width = rankCount / strides[stage]
        return prefix * width..<(prefix + 1) * width
    }

    /// Returns the fewest radices of at most ``widestRadix`` whose product is `count`, and among these
    /// the smallest. Powers of two are first, because their groups are single nodes
    /// of the tree. A prime factor above the limit is a radix.
    private static func radices(_ count: Int) -> [Int] {
        func fewest(_ count: Int) -> [Int] {
            if count <= widestRadix { return count > 1 ? [count] : [] }
            var best: [Int]?
            for radix in (2...widestRadix).reversed() where count % radix == 0 {
                let found = [radix] + fewest(count / radix)
                if let best, (best.count, best.reduce(0, +)) <= (found.count, found.reduce(0, +)) {
                    continue
                }
                best = found
            }
            return best ?? [count]
        }
        return fewest(count).sorted {
            ($0.trailingZeroBitCount, $0) > ($1.trailingZeroBitCount, $1)
        }
    }
}
