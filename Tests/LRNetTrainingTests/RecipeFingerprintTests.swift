import Foundation
import LRNetTraining
import Testing

/// Fingerprints that earlier versions wrote to checkpoints. Runs can be resumed only if these stay.
@Suite struct RecipeFingerprintTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static let recipes = tests.appending(path: "../../launch/recipes").standardized
    private static let storedRun = tests.appending(
        path: "../EndToEndTests/Fixtures/interrupted-run.yaml"
    ).standardized

    /// Recipes with keys that no recipe in `launch/recipes` has.
    private static let variants = [
        "empty": "",
        "everyKey": RecipeTests.everyKey,
        "customNetwork": RecipeTests.customNetwork,
        "frozen": "network: {name: resnet18, firstLayer: frozen}",
        "narrow": "network: {name: cifar10, width: 0.25}",
        "named": "network: {name: mnist, input: 32x32x1, classes: 7}",
        "clipped": "weights: {model: binary, logitClip: 4.6}",
        "relaxed": "weights: {model: gumbel-binary, temperature: 1, logitClip: 3}",
        "draws": "weights: {model: log-derivative, draws: 8, distribution: binary}",
        "ttq": "weights: {model: ttq, threshold: 0.125}",
        "range": "augmentation: {crop: 28, shorterSide: 40, contrast: 0.5}",
        "set": "augmentation: {standardize: set}",
        "samples": "data: {samples: 300, blockSamples: 7, windowBlocks: 9, workers: 3}",
        "minutes": "{training: {maxMinutes: 3, steps: 4}, checkpoint: {everyMinutes: 2}}",
        "sgd": """
        network: {layers: [3x20FC], input: 28x28x1, classes: 10, lastLayer: discrete-normalized}
        weights: binary-connect
        optimizer: {name: sgd, momentum: 0.5}
        schedule: {dropAtEpochs: [2], factor: 0.5, epochFactor: 0.25}
        loss: squared-hinge
        """,
        "from": "initialization: {from: 'a \"quoted\\\" # b'}",
    ]

    /// Returns a line `name hash` for every recipe.
    private static func lines() throws -> [String] {
        var found: [String] = []
        let files = try FileManager.default.contentsOfDirectory(atPath: recipes.path)
        for file in files.filter({ $0.hasSuffix(".yaml") }).sorted() {
            let recipe = try Recipe(file: recipes.appending(path: file).path)
            found.append("\(file) \(recipe.fingerprint)")
        }
        for (name, yaml) in variants.sorted(by: { $0.key < $1.key }) {
            found.append("\(name) \(try Recipe(yaml: yaml, file: name).fingerprint)")
        }
        found.append("interrupted-run \(try Recipe(file: storedRun.path).fingerprint)")
        return found
    }

    @Test func `the fingerprints of earlier versions have not changed`() throws {
        let golden = Self.tests.appending(path: "Golden/recipe-fingerprints.txt")
        let text = (try? String(contentsOf: golden, encoding: .utf8)) ?? ""
        let expected = text.split(separator: "\n").map(String.init)
        let found = Set(try Self.lines())
        #expect(expected.count > 50)
        let missing = expected.filter { !found.contains($0) }
        #expect(missing.isEmpty)
    }
}
