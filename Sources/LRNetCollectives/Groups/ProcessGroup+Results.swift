import Foundation
import LRNetSupport

extension ProcessGroup {
    /// Runs `work` on rank 0 alone and returns its result on every rank.
    ///
    /// Every rank calls it. If `work` fails, every rank throws the same, with rank 0's words, its exit
    /// status and ``Failure/isAgreed`` set. The rank is not named: what one rank does for all
    /// reads as if there were no others. A group of one neither encodes nor wraps anything.
    public func sharing<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        if size == 1 { return try work() }
        var own: Result<Value, any Error>?
        var report: [UInt8] = []
        if isCoordinator {
            let result = Result { try work() }
            own = result
            switch result {
            case .success(let value):
                report = [UInt8(ExitStatus.success.rawValue)]
                report += try JSONEncoder().encode(value)
            case .failure(let error):
                report = Self.report(of: Failure.wrapping(error))
            }
        }
        report = try broadcast(report, root: 0)
        let status = ExitStatus(rawValue: Int32(report.first ?? 0)) ?? .internalError
        guard status == .success else {
            throw Failure(
                call: "", subject: "", message: String(decoding: report.dropFirst(), as: UTF8.self),
                exitStatus: status, isAgreed: true)
        }
        if let own { return try own.get() }
        return try JSONDecoder().decode(Value.self, from: Data(report.dropFirst()))
    }

    /// Runs `work` on every rank and returns all results on every rank, by rank.
    ///
    /// Every rank calls it; `work` may differ from rank to rank and must call no collective. If it fails
    /// on any rank, all throw as ``agree(_:)`` does.
    public func gathering<Value: Codable>(_ work: () throws -> Value) throws -> [Value] {
        let own = try agreeing(work)
        if size == 1 { return [own] }
        return try allGather(Array(try JSONEncoder().encode(own))).map {
            try JSONDecoder().decode(Value.self, from: Data($0))
        }
    }
}
