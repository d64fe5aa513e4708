import Foundation
import LRNetSupport

extension ProcessGroup {
    /// Returns the bytes that `read` returns on rank 0, on every rank.
    ///
    /// Every rank calls it; `read` is called on rank 0 alone. If it fails, every rank throws the same, with rank
    /// 0's words, its exit status and ``Failure/isAgreed`` set. The rank is not named: what one rank does for
    /// all reads as if there were no others.
    package func fromCoordinator(_ read: () throws -> [UInt8]) throws -> [UInt8] {
        if size == 1 { return try read() }
        var report: [UInt8] = []
        if isCoordinator {
            do {
                report = [UInt8(ExitStatus.success.rawValue)] + (try read())
            } catch {
                report = Self.report(of: .wrapping(error))
            }
        }
        report = try broadcast(report, root: 0)
        let status = ExitStatus(rawValue: Int32(report.first ?? 0)) ?? .internalError
        guard status == .success else {
            throw Failure(
                call: "", subject: "", message: String(decoding: report.dropFirst(), as: UTF8.self),
                exitStatus: status, isAgreed: true)
        }
        return Array(report.dropFirst())
    }

    /// Reads on rank 0 and parses on every rank, so that only rank 0's machine needs the file.
    ///
    /// Every rank calls it, and all throw the same if `read` or any rank's `parse` fails.
    package func fromCoordinator<Value>(
        _ read: () throws -> [UInt8], parse: ([UInt8]) throws -> Value
    ) throws -> Value {
        let bytes = try fromCoordinator(read)
        return try agreeing { try parse(bytes) }
    }

    /// Runs `work` on rank 0 alone and returns its result on every rank.
    ///
    /// Every rank calls it; all throw as ``fromCoordinator(_:)`` does. A group of one does not encode.
    package func sharing<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        if size == 1 { return try work() }
        var own: Value?
        let bytes = try fromCoordinator {
            let value = try work()
            own = value
            return Array(try JSONEncoder().encode(value))
        }
        if let own { return own }
        return try JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// Runs `work` on every rank and returns all results on every rank, by rank.
    ///
    /// Every rank calls it; `work` may differ from rank to rank and must call no collective. If it fails
    /// on any rank, all throw as ``agree(_:)`` does.
    package func gathering<Value: Codable>(_ work: () throws -> Value) throws -> [Value] {
        let own = try agreeing(work)
        if size == 1 { return [own] }
        return try allGather(Array(try JSONEncoder().encode(own))).map {
            try JSONDecoder().decode(Value.self, from: Data($0))
        }
    }
}
