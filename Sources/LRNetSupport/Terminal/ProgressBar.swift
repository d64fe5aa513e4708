import Foundation

/// Shows on standard error how far a long task is.
///
/// On a terminal one line is redrawn, at most ten times a second, and cleared at the end:
///
///     importing train [##########..........]  50%  27,500/55,000  41,200 images/s  0:01 left
///
/// Elsewhere (a log file, a batch system) a plain line appears at most every ten seconds.
/// Calls may come from any thread.
public final class ProgressBar: @unchecked Sendable {
    /// What shows: a redrawn line, or plain lines.
    public enum Style: Sendable {
        /// A line that is redrawn.
        case terminal
        /// Plain lines, few.
        case plain
    }

    private let title: String
    private let total: Int
    private let unit: String
    private let style: Style
    private let output: @Sendable (String) -> Void
    private let clock: @Sendable () -> Double
    private let lock = NSLock()
    private let start: Double
    private var done = 0
    private var note = ""
    private var lastShown: Double
    private var isLineOpen = false

    /// The shortest time between two redrawings, and between two plain lines, in seconds.
    static let redrawInterval = 0.1
    static let plainInterval = 10.0

    /// Starts at 0 of `total`.
    ///
    /// - Parameter style: `nil` for the style that suits standard error.
    public convenience init(_ title: String, total: Int, unit: String, style: Style? = nil) {
        self.init(
            title, total: total, unit: unit,
            style: style ?? (isatty(STDERR_FILENO) == 1 ? .terminal : .plain),
            output: { FileHandle.standardError.write(Data($0.utf8)) },
            clock: { ProcessInfo.processInfo.systemUptime })
    }

    /// Starts with a given style, sink and clock (seconds), for tests.
    package init(
        _ title: String, total: Int, unit: String, style: Style,
        output: @escaping @Sendable (String) -> Void, clock: @escaping @Sendable () -> Double
    ) {
        self.title = title
        self.total = total
        self.unit = unit
        self.style = style
        self.output = output
        self.clock = clock
        start = clock()
        lastShown = start
    }

    deinit {
        finish()
    }

    /// Adds to what is done.
    public func advance(by count: Int = 1) {
        lock.withLock {
            done += count
            show()
        }
    }

    /// Sets what is done, and a short text at the end of the line (a loss, a file).
    public func update(done: Int, note: String = "") {
        lock.withLock {
            self.done = done
            self.note = note
            show()
        }
    }

    /// Prints a line of text above the bar.
    public func print(_ line: String) {
        lock.withLock {
            clear()
            output(line + "\n")
            if style == .terminal {
                lastShown = -.infinity
                show()
            }
        }
    }

    /// Clears the redrawn line; the bar may still be advanced and then shows again.
    public func finish() {
        lock.withLock { clear() }
    }

    private func clear() {
        if isLineOpen { output("\r\u{1B}[K") }
        isLineOpen = false
    }

    private func show() {
        let now = clock()
        let interval = style == .terminal ? Self.redrawInterval : Self.plainInterval
        guard now - lastShown >= interval else { return }
        lastShown = now
        let text = line(at: now)
        switch style {
        case .terminal:
            output("\r" + text + "\u{1B}[K")
            isLineOpen = true
        case .plain:
            output(text + "\n")
        }
    }

    private func line(at now: Double) -> String {
        let fraction = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 0
        let seconds = max(now - start, 1e-9)
        let rate = Double(done) / seconds
        var parts = [title]
        if style == .terminal {
            let filled = Int(fraction * 20)
            parts.append(
                "[" + String(repeating: "#", count: filled)
                    + String(repeating: ".", count: 20 - filled) + "]")
        }
        let percent = String(Int(fraction * 100))
        parts.append(String(repeating: " ", count: max(0, 3 - percent.count)) + percent + "%")
        parts.append("\(TextTable.grouped(done))/\(TextTable.grouped(total))")
        parts.append(" \(Self.rounded(rate)) \(unit)/s")
        if rate > 0 && done < total {
            parts.append(" \(Self.time(Double(total - done) / rate)) left")
        }
        if !note.isEmpty { parts.append(" " + note) }
        return parts.joined(separator: " ")
    }

    /// A rate with about three digits.
    static func rounded(_ rate: Double) -> String {
        guard rate < 1e15 else { return "-" }
        return rate >= 100
            ? TextTable.grouped(Int(rate.rounded())) : String(format: "%.1f", rate)
    }

    /// `0:07`, `12:30`, `3:05:00`.
    static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded(.up))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest)
            : String(format: "%d:%02d", minutes, rest)
    }
}
