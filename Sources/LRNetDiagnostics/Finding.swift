/// One line of the doctor's table.
package struct Finding: Sendable, Codable, Equatable {
    /// How good or bad it is.
    package enum Verdict: String, Sendable, Codable, Comparable {
        /// As it should be.
        case good = "ok"
        /// Works, but slower than it might, or soon not.
        case warning = "warn"
        /// Training will fail, or compute wrong numbers.
        case failure = "FAIL"

        private var weight: Int {
            switch self {
            case .good: 0
            case .warning: 1
            case .failure: 2
            }
        }

        /// Better comes first.
        package static func < (a: Verdict, b: Verdict) -> Bool { a.weight < b.weight }
    }

    /// What was looked at.
    package var topic: String

    /// How it is.
    package var verdict: Verdict

    /// What was found.
    package var detail: String

    /// What to do about it; empty where nothing need be done.
    package var remedy: String

    /// Something that is as it should be.
    static func good(_ topic: String, _ detail: String) -> Finding {
        Finding(topic: topic, verdict: .good, detail: detail, remedy: "")
    }

    /// Something that works, but.
    static func warning(_ topic: String, _ detail: String, remedy: String) -> Finding {
        Finding(topic: topic, verdict: .warning, detail: detail, remedy: remedy)
    }

    /// Something that does not work.
    static func failure(_ topic: String, _ detail: String, remedy: String) -> Finding {
        Finding(topic: topic, verdict: .failure, detail: detail, remedy: remedy)
    }
}
