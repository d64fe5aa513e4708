import Foundation
import LRNetSupport

extension ProcessGroup {
    /// Returns the bytes that `read` returns on rank 0, on every rank.
    ///
    /// Every rank must call it; `read` is called only on rank 0. If it fails, every rank throws
    /// rank 0's failure, with its exit status and `Failure/isAgreed` set. The message does not
    /// name the rank, because rank 0 acts for all ranks.
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
    /// Every rank must call it. If `read` or any rank's `parse` fails, all ranks throw the same
    /// failure.
    package func fromCoordinator<Value>(
        _ read: () throws -> [UInt8], parse: ([UInt8]) throws -> Value
    ) throws -> Value {
        let bytes = try fromCoordinator(read)
        return try agreeing { try parse(bytes) }
    }

    /// Runs `work` only on rank 0 and returns its result on every rank.
    ///
    /// Every rank must call it. If `work` fails, all ranks throw as ``fromCoordinator(_:)`` does. A
    /// group of one process does not encode the result.
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

    /// Runs `work` on every rank and returns all results on every rank, in rank order.
    ///
    /// Every rank must call it. `work` can differ between ranks and must not call a collective. If
    /// it fails on any rank, all ranks throw as `agree(_:)` does.
    package func gathering<Value: Codable>(_ work: () throws -> Value) throws -> [Value] {
        let own = try agreeing(work)
        if size == 1 { return [own] }
        return try allGather(Array(try JSONEncoder().encode(own))).map {
            try JSONDecoder().decode(Value.self, from: Data($0))
        }
    }
}
