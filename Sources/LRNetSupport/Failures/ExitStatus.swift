/// The exit codes of the programs; numbers 64 to 78 as in `sysexits.h`.
package enum ExitStatus: Int32, Sendable {
    /// Done.
    case success = 0
    /// The command line is wrong.
    case usage = 64
    /// A file's content is wrong: damaged, truncated, or it does not fit the rest.
    case badData = 65
    /// A file or folder is missing.
    case inputMissing = 66
    /// A bug of ours.
    case internalError = 70
    /// Reading, writing or talking to a peer failed.
    case inputOutput = 74
    /// Stopped early with a good checkpoint: run the same command again.
    case stoppedEarly = 75
    /// The recipe is wrong.
    case badRecipe = 78
    /// The loss or a gradient is not finite.
    case nonFiniteLoss = 80
    /// No progress for too long.
    case stalled = 81
}
