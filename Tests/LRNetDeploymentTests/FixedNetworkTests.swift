import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetSupport
import Testing

/// Compares fixed-point networks with the same networks with real activations.
@Suite struct FixedNetworkTests {
    /// Includes batch norm that decreases after pooling, and networks with and without a real first
    /// layer.
    @Test(
        arguments: [
            ("bnn", "{layers: [8C3, MP2, 12C5, MP2, 32FC], input: 14x13x1, classes: 7}"),
            ("bnn", "{layers: [8C3, 8C3, MP2, 24FC, 24FC], input: 9x9x3, classes: 7}"),
            ("ebp", "{layers: [40FC, 32FC], input: 6x5x1, classes: 5}"),
        ])
    func `fixed-point signs equal those of real activations`(
        weights: String, network: String
    ) throws {
        var random = try RandomNetwork(network, weights: weights)
        let real = FloatEngine(random.deployed, weights: FloatEngine.Weights(random.deployed))
        let network = try FixedNetwork(random.deployed, calibration: Calibration())
        let fixed = FixedEngine(network, weights: FixedEngine.Weights(network))
        for pixels in random.pictures(20) {
            let picture = FloatBuffer(pixels.map { Float($0) / 255 }).all
            let result = fixed.run(fixed.input(pixels))
            #expect(result.features.map { Float($0 - 1) } == real.run(picture).features)
        }
    }

    /// The mean of uint8 values has their unit.
    @Test func `a fixed-point average is the mean rounded to an integer`() throws {
        var random = try RandomNetwork("{layers: [8C3, GAP, 16FC], input: 10x7x3, classes: 5}")
        let calibration = Calibration(maxima: ["bn1": 4, "bn2": 2])
        let network = try FixedNetwork(random.deployed, calibration: calibration)
        guard case .average(let average) = network.steps[1] else {
            Issue.record("\(network.steps)")
            return
        }
        let engine = FixedEngine(network, weights: FixedEngine.Weights(network))
        for pixels in random.pictures(5) {
            var seen: [String: [UInt8]] = [:]
            _ = engine.run(engine.input(pixels)) { seen[$0] = $1 }
            let values = try #require(seen["conv1"])
            let means = try #require(seen[average.name])
            for (channel, mean) in means.enumerated() {
                let sum = stride(from: channel, to: values.count, by: means.count).reduce(0) {
                    $0 + Int(values[$1])
                }
                #expect(abs(Double(mean) - Double(sum) / 70) <= 0.52)
            }
        }
    }

    /// With a factor of 1 and a bias close to the largest result, earlier versions rejected it.
    @Test func `a nearly constant channel is folded into its bias`() throws {
        let random = try RandomNetwork(
            "{layers: [16C5, 8C5], input: 9x9x3, classes: 5}", faint: "bn2")
        let network = try FixedNetwork(
            random.deployed, calibration: Calibration(maxima: ["bn1": 1, "bn2": 1]))
        let layer = network.layers[1]
        #expect(layer.weights.prefix(400).allSatisfy { $0 == 0 })
        #expect(layer.requantization.apply(0, channel: 0) == 255)
    }
}
