package import LRNetSupport

extension ProcessGroup {
    /// Throws on all ranks, at the same step, if any rank has a failure.
    ///
    /// Every rank must call it, with its own failure or `nil`. All ranks throw the failure of the
    /// lowest rank that has one, as `rank N: ...`, with its exit status and ``Failure/isAgreed``
    /// set. The rank is omitted if all ranks have the same failure, such as a wrong recipe. A group
    /// of one process throws the failure unchanged. Reports are gathered only if there is a failure.
    package func agree(_ failure: Failure?) throws {
        if size == 1 {
            if let failure { throw failure }
            return
        }
        var failureCount = [Int64(failure == nil ? 0 : 1)]
        try sum(&failureCount)
        if failureCount[0] == 0 { return }
        let reports = try allGather(failure.map { Self.report(of: $0) } ?? [])
        let isShared = reports.allSatisfy { $0 == reports[0] }
        for (rank, report) in reports.enumerated() where !report.isEmpty {
            throw Failure(
                call: "", subject: "", message: String(decoding: report.dropFirst(), as: UTF8.self),
                exitStatus: ExitStatus(rawValue: Int32(report[0])) ?? .internalError,
                rank: isShared ? nil : rank, isAgreed: true)
        }
    }

    /// Runs `work` on this rank and returns its result if `work` succeeded on every rank; otherwise
    /// throws as `agree(_:)` does.
    ///
    /// Every rank must call it. `work` can differ between ranks and must not call a collective. An
    /// error that is not a `Failure` is treated as an internal error (exit status 70).
    package func agreeing<Value>(_ work: () throws -> Value) throws -> Value {
        let outcome = Result { try work() }
        switch outcome {
        case .success(let value):
            try agree(nil)
            return value
        case .failure(let error):
            let failure = Failure.wrapping(error)
            try agree(failure)
            throw failure
        }
    }

    /// Encodes a failure for other ranks: one byte of exit status, then the line.
    static func report(of failure: Failure) -> [UInt8] {
        [UInt8(truncatingIfNeeded: failure.exitStatus.rawValue)] + Array("\(failure)".utf8)
    }
}
