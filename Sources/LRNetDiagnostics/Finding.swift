/// One line of the doctor's table.
package struct Finding: Sendable, Codable, Equatable {
    package enum Verdict: String, Sendable, Codable, Comparable {
        case good = "ok"
        /// Works, but more slowly than possible, or may fail soon.
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

        package static func < (a: Verdict, b: Verdict) -> Bool { a.weight < b.weight }
    }

    /// The checked property, such as `memory`.
    package var topic: String

    package var verdict: Verdict

    /// The result of the check.
    package var detail: String

    /// The advice for a warning or failure; otherwise empty.
    package var remedy: String

    static func good(_ topic: String, _ detail: String) -> Finding {
        Finding(topic: topic, verdict: .good, detail: detail, remedy: "")
    }

    static func warning(_ topic: String, _ detail: String, remedy: String) -> Finding {
        Finding(topic: topic, verdict: .warning, detail: detail, remedy: remedy)
    }

    static func failure(_ topic: String, _ detail: String, remedy: String) -> Finding {
        Finding(topic: topic, verdict: .failure, detail: detail, remedy: remedy)
    }
}
