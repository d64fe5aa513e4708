/// The processes that make one set together, numbered from 0; each has the same options and sees the
/// same files.
///
/// Both calls are made by every member, in the same order. An error of one member is thrown by all, so
/// that none goes on alone and none waits for ever.
package protocol ImportTeam: Sendable {
    /// This process's number.
    var member: Int { get }

    /// The number of processes.
    var size: Int { get }

    /// The result of `work`, which member 0 alone does, for every member.
    func first<Value: Codable>(_ work: () throws -> Value) throws -> Value

    /// The results of `work`, which every member does, by member, for every member.
    func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value]
}

/// The team of one process.
package struct TeamOfOne: ImportTeam {
    /// Zero.
    package var member: Int { 0 }

    /// One.
    package var size: Int { 1 }

    /// Creates the team.
    package init() {}

    /// What `work` returns.
    package func first<Value: Codable>(_ work: () throws -> Value) throws -> Value { try work() }

    /// What `work` returns, alone.
    package func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value] { [try work()] }
}
