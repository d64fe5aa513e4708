import Foundation
import LRNetLaunchSupport
import Testing

/// Options and commands that do not exist are named, with a suggestion.
@Suite struct MisspelledWordTests {
    /// Program, words, message, and the command whose help is suggested.
    @Test(arguments: [
        (
            "lrnet-dist", "train r.yaml --data d --ouput x",
            "unknown option --ouput; did you mean --output?", "lrnet-dist train"
        ),
        (
            "lrnet-dist", "train r.yaml --dta=d --output x",
            "unknown option --dta; did you mean --data?", "lrnet-dist train"
        ),
        (
            "lrnet-dist", "train --setx a=b", "unknown option --setx; did you mean --set?",
            "lrnet-dist train"
        ),
        (
            "lrnet-dist", "train r.yaml -output x",
            "unknown option -output; did you mean --output?",
            "lrnet-dist train"
        ),
        (
            "lrnet-dist", "bench --frobnicate 3", "unknown option --frobnicate", "lrnet-dist bench"
        ),
        (
            "lrnet-dist", "bench --netwrok mnist",
            "unknown option --netwrok; did you mean --network?", "lrnet-dist bench"
        ),
        (
            "lrnet-dist", "bench exchange --reduction fast",
            "unknown option --reduction", "lrnet-dist bench exchange"
        ),
        (
            "lrnet-dist", "bench kernel", "unknown command 'kernel'; did you mean 'kernels'?",
            "lrnet-dist bench"
        ),
        (
            "lrnet-dist", "trian r.yaml", "unknown command 'trian'; did you mean 'train'?",
            "lrnet-dist"
        ),
        ("lrnet-dist", "r.yaml --data d", "unknown command 'r.yaml'", "lrnet-dist"),
        (
            "lrnet-data", "verfy data", "unknown command 'verfy'; did you mean 'verify'?",
            "lrnet-data"
        ),
        (
            "lrnet-data", "import idex --output d", "unknown command 'idex'; did you mean 'idx'?",
            "lrnet-data import"
        ),
        (
            "lrnet-data", "import npz a.npz --outptu d --validation 3",
            "unknown option --outptu; did you mean --output?", "lrnet-data import npz"
        ),
    ])
    func `unknown options and commands are named with a suggestion`(
        program: String, words: String, message: String, help: String
    ) throws {
        let arguments = words.split(separator: " ").map(String.init)
        let outcome = try Launch(Launch.program(program), arguments).wait()
        #expect(outcome.status == 64)
        #expect(outcome.errors == "\(program): \(message)\nsee \(help) --help\n")
        #expect(outcome.output.isEmpty)
    }

    @Test func `only the first of several ranks reports an unknown option`() throws {
        let outcome = try Launch(
            Launch.program("lrnet-dist"), ["train", "r.yaml", "--ouput", "x"], ranks: 3
        ).wait()
        #expect(outcome.status == 64)
        #expect(outcome.errors.components(separatedBy: "unknown option").count == 2)
    }

    @Test(arguments: [
        ("train r.yaml", "Missing expected option '--data <data>'"),
        ("train r.yaml --data d", "Missing expected option '--output <output>'"),
        ("bench --steps many", "The value 'many' is invalid for '--steps <steps>'"),
        ("bench --steps", "Missing value for '--steps <steps>'"),
        ("describe r.yaml other", "Unexpected argument 'other'"),
        ("describe --set -1", "Missing value for '--set <key=value>'"),
    ])
    func `other mistakes keep the messages of ArgumentParser`(
        words: String, message: String
    ) throws {
        let outcome = try Launch(
            Launch.program("lrnet-dist"), words.split(separator: " ").map(String.init)
        ).wait()
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test(arguments: [
        "--version", "--help", "help train", "train --help", "train --ouput x --help",
    ])
    func `help and version succeed, even after an unknown option`(words: String) throws {
        let outcome = try Launch(
            Launch.program("lrnet-dist"), words.split(separator: " ").map(String.init)
        ).wait()
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
    }

    @Test func `the recipe command explains keys and corrects a misspelled one`() throws {
        func recipe(_ words: String...) throws -> Launch.Outcome {
            try Launch(Launch.program("lrnet-dist"), ["recipe"] + words).wait()
        }
        let key = try recipe("--explain", "training.tail")
        #expect(key.status == 0 && key.output.hasPrefix("training.tail\n  The treatment of the "))
        let misspelled = try recipe("--explain", "training.tial")
        #expect(misspelled.status == 64)
        #expect(
            misspelled.errors
                == "lrnet-dist: recipe: training.tial: unknown key; did you mean training.tail?\n")
        #expect(try recipe("--explain").output.contains("watchdog.stallSeconds\n"))
        #expect(try recipe("--reference").output.hasPrefix("# Recipe keys\n"))
        #expect(try recipe().status == 64)
        #expect(try recipe("--reference", "training").status == 64)
    }
}
