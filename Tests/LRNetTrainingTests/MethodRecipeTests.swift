import Foundation
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// The methods in recipes, and the networks that each method supports.
@Suite struct MethodRecipeTests: RecipeReading {
    static let fitting: [TrainingMethod: String] = [
        .bwn: "{name: mnist, firstLayer: full-precision}",
        .xnor: "{name: mnist, firstLayer: full-precision}",
        .ebp: "{layers: [20FC, 10FC], input: 28x28x1, classes: 10}",
    ]

    @Test(arguments: TrainingMethod.allCases)
    func `every method's recipe survives a round trip and builds a network`(
        name: TrainingMethod
    ) throws {
        let network = Self.fitting[name] ?? "mnist"
        let recipe = try recipe("weights: \(name.rawValue)\nnetwork: \(network)")
        #expect(try self.recipe(recipe.yaml) == recipe)
        let made = recipe.makeNetwork()
        #expect(made.weightedLayers.last?.model is FullPrecisionModel)
        let hasIntegers = made.discreteWeightCount > 0
        #expect(hasIntegers == ![.fullPrecision, .binaryConnectStochastic].contains(name))
    }

    /// Recipes and documentation read all facts about a method from its declaration.
    @Test func `every method and every constant is declared once and documented`() throws {
        let names = TrainingMethod.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for method in TrainingMethod.allCases {
            #expect(TrainingMethod(rawValue: method.rawValue) == method)
            #expect(!method.summary.isEmpty && !method.gradient.isEmpty && !method.result.isEmpty)
            for constant in method.constants {
                let key = try #require(RecipeKey.named("weights.\(constant.name)"))
                #expect(key.about == constant.about)
                #expect(key.defaultValue == "\(constant.usual)")
            }
        }
        let constants = Set(TrainingMethod.allCases.flatMap(\.constants))
        #expect(Set(constants.map(\.name)).count == constants.count)
        #expect(TrainingMethod(rawValue: "ternary-net") == nil)
    }

