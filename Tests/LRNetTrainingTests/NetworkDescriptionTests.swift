import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// The metadata of a network's file suffices to rebuild the network and to prepare its images.
@Suite struct NetworkDescriptionTests {
    private static let site = FailureSite("network", "net.safetensors")

    private static let scalings: [Preprocessing.Scaling] = [
        .unit, .image, .channels(mean: [0.1, 0.2, 1.0 / 3], deviation: [0.5, 0.25, 0.125]),
    ]

    @Test(arguments: scalings, [nil, 24])
    func `a description is read back from the metadata that it writes`(
        scaling: Preprocessing.Scaling, crop: Int?
    ) throws {
        var architecture = Architecture(
            name: "custom", input: ImageShape(height: 24, width: 24, channels: 3), classes: 3,
            blocks: try ["8C3", "MP3/2", "16R/2", "GAP", "32FC", "dropout"].flatMap(
                BlockNotation.blocks(in:)))
        architecture.padding = .symmetric
        architecture.firstLayer = .fullPrecision
        architecture.shortcut = .zeroPadded
        architecture.lastLayer = .normalized
        let description = NetworkDescription(
            architecture: architecture, classes: 3,
            preprocessing: Preprocessing(
                shorterSide: crop.map { $0 + 8 }, crop: crop, pad: crop == nil ? 0 : 2,
                shape: architecture.input, scaling: scaling),
            classNames: ["Cat", "dog, small", "\"x\""])
        var metadata = try description.metadata
        metadata["network"] = "custom"
        #expect(try NetworkDescription(metadata: metadata, site: Self.site) == description)
    }

    @Test func `metadata is written as JSON with sorted keys`() throws {
        let description = NetworkDescription(
            architecture: .mnist, classes: 10,
            preprocessing: Preprocessing(
                shorterSide: nil, shape: Architecture.mnist.input, scaling: .unit),
            classNames: nil)
        #expect(
            try description.metadata == [
                "architecture": """
                {"blocks":["32C5","MP2","64C5","MP2","512FC","dropout"],"classes":10,\
                "firstLayer":"discrete","input":[28,28,1],"lastLayer":"full-precision",\
                "padding":"same","shortcut":"projection"}
                """,
                "preprocessing": #"{"pad":0,"standardize":"none"}"#,
            ])
    }

    @Test(arguments: [
        ("architecture", "{}", "architecture cannot be read by this version: {}"),
        ("architecture", nil, "has no architecture"),
        ("preprocessing", #"{"pad":0,"standardize":"zca"}"#, "unknown standardization"),
        (
            "preprocessing", #"{"pad":0,"standardize":{"mean":[0],"deviation":[0]}}"#,
            "unknown standardization"
        ),
        ("preprocessing", #"{"pad":-1,"standardize":"none"}"#, "out of range"),
        ("classNames", #"["a"]"#, "classNames has 1 names for 10 classes"),
    ])
    func `missing, unknown or inconsistent metadata is refused`(
        key: String, value: String?, message: String
    ) throws {
        var metadata = try NetworkDescription(
            architecture: .mnist, classes: 10,
            preprocessing: Preprocessing(
                shorterSide: nil, shape: Architecture.mnist.input, scaling: .unit),
            classNames: nil
        ).metadata
        metadata[key] = value
        let error = #expect(throws: Failure.self) {
            try NetworkDescription(metadata: metadata, site: Self.site)
        }
        #expect(error?.exitStatus == .badData)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["none", "image", "set", "{mean: [0.1], deviation: [0.5]}"])
    func `the recipe of a stored network restores its layers and preprocessing`(
        standardize: String
    ) throws {
        let parts = try TrainedParts(settings: [
            "augmentation={pad: 3, crop: 28, flip: true, standardize: \(standardize)}"
        ])
        let network = try parts.evaluator.draw(.draw(0), step: 4, reestimateBatches: 1)
        let bytes = try NetworkFile.bytes(
            of: network, metadata: ["weights": "ternary", "batchNormEpsilon": "0.001"])
        let stored = try StoredNetwork(NetworkFile(bytes: bytes, path: "net.safetensors"))
        let other = stored.recipe.makeNetwork(classes: 10)
        #expect(try stored.file.network(like: other).layers == network.layers)
        let augmenter = try Augmenter(stored.recipe, for: parts.data.set)
        #expect(augmenter.preprocessing == network.preprocessing)
    }
}
