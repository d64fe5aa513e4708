import LRNetKernels
import LRNetLayers
import Testing

@Suite struct ArchitectureTests {
    /// The counts follow from the layers' shapes: 800 + 51,200 + 1,605,632 for MNIST, and the six
    /// convolutions and the fully connected layer of equation 10 for CIFAR-10.
    @Test(
        arguments: [
            ("mnist", 1_657_632, 4, 10), ("cifar10", 12_963_200, 8, 10),
            ("resnet18", 11_166_912, 21, 1000),
        ])
    func `the paper's networks have the expected numbers of weights, layers and classes`(
        name: String, weights: Int, layers: Int, classes: Int
    ) throws {
        let architecture = try #require(Architecture.all.first { $0.name == name })
        let network = Network(
            architecture: architecture, classes: architecture.classes, options: .init())
        #expect(network.weightedLayers.count == layers)
        #expect(network.weightedLayers.dropLast().map(\.shape.count).reduce(0, +) == weights)
        #expect(network.layers.last?.outputShape.count == classes)
        #expect(network.discreteWeightCount == weights)
        #expect(Set(network.layers.map(\.name)).count == network.layers.count)
    }

    /// The index is part of the key of a layer's noise.
    @Test func `no two weighted layers share an index`() {
        let network = Network(architecture: .resnet18, classes: 10, options: .init())
        let indices = network.weightedLayers.map(\.index)
        #expect(Set(indices).count == indices.count)
    }

    /// The first layer of ResNet-18 has 64 filters of 7x7x3.
    @Test func `a real first layer does not count as discrete weights`() {
        var architecture = Architecture.resnet18
        architecture.firstLayer = .fullPrecision
        let options = Network.Options(model: BinaryModel())
        let network = Network(architecture: architecture, classes: 10, options: options)
        #expect(network.discreteWeightCount == 11_166_912 - 64 * 147)
        #expect(network.weightedLayers[0].parameters.map(\.name) == ["conv1.weight"])
        #expect(network.weightedLayers[1].parameters.map(\.name) == ["block1.conv1.signLogit"])
    }

    /// The authors' binary ResNet-18 does not train its first layer.
    @Test func `a frozen first layer has a parameter but no gradient`() throws {
        var architecture = Architecture.residual(.same, firstLayer: .frozen)
        let network = Network(architecture: architecture, classes: 4, options: .init())
        let first = try #require(network.weightedLayers.first)
        #expect(first.parameters.map(\.name) == ["conv1.weight"] && first.gradientCount == 0)
        architecture.firstLayer = .fullPrecision
        let trained = Network(architecture: architecture, classes: 4, options: .init())
        #expect(network.gradientCount == trained.gradientCount - first.shape.count)
        #expect(network.discreteWeightCount == trained.discreteWeightCount)
    }

    @Test
    func `zero-padded shortcuts have no weights and reject blocks with fewer filters`() throws {
        var architecture = Architecture.resnet18
        architecture.shortcut = .zeroPadded
        #expect(architecture.problem == nil)
        let network = Network(architecture: architecture, classes: 10, options: .init())
        #expect(network.discreteWeightCount == 11_166_912 - 64 * 128 - 128 * 256 - 256 * 512)
        let shortcuts = network.layers.compactMap { $0 as? SubsampleLayer }
        #expect(shortcuts.map(\.name) == ["block3.shortcut", "block5.shortcut", "block7.shortcut"])
        #expect(shortcuts[0].outputShape == ImageShape(height: 28, width: 28, channels: 128))
        architecture.blocks[6] = BasicResidualBlock(filters: 32)
        let problem = architecture.problem ?? ""
        #expect(problem.contains("32R has fewer filters than its input of 28x28x128 has channels"))
        architecture.shortcut = .projection
        #expect(architecture.problem == nil)
    }

    /// Height and width are halved five times.
    @Test(arguments: Architecture.PaddingRule.allCases)
    func `ResNet-18's stages have the same sizes under both padding rules`(
        padding: Architecture.PaddingRule
    ) {
        var architecture = Architecture.resnet18
        architecture.padding = padding
        let network = Network(architecture: architecture, classes: 10, options: .init())
        let sizes = network.stages.map(\.outputShape.height)
        #expect(sizes == [112, 112, 56, 56, 56, 28, 28, 14, 14, 7, 7, 1, 1])
    }
}
