import LRNetData
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// A finished network is a value: drawing, measuring, writing or reading it does not affect
/// training.
@Suite struct FinishedNetworkTests {
    @Test(arguments: [0, 1])
    func `drawing and measuring a network does not change the training state`(batches: Int) throws {
        let parts = try TrainedParts()
        let before = try parts.state()
        let network = try parts.evaluator.draw(.draw(1), step: 4, reestimateBatches: batches)
        let result = try parts.evaluator.measure(network, on: .validation)
        #expect(result.sampleCount == 40)
        #expect(try parts.state() == before)
        #expect(network.preprocessing?.shape == parts.network.input)
        #expect(network.weights.map(\.name) == parts.network.weightedLayers.map(\.name))
    }

    @Test func `a finished network does not change when training continues`() throws {
        let parts = try TrainedParts()
        let network = try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1)
        let result = try parts.evaluator.measure(network, on: .validation)
        parts.disturb()
        #expect(try parts.evaluator.measure(network, on: .validation) == result)
        // A network drawn now differs.
        #expect(try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1) != network)
    }

    @Test func `a network is a function of its draw number and step`() throws {
        let parts = try TrainedParts()
        let first = try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1)
        #expect(
            try parts.evaluator.draw(.draw(1), step: 4, reestimateBatches: 1).layers != first.layers
        )
        #expect(
            try parts.evaluator.draw(.draw(0), step: 5, reestimateBatches: 1).layers != first.layers
        )
        #expect(try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1) == first)
    }

    @Test func `a validation keeps the network of its best draw`() throws {
        let parts = try TrainedParts()
        let result = try #require(
            try parts.evaluator.run(step: 4, split: .validation, draws: 12, reestimateBatches: 1))
        let best = try #require(result.report.best)
        let kept = try #require(result.best)
        #expect(result.report.draws.count == 12)
        // It is neither first nor last: it replaced another one and was not replaced.
        #expect((1..<11).contains(best.draw))
        #expect(
            kept == (try parts.evaluator.draw(.draw(best.draw), step: 4, reestimateBatches: 1)))
    }

    @Test(arguments: ["ternary", "binary", "full-precision", "twn", "ttq"])
    func `a network read from a file equals the one written`(weights: String) throws {
        let parts = try TrainedParts(settings: ["weights=\(weights)"])
        let network = try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1)
        let bytes = try NetworkFile.bytes(of: network, metadata: ["step": "4"])
        let file = try NetworkFile(bytes: bytes, path: "winner.safetensors")
        let again = try file.network(like: parts.network)
        #expect(again.layers == network.layers)
        #expect(again == network)
        #expect(
            try parts.evaluator.measure(again, on: .test)
                == parts.evaluator.measure(network, on: .test))
        #expect(try NetworkFile.bytes(of: again, metadata: ["step": "4"]) == bytes)
    }

    @Test func `the file of a different network is refused`() throws {
        let parts = try TrainedParts()
        let other = try TrainedParts(
            settings: ["network={layers: [6C3, GAP, 16FC], input: 28x28x1, classes: 10}"])
        let bytes = try NetworkFile.bytes(
            of: other.evaluator.draw(.draw(0), step: 4, reestimateBatches: 0), metadata: [:])
        let file = try NetworkFile(bytes: bytes, path: "other.safetensors")
        let error = #expect(throws: Failure.self) { try file.network(like: parts.network) }
        #expect(error?.exitStatus == .badData)
        #expect(
            error?.description.hasPrefix("network: other.safetensors: conv1.weight has") == true)
    }
}