    @Test func `the article on methods contains the table of all methods`() throws {
        let place = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let article = try String(
            contentsOf: place.appending(
                path: "Sources/LRNetLayers/LRNetLayers.docc/Methods.md"), encoding: .utf8)
        #expect(article.contains(MethodReference.table))
        #expect(
            MethodReference.table.components(separatedBy: "\n").count
                == TrainingMethod.allCases.count + 3)
    }

    @Test func `a constant at its usual value equals one that is not set`() {
        var constants = MethodConstants()
        constants[whole: LogDerivativeModel.drawsConstant] = 5
        #expect(constants != MethodConstants())
        #expect(constants[whole: LogDerivativeModel.drawsConstant] == 5)
        constants[whole: LogDerivativeModel.drawsConstant] = 4
        #expect(constants == MethodConstants())
    }

    @Test func `constants in a recipe reach the model and the fingerprint`() throws {
        let draws = try recipe("weights: {model: log-derivative, draws: 8, distribution: binary}")
        let model = try #require(draws.model as? LogDerivativeModel)
        #expect(model.draws == 8 && model.distribution == .binary && model.levels == 2)
        let ttq = try recipe("weights: {model: ttq, threshold: 0.125}")
        #expect((ttq.model as? TrainedTernaryModel)?.thresholdFactor == 0.125)
        for recipe in [draws, ttq] { #expect(try self.recipe(recipe.yaml) == recipe) }
        #expect(draws.fingerprint != (try recipe("weights: log-derivative")).fingerprint)
    }

    @Test(arguments: [
        (
            "weights: {model: log-derivative, draws: 1}",
            "weights.draws: '1' is out of range; at least 2"
        ),
        (
            "weights: {model: log-derivative, distribution: quinary}",
            "weights.distribution: 'quinary' is not one of binary, ternary; did you mean "
                + "binary?"
        ),
        (
            "weights: {model: ttq, threshold: 1}",
            "weights.threshold: '1' is out of range; at least 0.0 and below 1.0"
        ),
        (
            "weights: {model: bwn, threshold: 0.1}",
            "weights.threshold: unknown key; known here: model"
        ),
        (
            "weights: {model: gumbel-binary, temperature: 0}",
            "weights.temperature: '0' is out of range; at least 1e-06"
        ),
        (
            "weights: ebp",
            "weights.model: ebp supports only fully connected layers, but network mnist has 32C5; "
                + "use layers such as [600FC, 600FC]"
        ),
        (
            "weights: ebp\nnetwork: {layers: [9FC], input: 2x2x1, classes: 2, "
                + "lastLayer: discrete-normalized}",
            "weights.model: ebp has no batch norm, not even after the last layer; set "
                + "network.lastLayer to discrete"
        ),
        (
            "weights: ebp\nnetwork: {layers: [9FC], input: 2x2x1, classes: 2, firstLayer: frozen}",
            "weights.model: ebp does not support a frozen first layer; remove network.firstLayer"
        ),
        (
            "weights: xnor",
            "weights.model: xnor would reduce the images to their signs; set network.firstLayer "
                + "to full-precision"
        ),
        (
            "weights: bwn",
            "weights.model: bwn centers weights over input channels, but the images have only one; "
                + "set network.firstLayer to full-precision"
        ),
        (
            "weights: bnn\nnetwork: resnet18",
            "weights.model: bnn has binary activations, which residual blocks such as 64R of "
                + "network resnet18 do not support; choose another network or bwn"
        ),
        ("weights: bwn\nnetwork: cifar10", "accepted"),
        ("weights: binary\ntraining: {precision: mixed}", "accepted"),
        (
            "weights: twn\ntraining: {precision: mixed}",
            "training.precision: mixed rounds the variances of pre-activations, and twn draws "
                + "none; use float32"
        ),
        (
            "training: {precision: bfloat16}",
            "training.precision: 'bfloat16' is not one of float32, mixed"
        ),
        ("weights: bnn", "accepted"),
        (
            "optimizer: {name: sgd, beta1: 0.5}",
            "optimizer.beta1: unknown key; known here: name, "
                + "learningRate, logitRate, momentum"
        ),
        (
            "optimizer: {momentum: 0.5}",
            "optimizer.momentum: unknown key; known here: name, "
                + "learningRate, logitRate, beta1, beta2, epsilon"
        ),
        (
            "optimizer: {name: sgd, momentum: 1}",
            "optimizer.momentum: '1' is out of range; at least "
                + "0.0 and below 1.0"
        ),
        ("loss: hinge", "loss: 'hinge' is not one of cross-entropy, squared-hinge, probit"),
        (
            "schedule: {epochFactor: 0}",
            "schedule.epochFactor: '0' is out of range; more than 0.0"
        ),
    ])
    func `settings that do not fit the method or optimizer are refused`(
        yaml: String, message: String
    ) { #expect(refusal(yaml) == message) }

    @Test func `a recipe of binary-connect builds its network and its schedule`() throws {
        let recipe = try recipe(
            """
            network: {layers: [3x20FC], input: 28x28x1, classes: 10, lastLayer: discrete-normalized}
            weights: binary-connect
            optimizer: {name: sgd, momentum: 0.5}
            schedule: {dropAtEpochs: [2], factor: 0.5, epochFactor: 0.25}
            loss: squared-hinge
            """)
        #expect(try self.recipe(recipe.yaml) == recipe)
        #expect((0..<4).map(recipe.schedule.scale(epoch:)) == [1, 0.25, 0.03125, 0.0078125])
        let network = recipe.makeNetwork()
        #expect(network.weightedLayers.allSatisfy { $0.model is BinaryConnectModel })
        #expect(network.weightedLayers.last?.bias == nil)
        #expect(network.layers.last?.name == "outputNorm")
        #expect(network.batchNorms.last?.rectified == false)
    }

    /// A plus sign marks a rectified batch norm.
    @Test func `the method decides the order of batch norm, pooling and signs`() throws {
        func names(_ name: TrainingMethod) throws -> String {
            let network = Self.fitting[name] ?? "mnist"
            return try recipe("weights: \(name.rawValue)\nnetwork: \(network)").makeNetwork().layers
                .map { layer in
                    let norm = layer as? BatchNormalization
                    return layer.name + (norm?.rectified == true ? "+" : "")
                }.joined(separator: " ")
        }
        #expect(
            try names(.binaryConnect)
                == "conv1 bn1+ pool1 conv2 bn2+ pool2 fc1 bn3+ dropout1 output")
        #expect(
            try names(.bnn)
                == "conv1 pool1 bn1 sign1 conv2 pool2 bn2 sign2 fc1 bn3 sign3 dropout1 output")
        #expect(
            try names(.xnor)
                == "conv1 bn1+ pool1 bn2 sign1 conv2 pool2 bn3 sign2 fc1 bn4+ dropout1 output")
        #expect(try names(.ebp) == "fc1 sign1 fc2 sign2 output")
    }
}
