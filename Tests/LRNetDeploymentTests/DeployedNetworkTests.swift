import LRNetData
import LRNetDeployment
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// Folding, packing and fixed point preserve the results of the trainer's own network.
@Suite struct DeployedNetworkTests {
    static let plain = "{layers: [8C3, MP2, 12C5, MP2, 32FC, dropout], input: 14x13x1, classes: 7}"
    static let residual =
        "{layers: [8C3, 8R, 12R/2, 12R, 20R, GAP, 16FC], input: 11x10x3, classes: 5}"
    static let networks: [(network: String, weights: String)] =
        ["ternary", "binary", "twn", "ttq", "bnn", "full-precision", "binary-connect"].map {
            (plain, $0)
        } + ["ternary", "bwn"].map { (residual, $0) } + [
            (
                "{layers: [8C3, 16R/2, GAP], input: 9x9x3, classes: 5, shortcut: zero-padded}",
                "binary"
            ),
            (
                "{layers: [8C3, 8C3, MP2, 24FC], input: 10x12x3, classes: 5, "
                    + "firstLayer: full-precision}", "xnor"
            ),
            ("{layers: [40FC, 32FC], input: 6x5x1, classes: 5, lastLayer: discrete}", "ebp"),
            (
                "{layers: [8C5/2, MP3/2, 24FC], input: 33x29x3, classes: 5, padding: symmetric, "
                    + "lastLayer: discrete-normalized}", "ternary"
            ),
        ]

    private func difference(_ a: [Float], _ b: [Float]) -> Double {
        let root = (a.reduce(0) { $0 + Double($1) * Double($1) } / Double(a.count)).squareRoot()
        return zip(a, b).map { abs(Double($0) - Double($1)) }.max().map { $0 / root } ?? 0
    }

    @Test(arguments: networks)
    func `the deployed network computes the scores of evaluation`(
        network: String, weights: String
    ) throws {
        var random = try RandomNetwork(network, weights: weights)
        let pictures = random.pictures(6)
        let inputs = FloatBuffer(pictures.flatMap { $0.map { Float($0) / 255 } }).all
        let layers = try random.stored.file.network(like: random.stored.recipe.makeNetwork()).layers
        let runner = try NetworkRunner(
            recipe: random.stored.recipe, classes: random.stored.description.classes, layers: layers
        )
        let expected = try runner.scores(inputs, count: 6)
        let engine = FloatEngine(
            random.deployed, weights: FloatEngine.Weights(random.deployed))
        let size = random.input.count
        let scores = (0..<6).flatMap { engine.run(inputs[$0 * size..<($0 + 1) * size]).scores }
        #expect(difference(expected, scores) < 2e-5)
        // Rule F2 of `DeployedNetwork`: a map that follows a product has no negative scale.
        for (product, affine) in random.deployed.pairs where product != nil && weights != "bnn" {
            if weights == "xnor" { continue }
            #expect(affine?.scale.allSatisfy { $0 >= 0 } == true)
        }
    }

    @Test(arguments: networks)
    func `a packed file restores the same network and the same bytes`(
        network: String, weights: String
    ) throws {
        var random = try RandomNetwork(network, weights: weights)
        let bytes = try PackedFile.bytes(
            of: random.deployed, calibration: nil, digits: 4,
            origin: random.stored.file.contents.metadata)
        let file = try PackedFile(bytes: bytes, path: "net.lrnet.safetensors")
        #expect(file.fixed == nil)
        #expect(file.network.products == random.deployed.products)
        let picture = FloatBuffer(random.pictures(1)[0].map { Float($0) / 255 }).all
        let scores = [random.deployed, file.network].map {
            FloatEngine($0, weights: FloatEngine.Weights($0)).run(picture).scores
        }
        #expect(scores[0] == scores[1])
        #expect(
            try PackedFile.bytes(
                of: file.network, calibration: nil, digits: 4, origin: file.metadata) == bytes)
    }

    @Test func `a flip of any bit in a packed file is detected`() throws {
        let random = try RandomNetwork(
            "{layers: [4C3, GAP], input: 5x5x1, classes: 3}", weights: "ternary")
        let bytes = try PackedFile.bytes(
            of: random.deployed, calibration: Calibration(maxima: ["bn1": 1]), digits: 4,
            origin:
                random.stored.file.contents.metadata)
        #expect(try PackedFile(bytes: bytes, path: "net").fixed != nil)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                let error = #expect(throws: Failure.self) {
                    try PackedFile(bytes: damaged, path: "net")
                }
                guard error?.exitStatus == .badData else {
                    Issue.record("byte \(index), bit \(bit): \(String(describing: error))")
                    return
                }
            }
        }
        for length in [0, 7, 100, bytes.count - 1] {
            #expect(throws: Failure.self) {
                try PackedFile(bytes: Array(bytes.prefix(length)), path: "net")
            }
        }
        #expect(throws: Failure.self) { try PackedFile(bytes: bytes + [0], path: "net") }
    }

    @Test(arguments: WeightPacking.allCases, [1, 4, 5, 8, 40, 41])
    func `packed weights unpack to the same values`(packing: WeightPacking, count: Int) throws {
        let values: [Int8] = packing == .trits ? [-1, 0, 1] : [-1, 1]
        let weights = (0..<count).map { values[$0 * 7 % 5 % values.count] }
        let bytes = packing.pack(weights)
        #expect(bytes.count == packing.byteCount(count))
        let site = FailureSite("network", "w")
        #expect(try packing.unpack(bytes, count: count, site: site) == weights)
        #expect(throws: Failure.self) { try packing.unpack(bytes + [0], count: count, site: site) }
    }

    @Test func `bytes that are not valid packed weights are rejected`() {
        let site = FailureSite("network", "conv1.weight")
        let error = #expect(throws: Failure.self) {
            try WeightPacking.trits.unpack([10, 243], count: 10, site: site)
        }
        #expect(error?.message.contains("byte 1 is 243") == true)
        // Weights beyond the count must have the padding value.
        #expect(throws: Failure.self) {
            try WeightPacking.trits.unpack([0], count: 4, site: site)
        }
        #expect(throws: Failure.self) {
            try WeightPacking.bits.unpack([0x80], count: 7, site: site)
        }
    }

    @Test func `a network with real weights is rejected for fixed point`() throws {
        let random = try RandomNetwork(Self.plain, weights: "full-precision")
        let error = #expect(throws: Failure.self) {
            try FixedNetwork(random.deployed, calibration: Calibration())
        }
        #expect(error?.exitStatus == .badRecipe)
        #expect(error?.description.contains("conv2: weights are real") == true)
    }
}
