import LRNetCollectives
import LRNetData

/// The ranks of a launch as the team that imports one set.
struct RankTeam: ImportTeam {
    let group: any ProcessGroup

    var member: Int { group.rank }

    var size: Int { group.size }

    func first<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        try group.sharing(work)
    }

    func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value] {
        try group.gathering(work)
    }
}
