import LRNetCommandLine
import LRNetLaunchSupport
import Testing

/// A path in which the shell was to fill in a folder is refused before anything is made.
@Suite struct UnexpandedPathTests {
    @Test(arguments: [
        (
            ["train", "r.yaml", "--output", "~/x"],
            "--output '~/x': the shell did not replace ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
        (
            ["train", "--output=~/x"],
            "--output '~/x': the shell did not replace ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
        (
            ["train", "--output", "~"],
            "--output '~': the shell did not replace ~; write \"$HOME\", or './~' if that is the name"
        ),
        (
            ["train", "--output", "$SCRATCH/x"],
            "--output '$SCRATCH/x': the shell did not replace $SCRATCH; write \"$SCRATCH/x\" in double quotation marks, or './$SCRATCH/x' if that is the name"
        ),
        (
            ["describe", "~bob/x"],
            "'~bob/x': the shell did not replace ~bob; write ~bob/x without quotation marks, as a word of its own, or './~bob/x' if that is the name"
        ),
        (
            ["train", "--set", "initialization.from=~/x"],
            "--set initialization.from '~/x': the shell did not replace ~; write \"$HOME/x\", or './~/x' if that is the name"
        ),
    ])
    func areNamed(words: [String], message: String) {
        #expect(UnexpandedPath(in: words)?.message == message)
    }

    @Test(arguments: [
        ["train", "./~/x", "--output", "x~", "--set", "initialization.from=~"],
        ["a$b", "$", "--set", "network={layers: [4C3]}", "~a b/c", "1~2"],
    ])
    func othersAreNot(words: [String]) {
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
    func everyOutputIsRefused(program: String, words: [String]) throws {
        for output in [["--output", "~/lrnet-x"], ["--output=~/lrnet-x"]] {
            let outcome = try Launch(Launch.program(program), words + output).wait()
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--output '~/lrnet-x': the shell did not replace ~"))
        }
    }
}
