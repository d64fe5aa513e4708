/// The processes that make one set together, numbered from 0; each has the same options and sees the
/// same files.
///
/// Both calls are made by every member, in the same order. An error of one member is thrown by all, so
/// that none goes on alone and none waits for ever.
public protocol ImportTeam: Sendable {
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
public struct TeamOfOne: ImportTeam {
    /// Zero.
    public var member: Int { 0 }

    /// One.
    public var size: Int { 1 }

    /// Creates the team.
    public init() {}

    /// What `work` returns.
    public func first<Value: Codable>(_ work: () throws -> Value) throws -> Value { try work() }

    /// What `work` returns, alone.
    public func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value] { [try work()] }
}
