import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// Mistakes of users who come from other programs, and the messages that they get.
@Suite struct RecipeHintTests: RecipeReading {
    @Test(arguments: [
        ("optimizer.lr", "optimizer.learningRate"), ("lr", "optimizer.learningRate"),
        ("learning_rate", "optimizer.learningRate"),
        ("optimizer.weight_decay", "regularization.weightDecay"),
        ("optimizer.eps", "optimizer.epsilon"),
        ("batchNorm.eps", "batchNorm.epsilon"),
        ("optimizer.betas", "optimizer.beta1 or optimizer.beta2"),
        ("training.batchSize", "training.globalBatch"),
        ("training.batch_size", "training.globalBatch"), ("batch_size", "training.globalBatch"),
        ("training.num_epochs", "training.epochs"), ("epochs", "training.epochs"),
        ("learningRate", "optimizer.learningRate"), ("steps", "training.steps"),
        ("training.learningRate", "optimizer.learningRate"), ("seed", "training.seed"),
        ("schedule.milestones", "schedule.dropAtEpochs"), ("schedule.gamma", "schedule.factor"),
        ("draws", "weights.draws or validation.draws"), ("arch", "network"), ("criterion", "loss"),
        ("augmentation.hflip", "augmentation.flip"), ("data.num_workers", "data.workers"),
    ])
    func `a key named as in other programs gets a hint to ours`(key: String, ours: String) {
        #expect(refusal("", ["\(key)=1"]) == "\(key): unknown key; did you mean \(ours)?")
    }

    @Test(arguments: [
        ("schedule.cosine=true", "schedule.cosine: unknown key; did you mean schedule.shape?"),
        ("schedule.x=true", "schedule.x: unknown key; known here: shape, warmupSteps, dropAt"),
        ("optimizer.momentum=0.5", "optimizer.momentum: unknown key; known here: name, learning"),
        ("schedule.dropAtEpochs=3", "schedule.dropAtEpochs: '3' must be a list, for example [3]"),
        (
            "loss={labelSmoothing: 0.1}",
            "loss: must be one word: cross-entropy, squared-hinge, probit; labelSmoothing is not "
                + "available"
        ),
    ])
    func `other mistakes in a setting are refused with valid alternatives`(
        setting: String, message: String
    ) {
        let text = refusal("", [setting])
        #expect(text.hasPrefix(message), "\(text)")
    }

    @Test func `a recipe file without a network is refused unless an option names one`() throws {
        let folder = try TestFolder()
        let file = "\(folder.path)/r.yaml"
        for text in ["", "# nothing\n", "null\n", "training: {epochs: 3}\n", "network:\n"] {
            try AtomicFile.write(text, to: file)
            let failure = #expect(throws: Failure.self) { try Recipe(file: file) }
            #expect(failure?.exitStatus == .badRecipe)
            #expect(
                failure?.description
                    == "recipe \(file): network: is required, such as network: mnist")
            #expect(try Recipe(file: file, overrides: ["network=mnist"]).network.name == "mnist")
        }
        try AtomicFile.write("network: {width: 0.5}\n", to: file)
        let nameless = #expect(throws: Failure.self) { try Recipe(file: file) }
        #expect(
            nameless?.description
                == "recipe \(file): network: name or layers are required, such as "
                + "network: {name: mnist}")
        try AtomicFile.write("network: cifar10\n", to: file)
        #expect(try Recipe(file: file).network.name == "cifar10")
    }

    @Test func `a file that is not a recipe is refused with the cause`() throws {
        let folder = try TestFolder()
        func failure(_ name: String, _ bytes: [UInt8]? = nil) throws -> Failure? {
            let file = "\(folder.path)/\(name)"
            if let bytes { try AtomicFile.write(bytes, to: file) }
            return #expect(throws: Failure.self) { try Recipe(file: file) }
        }
        let tab = try failure("tab.yaml", Array("network: mnist\ntraining:\n\tepochs: 3\n".utf8))
        #expect(
            tab?.description == "recipe \(folder.path)/tab.yaml: line 3: YAML does not allow tabs "
                + "here; indent with spaces")
        #expect(tab?.exitStatus == .badRecipe)
        let image = try failure("net.png", [0x89, 0x50, 0x4E, 0x47, 0, 1])
        #expect(image?.exitStatus == .badRecipe)
        #expect(image?.message.hasPrefix("is not a text file (UTF-8); ") == true)
        let text = Array("network: cifar10\n".utf8)
        for (bytes, message) in [
            (text.flatMap { [$0, UInt8(0)] }, "is UTF-16 text; save it as UTF-8"),
            ([0xFE, 0xFF] + text.flatMap { [UInt8(0), $0] }, "is UTF-16 text; save it as UTF-8"),
            (
                Array("<!DOCTYPE html>".utf8),
                "is an HTML page instead of the expected file; download the file itself"
            ),
            (
                Array("version https://git-lfs.github.com/spec/v1\n".utf8),
                "is a Git LFS pointer, not the file itself; run git lfs pull in its repository"
            ),
        ] as [([UInt8], String)] {
            let other = try failure("other.yaml", bytes)
            #expect(other?.exitStatus == .badRecipe && other?.message == message)
        }
        // A byte order mark is not part of the text.
        try AtomicFile.write([0xEF, 0xBB, 0xBF] + text, to: "\(folder.path)/bom.yaml")
        #expect(try Recipe(file: "\(folder.path)/bom.yaml").network.name == "cifar10")

        try AtomicFile.write("network: mnist\n", to: "\(folder.path)/mnist-ternary-mine.yaml")
        for name in ["mnist-ternary-nine.yaml", "mnist-ternary-mine"] {
            let missing = try failure(name)
            #expect(missing?.exitStatus == .inputMissing)
            #expect(
                missing?.description == "recipe: \(folder.path)/\(name): not found; did you mean "
                    + "\(folder.path)/mnist-ternary-mine.yaml?")
        }
        #expect(
            try failure("quite-another.yaml")?.message
                == "not found; recipes are in launch/recipes")
        let other = #expect(throws: Failure.self) { try Recipe(file: folder.path) }
        #expect(other?.message.contains("this is a folder") == true)
    }
}
