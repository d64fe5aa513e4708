internal import Foundation

/// The terminal that shows this process's standard error.
///
/// Under mpirun, the streams of a rank are pipes or pseudo-terminals that belong to mpirun, so
/// mpirun's own standard error is used. Ranks on other machines than mpirun's have no terminal, and
/// neither have those of srun.
package struct Terminal: Sendable {
    private let device: String

    private static let fallbackColumns = 80

    /// The terminal; `nil` if there is none, or if it supports no control characters (`TERM=dumb`).
    package static let current: Terminal? = {
        let environment = ProcessInfo.processInfo.environment
        guard environment["TERM"] != "dumb" else { return nil }
        let isLaunched = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].contains { environment[$0] != nil }
        guard isLaunched else {
            return isatty(STDERR_FILENO) == 1 ? Terminal(device: "/proc/self/fd/2") : nil
        }
        let link = "/proc/\(launcher)/fd/2"
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        guard let target, target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty") else {
            return nil
        }
        return Terminal(device: target)
    }()

    /// The process that the user started: this process's parent or, with MPICH, the parent of its
    /// proxy.
    private static var launcher: pid_t {
        func word(_ path: String) -> String {
            (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .newlines) ?? ""
        }
        let parent = getppid()
        guard word("/proc/\(parent)/comm").hasPrefix("hydra_") else { return parent }
        // The fields after the name in parentheses: state, parent.
        let fields = word("/proc/\(parent)/stat").split(separator: ")").last ?? ""
        return fields.split(separator: " ").dropFirst().first.flatMap { pid_t($0) } ?? parent
    }

    /// The current width in characters; 80 if the terminal does not report it.
    package var columns: Int {
        let descriptor = open(device, O_WRONLY | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return Self.fallbackColumns }
        defer { close(descriptor) }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Self.fallbackColumns
        }
        return Int(size.ws_col)
    }
}
