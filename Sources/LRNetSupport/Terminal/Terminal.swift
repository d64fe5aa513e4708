internal import Foundation

/// The terminal that shows this process's standard error.
///
/// Under mpirun, the streams of a rank are pipes or pseudo-terminals that belong to mpirun, so
/// mpirun's own standard error is used. Ranks on other machines than mpirun's have no terminal.
package struct Terminal: Sendable {
    private let device: String

    private static let fallbackColumns = 80

    /// The terminal; `nil` if there is none, or if it supports no control characters (`TERM=dumb`).
    package static let current: Terminal? = {
        let environment = ProcessInfo.processInfo.environment
        guard environment["TERM"] != "dumb" else { return nil }
        let isLaunched = environment["OMPI_COMM_WORLD_SIZE"] != nil
        guard isLaunched else {
            return isatty(STDERR_FILENO) == 1 ? Terminal(device: "/proc/self/fd/2") : nil
        }
        let link = "/proc/\(getppid())/fd/2"
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        guard let target, target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty") else {
            return nil
        }
        return Terminal(device: target)
    }()

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
