import Foundation
import LRNetData
import LRNetLayers
import LRNetTraining
import Testing

/// The recipes in `launch/recipes`: each can be read, and its header states its command and result.
@Suite struct LaunchRecipesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../launch/recipes").standardized

    private static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// Each has the paper's recipe and a short one; MNIST and CIFAR-10 also have fast ones.
    @Test func `every data set and method has a recipe and its variants`() {
        for set in ["mnist", "cifar10", "imagenet"] {
            for method in ["full-precision", "ternary", "binary"] {
                let more = [
                    "mnist": ["-fast"], "cifar10": ["-narrow", "-narrow-fast"],
                ][set, default: []]
                for variant in ["", "-short"] + more {
                    #expect(Self.names.contains("\(set)-\(method)\(variant)"))
                }
            }
        }
    }

    @Test(arguments: ["full-precision", "ternary", "binary"])
    func `recipes with augmented MNIST state that they leave the paper's protocol`(
        method: String
    ) throws {
        let name = "mnist-augmented-\(method)"
        #expect(
            try header(name).replacing("\n#", with: "").contains("outside the paper's protocol"))
        let recipe = try recipe(name)
        #expect(recipe.augmentation.pad == 2 && recipe.augmentation.crop == 28)
    }

    /// Returns the text of a recipe's header.
    private func header(_ name: String) throws -> String {
        let text = try String(
            contentsOf: Self.folder.appending(path: "\(name).yaml"), encoding: .utf8)
        return text.split(separator: "\n").prefix { $0.hasPrefix("#") }
            .joined(separator: "\n")
    }

    private func recipe(_ name: String) throws -> Recipe {
        try Recipe(file: Self.folder.appending(path: "\(name).yaml").path)
    }

    /// Returns the folder that a header's command writes to.
    private func output(_ name: String) throws -> String? {
        try header(name).firstMatch(of: /--output ([^\s]+)/).map { String($0.output.1) }
    }

    @Test(arguments: names)
    func `every header has its command and a measurement or an estimate`(name: String) throws {
        let header = try header(name)
        #expect(header.contains(/lrnet-dist (train|compare) launch\/recipes\//))
        #expect(header.contains(" launch/recipes/\(name).yaml"))
        #expect(try output(name)?.hasPrefix("runs/") == true)
        guard !name.hasPrefix("digits") else { return }
        let isMeasured = header.contains("Measured on ")
        #expect(isMeasured || header.contains("Never run"))
        #expect(isMeasured || header.contains("Estimate: "))
    }

    @Test(arguments: names)
    func `every recipe can be read and uses the method in its name`(name: String) throws {
        let recipe = try recipe(name)
        #expect(try Recipe(yaml: recipe.yaml, file: name) == recipe)
        #expect(recipe.makeNetwork().layers.count > 0)
        let methods = TrainingMethod.allCases.map(\.rawValue).filter(name.contains)
        let method = methods.max { $0.count < $1.count }
        #expect(
            method == nil
                ? name.hasPrefix("mnist-matched") : recipe.weights.model.rawValue == method)
    }

    /// Only the first layers may differ.
    @Test(arguments: names)
    func `every source is the run of a full-precision recipe of the same network`(
        name: String
    ) throws {
        let recipe = try recipe(name)
        guard let from = recipe.initialization.from, !from.hasSuffix(".safetensors"),
            try !header(name).contains("The source is this recipe")
        else { return }
        let source = try #require(Self.names.first { try output($0) == from }, "\(from)")
        let other = try self.recipe(source)
        #expect(other.weights.model == .fullPrecision)
        var architecture = other.architecture
        architecture.firstLayer = recipe.architecture.firstLayer
        #expect(recipe.architecture == architecture)
    }
}
