import LRNetCollectives
import LRNetData
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// Batch norm over a single value per channel learns nothing, so it is refused.
@Suite struct BatchNormCheckTests {
    private static let network = "network={layers: [16FC], input: 28x28x1, classes: 10}"

    private func open(_ settings: [String], images: Int = 65) throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/digits"
        try SyntheticDigits(seed: 1).write(
            output: path, name: "digits", counts: (train: images, validation: 8, test: 8))
        let recipe = try Recipe(yaml: "network: mnist", file: "r", overrides: settings)
        _ = try TrainingData(path: path, recipe: recipe, group: SingleProcessGroup())
    }

    @Test(arguments: [
        (
            "training={globalBatch: 1, gradientLeaves: 1}", "training.globalBatch",
            "a batch of 1 leaves", "set training.globalBatch to 2 or more"
        ),
        (
            "training={globalBatch: 32, gradientLeaves: 4, microBatch: 1}", "batchNorm.statistics",
            "{group: 1} leaves", "set it to {group: 2} or synchronized"
        ),
        (
            "training={globalBatch: 32, gradientLeaves: 4, tail: keep}", "training.tail",
            "(65 = 2 x 32 + 1 images) leaves", "set training.tail=drop, or data.samples=64"
        ),
    ])
    func `batch norm over one value per channel is refused with a remedy`(
        training: String, key: String, reason: String, remedy: String
    ) throws {
        let group = key == "batchNorm.statistics" ? ["batchNorm.statistics={group: 1}"] : []
        let error = #expect(throws: Failure.self) {
            try open([Self.network, training] + group)
        }
        #expect(error?.exitStatus == .badRecipe && error?.subject == key)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("1 sample x 1 x 1 pixels = 1 value") == true)
        #expect(error?.message.hasSuffix(remedy) == true)
    }

    @Test func `a tail batch whose last group has one image is refused`() throws {
        let settings = [
            Self.network, "training={globalBatch: 32, gradientLeaves: 8, tail: keep}",
            "batchNorm.statistics={group: 8}",
        ]
        let error = #expect(throws: Failure.self) { try open(settings, images: 41) }
        #expect(
            error?.message.contains("41 = 1 x 32 + 9 images, in groups of 8 the last of 1") == true)
        try open(settings, images: 42)
        try open(settings + ["data.samples=40"], images: 41)
    }

    /// Several pixels of one image are several values. Networks without batch norm require none.
    @Test
    func `several values per channel, or no batch norm, are accepted`() throws {
        let one = "training={globalBatch: 1, gradientLeaves: 1}"
        try open([one, "network={layers: [4C3, GAP], input: 28x28x1, classes: 10}"])
        try open([one, "weights=ebp", Self.network, "network.lastLayer=discrete"])
        try open([Self.network, "training={globalBatch: 32, gradientLeaves: 4, tail: drop}"])
        try open([Self.network, "training={globalBatch: 2, gradientLeaves: 1}"])
    }
}
