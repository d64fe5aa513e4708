internal import Foundation
internal import LRNetSupport

/// Numbers as text.
package enum Text {
    /// What stands for a value that is not known.
    package static let none = "–"

    /// A number with so many decimals.
    static func number(_ value: Double, _ decimals: Int = 2) -> String {
        String(format: "%.\(decimals)f", value).replacing("-", with: "−")
    }

    /// A percentage.
    static func percent(_ value: Double?, _ decimals: Int = 2) -> String {
        value.map { "\(number($0, decimals)) %" } ?? none
    }

    /// A number without decimals, in groups of thousands.
    static func whole(_ value: Double?) -> String {
        value.flatMap { Int(exactly: $0.rounded()) }.map(Ticks.grouped) ?? none
    }

    /// `2.09`, and `32` where there is no fraction.
    static func bits(_ value: Double?) -> String {
        guard let value else { return none }
        return number(value, value == value.rounded() ? 0 : 2)
    }

    /// A number of any size.
    static func general(_ value: Double) -> String { String(format: "%.3g", value) }

    /// `a, b and c`
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `16`, `2.5` or `0.17`: decimals only where there is a fraction.
    package static func epochs(_ value: Double) -> String {
        let text = number(value, value < 1 ? 2 : 1)
        return Double(text) == value.rounded() ? number(value, 0) : text
    }

    /// `16 epochs`
    package static func epochCount(_ value: Double) -> String {
        let text = epochs(value)
        return "\(text) \(text == "1" ? "epoch" : "epochs")"
    }

    /// `1 rank`, `2 ranks`
    static func count(_ count: Int, _ unit: String) -> String {
        "\(Ticks.grouped(count)) \(unit)\(count == 1 ? "" : "s")"
    }

    /// `0.17–0.72 %`, the 95 % interval of an error.
    package static func interval(_ rate: ErrorRate?) -> String {
        guard let rate else { return none }
        let range = rate.interval
        let decimals = range.upperBound < 10 ? 2 : 1
        let low = range.lowerBound == 0 ? "0" : number(range.lowerBound, decimals)
        return "\(low)–\(number(range.upperBound, decimals)) %"
    }

    /// `7 of 2,000 wrong; 95 % interval 0.17–0.72 %`
    package static func evidence(_ rate: ErrorRate) -> String {
        "\(Ticks.grouped(Int(rate.wrong.rounded()))) of \(Ticks.grouped(rate.count)) wrong; "
            + "95 % interval \(interval(rate))"
    }

    /// `43 s`, `12 min`, `1 h 5 min`, `2 d 3 h`
    package static func duration(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds >= 0 else { return none }
        if seconds < 10 { return "\(number(seconds, 1)) s" }
        if seconds < 119.5 { return "\(number(seconds, 0)) s" }
        let minutes = Int((seconds / 60).rounded())
        if minutes < 60 { return "\(minutes) min" }
        if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
        let hours = Int((seconds / 3600).rounded())
        return "\(hours / 24) d \(hours % 24) h"
    }

    /// `712 bytes`, `1.7 MB`
    package static func bytes(_ count: Int?) -> String {
        guard let count else { return none }
        if count < 1000 { return "\(count) bytes" }
        var (value, unit) = (Double(count), 0)
        while value >= 999.5 && unit < 4 {
            value /= 1000
            unit += 1
        }
        return "\(number(value, value < 9.95 ? 1 : 0)) \(["", "kB", "MB", "GB", "TB"][unit])"
    }

    /// `2026-11-28 21:07 UTC`, of a time as runs record it.
    package static func date(_ iso8601: String?) -> String {
        guard let iso8601, iso8601.count >= 16 else { return iso8601 ?? none }
        let minutes = iso8601.prefix(16).replacing("T", with: " ")
        return "\(minutes)\(iso8601.hasSuffix("Z") ? " UTC" : "")"
    }
}
