import LRNetSupport
import LRNetTraining
import Testing

/// Every number in a recipe has bounds, which its message states, and no value traps.
@Suite struct RecipeExtremesTests {
    static let extremes = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "99999999999999999999999", "1e18", "1e308", "-1e308", "1e400", "5e-324", "0.99999999999",
        "-1", "0", ".inf", "nan",
    ]

    /// Keys that are read only with other settings, or whose value is a list or a mapping.
    private static let context: [String: (others: [String], forms: [String])] = [
        "weights.temperature": (["weights.model=gumbel-binary"], ["#"]),
        "weights.draws": (["weights.model=log-derivative"], ["#"]),
        "weights.threshold": (["weights.model=ttq"], ["#"]),
        "optimizer.momentum": (["optimizer.name=sgd"], ["#"]),
        "augmentation.shorterSide": (["augmentation.crop=28"], ["#", "[1, #]", "[#, #]"]),
        "augmentation.contrast": ([], ["#", "[0, #]", "[#, #]"]),
        "augmentation.standardize": (
            [], ["{mean: [#], deviation: [1]}", "{mean: [0], deviation: [#]}"]
        ),
        "schedule.dropAtEpochs": ([], ["[#]", "[1, #]"]),
        "batchNorm.statistics": ([], ["{group: #}"]),
        "network.input": ([], ["#x28x1", "28x28x#", "#x#x#"]),
        "network.layers": (
            ["network.name=mnist", "network.input=28x28x1", "network.classes=10"],
            ["[#FC]", "[#C3]", "[8C#]", "[8C3/#]", "[MP#]", "[#R]", "[#x8FC]"]
        ),
    ]

    private static let numbers = RecipeKey.all.filter {
        $0.type.contains("number") || context[$0.path] != nil
    }

    @Test func `no key with numbers is missing from these tests`() {
        let others = RecipeKey.all.filter { key in !Self.numbers.contains { $0.path == key.path } }
        #expect(
            others.allSatisfy { key in
                ["one of", "true or", "path", "name of", "network", "word"].contains {
                    key.type.hasPrefix($0)
                }
            }, "\(others.map { "\($0.path): \($0.type)" })")
    }

    @Test(arguments: numbers.map(\.path))
    func `every extreme value is accepted or refused with one line`(path: String) throws {
        let (others, forms) = Self.context[path] ?? ([], ["#"])
        for form in forms {
            for extreme in Self.extremes {
                let value = form.replacing("#", with: extreme)
                do {
                    let recipe = try Recipe(
                        yaml: "network: mnist", file: "r", overrides: others + ["\(path)=\(value)"])
                    // An accepted value can be used in every computation that requires no data.
                    _ = MemoryPlan(recipe: recipe)
                    _ = recipe.schedule.scale(epoch: 3)
                    _ = recipe.fingerprint
                } catch let failure as Failure {
                    #expect(failure.exitStatus == .badRecipe)
                    #expect(!failure.description.contains("\n"))
                    #expect(failure.message.count > 10, "\(failure)")
                }
            }
        }
    }

    /// Also for values that exceed the range of `Int` or `Double`.
    @Test(arguments: ["9223372036854775807", "99999999999999999999999", "1e400"])
    func `the message for a value that is too large states the bound`(extreme: String) throws {
        let keys = RecipeKey.all.filter { key in
            key.bounds.contains("at most") && Self.context[key.path]?.forms == nil
                || key.path.hasPrefix("weights.") && key.bounds.contains("at most")
        }
        #expect(keys.count > 30)
        for key in keys where key.type.contains("whole") == !extreme.contains("e") {
            let failure = try #require(throws: Failure.self, "\(key.path)") {
                try Recipe(
                    yaml: "network: mnist", file: "r",
                    overrides: (Self.context[key.path]?.others ?? []) + ["\(key.path)=\(extreme)"])
            }
            #expect(failure.subject == key.path)
            #expect(
                failure.message.hasPrefix("'\(extreme)' is out of range; at most "), "\(failure)")
        }
    }

    /// Each number alone is in range.
    @Test(arguments: [
        ("network={layers: [999999FC, 999999FC], input: 28x28x1, classes: 10}", "weights to"),
        ("network={layers: [8C3], input: 65536x65536x65536, classes: 10}", "values of an image"),
        ("network={layers: [99999C99], input: 1000x1000x1, classes: 10}", "values of an image"),
        ("network={name: cifar10, width: 100}", "weights to"),
        (
            "network={layers: [999x8C1, 999x8C1, 999x8C1, 999x8C1, 999x8C1], input: 4x4x1, "
                + "classes: 10}", "blocks; at most"
        ),
        ("network={layers: [8FC], input: 60000x30000x1, classes: 1000000}", "weights to"),
    ])
    func `networks whose sizes multiply beyond a limit are refused`(
        network: String, words: String
    ) throws {
        let failure = try #require(throws: Failure.self) {
            try Recipe(yaml: "network: mnist", file: "r", overrides: [network])
        }
        #expect(failure.exitStatus == .badRecipe)
        #expect(
            failure.message.contains(words) && failure.message.contains("at most"), "\(failure)")
    }

    @Test func `a batch with too many values is refused with the limit`() throws {
        let failure = try #require(throws: Failure.self) {
            try Recipe(
                yaml: "network: resnet18", file: "r",
                overrides: ["training={globalBatch: 10000000, gradientLeaves: 1}"])
        }
        #expect(failure.subject == "training.globalBatch")
        #expect(
            failure.message.contains("the limit is 1099511627776: use at most "))
    }
}
