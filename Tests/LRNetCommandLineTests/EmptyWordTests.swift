import LRNetCommandLine
import Testing

/// Empty words of a command line, such as from a shell variable that is not set.
@Suite struct EmptyWordTests {
    @Test(arguments: [
        (["train", "r.yaml", "--output", ""], "--output ''"),
        (["train", "r.yaml", "--output="], "--output ''"),
        (["compare", "", "--seeds", "1"], "''"),
        (["report", "run", "--figures", "", "--output", "x"], "--figures ''"),
    ])
    func `an empty option or argument is named with a remedy`(words: [String], name: String) {
        #expect(
            EmptyWord(in: words)?.message
                == "\(name): is empty, perhaps from a shell variable that is not set; give a value")
    }

    @Test func `an empty value of a recipe key is refused with a remedy`() {
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
    func `full words and options that may be empty are accepted`(words: [String]) {
        #expect(EmptyWord(in: words) == nil)
    }
}
