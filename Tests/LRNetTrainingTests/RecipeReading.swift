import LRNetSupport
import LRNetTraining
import Testing

/// A suite that reads recipes from texts.
protocol RecipeReading {}

extension RecipeReading {
    func recipe(_ yaml: String = "", _ overrides: String...) throws -> Recipe {
        try Recipe(yaml: yaml, file: "r.yaml", overrides: overrides)
    }

    /// Returns the error of a recipe without the prefix `recipe r.yaml: `. Its code must be 78.
    func refusal(_ yaml: String, _ overrides: [String] = []) -> String {
        do {
            _ = try Recipe(yaml: yaml, file: "r.yaml", overrides: overrides)
            return "accepted"
        } catch let failure as Failure {
            #expect(failure.exitStatus == .badRecipe)
            #expect(!failure.description.contains("\n"))
            #expect(failure.call == "recipe r.yaml")
            return "\(failure.subject): \(failure.message)"
        } catch {
            return "another error: \(error)"
        }
    }
}
