/// The exit codes of the programs. Codes 64 to 78 follow `sysexits.h`.
package enum ExitStatus: Int32, Sendable {
    case success = 0
    /// The command line is wrong.
    case usage = 64
    /// The content of a file is wrong: it is damaged or truncated, or does not fit other files.
    case badData = 65
    /// A file or folder is missing.
    case inputMissing = 66
    /// A bug in this program.
    case internalError = 70
    /// Reading, writing or communicating with a peer failed.
    case inputOutput = 74
    /// Stopped early with a valid checkpoint; the same command resumes.
    case stoppedEarly = 75
    /// The recipe is wrong. Also the program is built for another CPU (`CProcessor`).
    case badRecipe = 78
    /// The loss or a gradient is not finite.
    case nonFiniteLoss = 80
    /// A rank or the whole run made no progress for too long.
    case stalled = 81
}
