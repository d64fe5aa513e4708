/// The processes that create one set together, numbered from 0. All have the same options and see
/// the same files.
///
/// Every member calls both functions, in the same order. An error of one member is thrown on all of
/// them, so that no member continues alone or waits forever.
package protocol ImportTeam: Sendable {
    var member: Int { get }

    var size: Int { get }

    /// Returns the result of `work`, which only member 0 runs, on every member.
    func first<Value: Codable>(_ work: () throws -> Value) throws -> Value

    /// Returns the results of `work`, which every member runs, in the order of members, on every
    /// member.
    func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value]
}

/// The team of one process.
package struct TeamOfOne: ImportTeam {
    package var member: Int { 0 }

    package var size: Int { 1 }

    package init() {}

    package func first<Value: Codable>(_ work: () throws -> Value) throws -> Value { try work() }

    package func all<Value: Codable>(_ work: () throws -> Value) throws -> [Value] { [try work()] }
}
