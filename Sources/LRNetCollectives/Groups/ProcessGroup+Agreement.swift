package import LRNetSupport

extension ProcessGroup {
    /// Makes one rank's trouble everyone's, at the same step.
    ///
    /// Every rank calls it, with its own failure or `nil`. If any rank has one, all ranks throw the
    /// same: that of the lowest such rank, as `rank N: ...`, with its exit status and
    /// ``Failure/isAgreed`` set; without the rank where all ranks have the same, as with a
    /// wrong recipe. A group of one throws the failure as it is.
    package func agree(_ failure: Failure?) throws {
        if size == 1 {
            if let failure { throw failure }
            return
        }
        let reports = try allGather(failure.map { Self.report(of: $0) } ?? [])
        let isShared = reports.allSatisfy { $0 == reports[0] }
        for (rank, report) in reports.enumerated() where !report.isEmpty {
            throw Failure(
                call: "", subject: "", message: String(decoding: report.dropFirst(), as: UTF8.self),
                exitStatus: ExitStatus(rawValue: Int32(report[0])) ?? .internalError,
                rank: isShared ? nil : rank, isAgreed: true)
        }
    }

    /// Runs `work` on this rank and returns its result if it succeeded on every rank; otherwise
    /// throws as ``agree(_:)`` does. Every rank calls it; `work` itself may differ from rank to rank
    /// and must call no collective.
    ///
    /// An error that is not a `Failure` counts as a bug of ours (exit status 70).
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

    /// What other ranks are told of a failure: a byte of exit status, then its line.
    static func report(of failure: Failure) -> [UInt8] {
        [UInt8(truncatingIfNeeded: failure.exitStatus.rawValue)] + Array("\(failure)".utf8)
    }
}
