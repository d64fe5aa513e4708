internal import Foundation
internal import LRNetSupport

/// Formats numbers as text.
package enum Text {
    /// The text for an unknown value.
    package static let none = "–"

    /// Formats a number with a fixed number of decimals and a typographic minus sign.
    static func number(_ value: Double, _ decimals: Int = 2) -> String {
        String(format: "%.\(decimals)f", value).replacing("-", with: "−")
    }

    static func percent(_ value: Double?, _ decimals: Int = 2) -> String {
        value.map { "\(number($0, decimals)) %" } ?? none
    }

    /// Formats an integer with separators of thousands.
    static func whole(_ value: Double?) -> String {
        value.flatMap { Int(exactly: $0.rounded()) }.map(Ticks.grouped) ?? none
    }

    /// Formats numbers such as `2.09`, or `32` if there is no fraction.
    static func bits(_ value: Double?) -> String {
        guard let value else { return none }
        return number(value, value == value.rounded() ? 0 : 2)
    }

    /// Formats a number of any magnitude with three significant digits.
    static func general(_ value: Double) -> String { String(format: "%.3g", value) }

    /// Formats a list such as `a, b and c`.
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Formats epochs such as `16`, `2.5` or `0.17`, with decimals only if there is a fraction.
    package static func epochs(_ value: Double) -> String {
        let text = number(value, value < 1 ? 2 : 1)
        return Double(text) == value.rounded() ? number(value, 0) : text
    }

    /// Formats epochs with their unit, such as `16 epochs`.
    package static func epochCount(_ value: Double) -> String {
        let text = epochs(value)
        return "\(text) \(text == "1" ? "epoch" : "epochs")"
    }

    /// Formats a count with its unit, such as `1 rank` or `2 ranks`.
    static func count(_ count: Int, _ unit: String) -> String {
        "\(Ticks.grouped(count)) \(unit)\(count == 1 ? "" : "s")"
    }

    /// Formats the 95 % interval of an error, such as `0.17–0.72 %`.
    package static func interval(_ rate: ErrorRate?) -> String {
        guard let rate else { return none }
        let range = rate.interval
        let decimals = range.upperBound < 10 ? 2 : 1
        let low = range.lowerBound == 0 ? "0" : number(range.lowerBound, decimals)
        return "\(low)–\(number(range.upperBound, decimals)) %"
    }

    /// Formats an error rate, such as `7 of 2,000 wrong; 95 % interval 0.17–0.72 %`.
    package static func evidence(_ rate: ErrorRate) -> String {
        "\(Ticks.grouped(Int(rate.wrong.rounded()))) of \(Ticks.grouped(rate.count)) wrong; "
            + "95 % interval \(interval(rate))"
    }

    /// Formats a duration, such as `43 s`, `12 min`, `1 h 5 min` or `2 d 3 h`.
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

    /// Formats a size, such as `712 bytes` or `1.7 MB`.
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

    /// Formats a recorded ISO 8601 time, such as `2026-11-28 21:07 UTC`.
    package static func date(_ iso8601: String?) -> String {
        guard let iso8601, iso8601.count >= 16 else { return iso8601 ?? none }
        let minutes = iso8601.prefix(16).replacing("T", with: " ")
        return "\(minutes)\(iso8601.hasSuffix("Z") ? " UTC" : "")"
    }
}
