internal import Foundation
package import LRNetSupport

/// The end of the last start of a run, in its folder's `ended.json`.
///
/// Launchers do not always return the exit code of their ranks, above all when a signal or the
/// watchdog ends them. A script therefore reads this file first. It does not exist while a run is
/// in progress, or if the run was killed.
package struct RunEnd: Codable, Equatable, Sendable {
    /// The name of the file.
    package static let name = "ended.json"

    /// The exit code: 0 if the run is done, 75 if it stopped early with a checkpoint.
    package let code: Int32

    /// The number of steps done.
    package let step: Int

    /// The time of the end, in ISO 8601.
    package let endedAt: String

    package init(_ status: ExitStatus, step: Int) {
        code = status.rawValue
        self.step = step
        endedAt = Date().ISO8601Format()
    }

    /// Writes the file, or replaces it.
    package func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(self), as: UTF8.self)
        try AtomicFile.write(text + "\n", to: "\(folder)/\(Self.name)")
    }

    /// True if a start of the run has ended since the file was last removed.
    package static func exists(in folder: String) -> Bool {
        FileBytes.exists("\(folder)/\(name)")
    }

    /// Removes the file of an earlier start, if there is one.
    package static func remove(from folder: String) throws {
        if exists(in: folder) { try AtomicFile.remove("\(folder)/\(name)") }
    }
}
