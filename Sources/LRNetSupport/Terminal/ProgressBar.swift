import Foundation

/// Shows on standard error how far a long task is.
///
/// On a terminal one line is redrawn, at most ten times a second, and cleared at the end:
///
///     importing train [##########..........]  50%  27,500/55,000  41,200 images/s  0:01 left
///
/// The line fits the terminal: where that is narrow, the note goes first, then the rate, then the bar.
/// Elsewhere (a log file, a batch system) a plain line appears at most every ten seconds.
/// Calls may come from any thread.
package final class ProgressBar: @unchecked Sendable {
    /// What shows: a redrawn line, or plain lines.
    package enum Style: Sendable {
        /// A line that is redrawn.
        case terminal
        /// Plain lines, few.
        case plain
    }

    private let title: String
    private var total: Int
    private let unit: String
    private let style: Style
    private let output: @Sendable (String) -> Void
    private let clock: @Sendable () -> Double
    private let columns: @Sendable () -> Int
    private let lock = NSLock()
    private var start: Double
    private var pausedAt: Double?
    /// What was done before this process started.
    private let doneBefore: Int
    private var done: Int
    private var note = ""
    private var lastShown: Double
    private var isLineOpen = false

    /// The shortest time between two redrawings, and between two plain lines, in seconds.
    static let redrawInterval = 0.1
    static let plainInterval = 10.0

    /// Starts a bar.
    ///
    /// - Parameters:
    ///   - unit: What is counted, a plural in `s`.
    ///   - done: What was done before; the rate leaves it out.
    ///   - style: `nil` for the style that suits standard error.
    package convenience init(
        _ title: String, total: Int, unit: String, done: Int = 0, style: Style? = nil
    ) {
        let terminal = Terminal.current
        self.init(
            title, total: total, unit: unit, done: done,
            style: style ?? (terminal == nil ? .plain : .terminal),
            output: { Console.complain($0) },
            clock: { ProcessInfo.processInfo.systemUptime },
            columns: { terminal?.columns ?? .max })
    }

    /// Starts with a given style, sink, clock (seconds) and width, for tests.
    package init(
        _ title: String, total: Int, unit: String, done: Int = 0, style: Style,
        output: @escaping @Sendable (String) -> Void, clock: @escaping @Sendable () -> Double,
        columns: @escaping @Sendable () -> Int = { 120 }
    ) {
        self.title = title
        self.total = total
        self.unit = unit
        self.style = style
        self.output = output
        self.clock = clock
        self.columns = columns
        (self.done, doneBefore) = (done, done)
        start = clock()
        lastShown = start
    }

    deinit {
        finish()
    }

    /// Adds to what is done.
    package func advance(by count: Int = 1) {
        lock.withLock {
            done += count
            show()
        }
    }

    /// Sets what is done, and a short text at the end of the line (a loss, a file).
    ///
    /// - Parameter total: Where it has become known, or has changed.
    package func update(done: Int, total: Int? = nil, note: String = "") {
        lock.withLock {
            self.done = done
            self.total = total ?? self.total
            self.note = note
            show()
        }
    }

    /// Prints a line of text above the bar.
    package func print(_ line: String) {
        lock.withLock {
            clear()
            output(line + "\n")
            if style == .terminal, pausedAt == nil {
                lastShown = -.infinity
                show()
            }
        }
    }

    /// Clears the redrawn line; the bar may still be advanced and then shows again.
    package func finish() {
        lock.withLock { clear() }
    }

    /// Clears the line and stops the clock until ``resume()``: another task has the terminal.
    package func pause() {
        lock.withLock {
            clear()
            if pausedAt == nil { pausedAt = clock() }
        }
    }

    /// Shows the line again.
    package func resume() {
        lock.withLock {
            if let pausedAt { start += clock() - pausedAt }
            pausedAt = nil
            lastShown = -.infinity
            show()
        }
    }

    private func clear() {
        if isLineOpen { output("\r\u{1B}[K") }
        isLineOpen = false
    }

    private func show() {
        let now = clock()
        let interval = style == .terminal ? Self.redrawInterval : Self.plainInterval
        guard pausedAt == nil, now - lastShown >= interval else { return }
        lastShown = now
        let parts = Parts(
            title: title, done: done, total: total, unit: unit,
            rate: Double(done - doneBefore) / max(now - start, 1e-9), note: note)
        switch style {
        case .terminal:
            // A character in the last column would make some terminals wrap.
            output("\r" + parts.line(columns: columns() - 1) + "\u{1B}[K")
            isLineOpen = true
        case .plain:
            output(parts.text(barWidth: 0) + "\n")
        }
    }

    /// The parts of a line.
    private struct Parts {
        var title: String
        var done: Int
        var total: Int
        var unit: String
        /// A second.
        var rate: Double
        var note: String

        /// The most complete line that fits.
        func line(columns: Int) -> String {
            let bar = 20
            let candidates = [
                text(barWidth: bar), text(barWidth: bar, hasNote: false),
                text(barWidth: bar, hasNote: false, hasRate: false),
                text(barWidth: bar / 2, hasNote: false, hasRate: false),
                text(barWidth: 0, hasNote: false, hasRate: false),
                text(barWidth: 0, hasNote: false, hasRate: false, hasTime: false),
            ]
            return candidates.first { $0.count <= columns }
                ?? String(candidates[candidates.count - 1].prefix(max(columns, 0)))
        }

        func text(
            barWidth: Int, hasNote: Bool = true, hasRate: Bool = true, hasTime: Bool = true
        ) -> String {
            let fraction = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 0
            var parts = [title]
            if barWidth > 0 {
                let filled = Int(fraction * Double(barWidth))
                parts.append(
                    "[" + String(repeating: "#", count: filled)
                        + String(repeating: ".", count: barWidth - filled) + "]")
            }
            let percent = String(Int(fraction * 100))
            parts.append(
                String(repeating: " ", count: max(0, 3 - percent.count)) + percent + "%")
            parts.append("\(TextTable.grouped(done))/\(TextTable.grouped(total))")
            if hasRate { parts.append(" " + pace) }
            if hasTime && rate > 0 && done < total {
                parts.append(" \(ProgressBar.time(Double(total - done) / rate)) left")
            }
            if hasNote && !note.isEmpty { parts.append(" " + note) }
            return parts.joined(separator: " ")
        }

        /// `33.8 steps/s`, or `14.2 s/step` below one a second.
        private var pace: String {
            rate > 0 && rate < 1
                ? String(
                    format: "%.1f s/%@", 1 / rate,
                    unit.hasSuffix("s") ? String(unit.dropLast()) : unit)
                : "\(ProgressBar.rounded(rate)) \(unit)/s"
        }
    }

    /// A rate with about three digits.
    static func rounded(_ rate: Double) -> String {
        guard rate < 1e15 else { return "-" }
        return rate >= 100
            ? TextTable.grouped(Int(rate.rounded())) : String(format: "%.1f", rate)
    }

    /// `0:07`, `12:30`, `3:05:00`.
    package static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded(.up))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest)
            : String(format: "%d:%02d", minutes, rest)
    }
}
