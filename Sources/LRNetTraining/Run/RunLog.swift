internal import Foundation
internal import LRNetSupport

/// What a run tells people: lines on standard output and in `train.log`, and a bar on a terminal.
/// Ranks other than 0 have one that is silent.
package final class RunLog {
    private let folder: RunFolder?
    private let isQuiet: Bool
    private var bar: ProgressBar?

    /// - Parameter isQuiet: Whether lines and bar stay off the terminal; warnings do not.
    package init(folder: RunFolder?, isQuiet: Bool = false) {
        self.folder = folder
        self.isQuiet = isQuiet
    }

    /// Shows a bar if somebody watches.
    func startBar(total: Int, done: Int) {
        guard folder != nil, !isQuiet, Terminal.isWatched else { return }
        bar = ProgressBar("training", total: total, unit: "steps", style: .terminal)
        bar?.update(done: done)
    }

    func update(done: Int, note: String) { bar?.update(done: done, note: note) }

    func finishBar() {
        bar?.finish()
        bar = nil
    }

    /// Writes a line.
    func line(_ text: String) throws {
        guard let folder else { return }
        try folder.logLine(text)
        if isQuiet { return }
        if let bar {
            bar.print(text)
        } else {
            print(text)
            fflush(nil)
        }
    }

    /// Writes a line to standard error and to `train.log`.
    func warning(_ text: String) {
        guard let folder else { return }
        try? folder.logLine("warning: \(text)")
        FileHandle.standardError.write(Data("lrnet-dist: warning: \(text)\n".utf8))
    }
}

/// Whether a person sees what this process writes.
enum Terminal {
    /// Whether standard error, or that of the launcher which forwards ours, is a terminal.
    ///
    /// Under mpirun our own streams are pipes or pseudo-terminals of its making, so it is mpirun's
    /// standard error that counts; on other machines than mpirun's there is no bar.
    static var isWatched: Bool {
        let isLaunched = ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_SIZE"] != nil
        guard isLaunched else { return isatty(STDERR_FILENO) == 1 }
        let target = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/\(getppid())/fd/2")
        return target.map { $0.hasPrefix("/dev/pts/") || $0.hasPrefix("/dev/tty") } ?? false
    }
}
