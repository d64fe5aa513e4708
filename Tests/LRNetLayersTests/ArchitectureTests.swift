import LRNetKernels
import LRNetLayers
import Testing

@Suite struct ArchitectureTests {
    /// The counts of the paper's networks, as their layers' shapes give them: 800 + 51,200 +
    /// 1,605,632, and the six convolutions and the fully connected layer of equation 10.
    @Test(arguments: [("mnist", 1_657_632, 4), ("cifar10", 12_963_200, 8)])
    func weightsOfThePapersNetworks(name: String, weights: Int, layers: Int) throws {
        let architecture = try #require(Architecture.all.first { $0.name == name })
        let network = Network(
            architecture: architecture, classes: architecture.classes, options: .init())
        #expect(network.weightedLayers.count == layers)
        #expect(network.weightedLayers.dropLast().map(\.shape.count).reduce(0, +) == weights)
        #expect(network.layers.last?.outputShape.count == 10)
    }
}
