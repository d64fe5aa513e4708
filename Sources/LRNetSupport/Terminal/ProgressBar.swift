import Foundation

/// A progress bar for a long task, on standard error.
///
/// On a terminal it redraws one line at most ten times a second, and clears it at the end:
///
///     importing train [##########..........]  50%  27,500/55,000  41,200 images/s  0:01 left
///
/// The line fits the terminal. On a narrow terminal it omits the note first, then the rate, then
/// half of the bar, the whole bar, and the time left. Elsewhere (in a log file or a batch system)
/// it prints a plain line at most every ten seconds. All methods can be called from any thread.
package final class ProgressBar: @unchecked Sendable {
    package enum Style: Sendable {
        /// One line that is redrawn.
        case terminal
        /// Plain lines, at most one every ten seconds.
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
    /// The amount done before this process started.
    private let doneBefore: Int
    private var done: Int
    private var note = ""
    private var lastShown: Double
    private var isLineOpen = false

    /// The minimum time between two redraws, and between two plain lines, in seconds.
    static let redrawInterval = 0.1
    static let plainInterval = 10.0

    /// Starts a bar.
    ///
    /// - Parameters:
    ///   - unit: The counted things, a plural that ends in `s`.
    ///   - done: The amount done before, which does not count toward the rate.
    ///   - style: `nil` chooses the style by whether standard error is a terminal.
    package convenience init(
        _ title: String, total: Int, unit: String, done: Int = 0, style: Style? = nil
    ) {
        let terminal = Terminal.current
        self.init(
            title, total: total, unit: unit, done: done,
            style: style ?? (terminal == nil ? .plain : .terminal),
            output: { Console.printError($0) },
            clock: { ProcessInfo.processInfo.systemUptime },
            columns: { terminal?.columns ?? .max })
    }

    /// Starts a bar with a given style, output, clock (in seconds) and width, for tests.
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

    /// Adds `count` to the amount done.
    package func advance(by count: Int = 1) {
        lock.withLock {
            done += count
            show()
        }
    }

    /// Sets the amount done, and a short note at the end of the line (a loss, a file).
    ///
    /// - Parameter total: The new total, if it has become known or has changed.
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

    /// Clears the redrawn line. If the bar is advanced later, the line appears again.
    package func finish() {
        lock.withLock { clear() }
    }

    /// Clears the line and stops the clock until ``resume()``, so another task can use the
    /// terminal.
    package func pause() {
        lock.withLock {
            clear()
            if pausedAt == nil { pausedAt = clock() }
        }
    }

    /// Restarts the clock and shows the line again.
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
            // Some terminals wrap the line if its last column is used.
            output("\r" + parts.line(columns: columns() - 1) + "\u{1B}[K")
            isLineOpen = true
        case .plain:
            output(parts.text(barWidth: 0) + "\n")
        }
    }

    private struct Parts {
        var title: String
        var done: Int
        var total: Int
        var unit: String
        /// The rate in units per second.
        var rate: Double
        var note: String

        /// Returns the most complete line that fits into `columns`.
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

        /// The rate, such as `33.8 steps/s`, or `14.2 s/step` below one per second.
        private var pace: String {
            rate > 0 && rate < 1
                ? String(
                    format: "%.1f s/%@", 1 / rate,
                    unit.hasSuffix("s") ? String(unit.dropLast()) : unit)
                : "\(ProgressBar.rounded(rate)) \(unit)/s"
        }
    }

    /// Returns a rate as text: an integer from 100 on, with one decimal below.
    static func rounded(_ rate: Double) -> String {
        guard rate < 1e15 else { return "-" }
        return rate >= 100
            ? TextTable.grouped(Int(rate.rounded())) : String(format: "%.1f", rate)
    }

    /// Returns a time such as `0:07`, `12:30` or `3:05:00`, rounded up to whole seconds.
    package static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded(.up))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest)
            : String(format: "%d:%02d", minutes, rest)
    }
}
