import LRNetCommandLine
import LRNetLaunchSupport
import Testing

/// A path that the shell should have expanded is refused before anything is created.
@Suite struct UnexpandedPathTests {
    @Test(arguments: [
        (
            ["train", "r.yaml", "--output", "~/x"],
            "--output '~/x': the shell did not expand ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
        (
            ["train", "--output=~/x"],
            "--output '~/x': the shell did not expand ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
        (
            ["train", "--output", "~"],
            "--output '~': the shell did not expand ~; write \"$HOME\", or './~' if that is the name"
        ),
        (
            ["train", "--output", "$SCRATCH/x"],
            "--output '$SCRATCH/x': the shell did not expand $SCRATCH; write \"$SCRATCH/x\" in double quotes, or './$SCRATCH/x' if that is the name"
        ),
        (
            ["describe", "~bob/x"],
            "'~bob/x': the shell did not expand ~bob; write ~bob/x without quotes, as a separate word, or './~bob/x' if that is the name"
        ),
        (
            ["train", "--set", "initialization.from=~/x"],
            "--set initialization.from '~/x': the shell did not expand ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
    ])
    func `a path that the shell did not expand is named with a remedy`(
        words: [String], message: String
    ) {
        #expect(UnexpandedPath(in: words)?.message == message)
    }

    @Test(arguments: [
        ["train", "./~/x", "--output", "x~", "--set", "initialization.from=~"],
        ["a$b", "$", "--set", "network={layers: [4C3]}", "~a b/c", "1~2"],
    ])
    func `paths that need no expansion are accepted`(words: [String]) {
        #expect(UnexpandedPath(in: words) == nil)
    }

    @Test(arguments: [
        ("lrnet-dist", ["train", "r.yaml", "--data", "d"]),
        ("lrnet-dist", ["compare", "r.yaml", "--data", "d"]),
        ("lrnet-dist", ["export", "r", "--format", "packed"]),
        ("lrnet-dist", ["report", "r"]),
        ("lrnet-data", ["import", "images", "--train", "t"]),
        ("lrnet-data", ["import", "npz", "a.npz"]),
        ("lrnet-data", ["fetch", "mnist"]),
        ("lrnet-data", ["synthesize", "digits"]),
        ("lrnet-data", ["sample", "d"]),
    ])
    func `every command refuses an output path that is not expanded`(
        program: String, words: [String]
    ) throws {
        for output in [["--output", "~/lrnet-x"], ["--output=~/lrnet-x"]] {
            let outcome = try Launch(Launch.program(program), words + output).wait()
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--output '~/lrnet-x': the shell did not expand ~"))
        }
    }
}
