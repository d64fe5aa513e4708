import ArgumentParser
import LRNetSupport
import LRNetTraining

struct RecipeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "Explain the keys of recipes.",
        discussion: """
            Prints the meaning, type, bounds and default of keys, of whole sections, or of all keys:
              lrnet-dist recipe --explain training.globalBatch
              lrnet-dist recipe --explain schedule
            To print a recipe with the values of all its keys:
              lrnet-dist train launch/recipes/mnist-ternary.yaml --print-recipe
            """)

    @Flag(help: "Explain the given keys.")
    var explain = false

    @Flag(help: "Print the page launch/recipes/REFERENCE.md.")
    var reference = false

    @Argument(help: "Keys or sections, such as training.epochs; by default, all.")
    var keys: [String] = []

    func validate() throws {
        if explain && reference {
            throw ValidationError("--explain cannot be combined with --reference; use one of them")
        }
        if reference && !keys.isEmpty {
            throw ValidationError("--reference prints all keys; use --explain \(keys[0])")
        }
        if !explain && !reference && keys.isEmpty {
            throw ValidationError("give --explain, --explain KEY or --reference")
        }
    }

    func run() throws {
        let text =
            reference ? RecipeReference.page : try RecipeReference.explanation(of: keys)
        try Console.print(text, terminator: "")
    }
}
