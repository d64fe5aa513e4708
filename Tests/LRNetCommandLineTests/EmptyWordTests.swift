import LRNetCommandLine
import Testing

/// Words that a variable of the shell has left empty.
@Suite struct EmptyWordTests {
    @Test(arguments: [
        (["train", "r.yaml", "--output", ""], "--output ''"),
        (["train", "r.yaml", "--output="], "--output ''"),
        (["compare", "", "--seeds", "1"], "''"),
        (["report", "run", "--figures", "", "--output", "x"], "--figures ''"),
    ])
    func isNamed(words: [String], name: String) {
        #expect(
            EmptyWord(in: words)?.message
                == "\(name): is empty, as a variable of the shell that is not set; give a value")
    }

    @Test func aKeyNeedsAValue() {
        #expect(
            EmptyWord(in: ["train", "r.yaml", "--set", "initialization.from="])?.message
                == "--set 'initialization.from=': the value is empty; write initialization.from=null "
                + "for none")
    }

    @Test(arguments: [
        ["train", "r.yaml", "--output", "runs/a", "--set", "a.b=c"],
        ["import", "npz", "x.npz", "--test-images", "", "--output", "o"],
        ["import", "npz", "x.npz", "--validation-images=", "--output", "o"],
    ])
    func othersAreNot(words: [String]) { #expect(EmptyWord(in: words) == nil) }
}
