/// A machine of a run, with its ranks.
package struct RunHost: Sendable, Equatable {
    package let name: String

    /// The ranks on the machine, at least one, in ascending order.
    package private(set) var ranks: [RankEnvironment]

    /// Returns the hosts of ranks, in the order of their first rank.
    static func all(of ranks: [RankEnvironment]) -> [RunHost] {
        var hosts: [RunHost] = []
        var positions: [String: Int] = [:]
        for rank in ranks {
            if let known = positions[rank.host] {
                hosts[known].ranks.append(rank)
            } else {
                positions[rank.host] = hosts.count
                hosts.append(RunHost(name: rank.host, ranks: [rank]))
            }
        }
        return hosts
    }
}
