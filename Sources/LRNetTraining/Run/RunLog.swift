internal import Foundation
internal import LRNetSupport

/// The log of a run: lines on standard output and in `train.log`, and progress bars on a terminal.
/// It is silent on ranks other than 0.
///
/// Lines start with the local time: `23:41:07` on standard output, `2026-11-28 23:41:07` in the
/// file.
package final class RunLog {
    private let folder: RunFolder?
    private let isQuiet: Bool
    private var training: ProgressBar?
    private var measuring: ProgressBar?

    /// - Parameter isQuiet: Keeps lines and bars off the terminal, but not warnings.
    package init(folder: RunFolder?, isQuiet: Bool = false) {
        self.folder = folder
        self.isQuiet = isQuiet
    }

    private var hasBars: Bool { folder != nil && !isQuiet && Terminal.current != nil }

    /// Shows a progress bar of steps on a terminal.
    func startBar(total: Int, done: Int) {
        guard hasBars else { return }
        training = ProgressBar("training", total: total, unit: "steps", done: done)
        training?.update(done: done)
    }

    func update(done: Int, note: String) { training?.update(done: done, note: note) }

    func finishBar() {
        finishMeasurement()
        training?.finish()
        training = nil
    }

    /// Shows the progress of a measurement in place of the training bar.
    func show(_ progress: EvaluationProgress) {
        guard hasBars else { return }
        if measuring == nil {
            training?.pause()
            measuring = progress.makeBar()
        }
        progress.update(measuring)
    }

    /// Removes the measurement's bar and resumes the training bar.
    func finishMeasurement() {
        guard measuring != nil else { return }
        measuring?.finish()
        measuring = nil
        training?.resume()
    }

    package func line(_ text: String) throws {
        guard let folder else { return }
        let now = Self.timestamp()
        try folder.logLine("\(now.date) \(now.time) \(text)")
        show("\(now.time) \(text)")
    }

    /// Writes a table row, which belongs to the line before it and has no time stamp.
    func row(_ text: String) throws {
        guard let folder else { return }
        try folder.logLine(text)
        show(text)
    }

    private func show(_ text: String) {
        if isQuiet { return }
        if let bar = measuring ?? training {
            bar.print(text)
        } else {
            Console.show(text)
        }
    }

    /// Writes a line to standard error and to `train.log`.
    package func warning(_ text: String) {
        guard let folder else { return }
        let now = Self.timestamp()
        try? folder.logLine("\(now.date) \(now.time) warning: \(text)")
        Console.printError("lrnet-dist: warning: \(text)\n")
    }

    private static func timestamp() -> (date: String, time: String) {
        var seconds = time(nil)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return (
            String(
                format: "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday),
            String(format: "%02d:%02d:%02d", parts.tm_hour, parts.tm_min, parts.tm_sec)
        )
    }
}
