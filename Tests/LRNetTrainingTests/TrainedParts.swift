import LRNetCollectives
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetLayers
import LRNetSupport
import LRNetTraining

/// The parts of a small run, without the run: synthetic digits and a network of 1,060 weights.
final class TrainedParts {
    static let yaml = """
        network: {layers: [4C3, MP2, 8R, GAP, 16FC], input: 28x28x1, classes: 10}
        weights: ternary
        training: {steps: 6, globalBatch: 16, gradientLeaves: 4, microBatch: 4}
        validation: {everyEpochs: 1, draws: 2, reestimateBatches: 1}
        """

    let folder: TestFolder
    let recipe: Recipe
    let context: RankContext
    let data: TrainingData
    let network: Network
    let trainingStep: TrainingStep
    let evaluator: Evaluator

    init(settings: [String] = []) throws {
        folder = try TestFolder()
        recipe = try Recipe(yaml: Self.yaml, file: "recipe.yaml", overrides: settings)
        let set = "\(folder.path)/digits"
        try SyntheticDigits(seed: 3).write(
            output: set, name: "digits", counts: (train: 64, validation: 40, test: 24))
        let group = SingleProcessGroup()
        context = try RankContext(group: group, recipe: recipe)
        data = try TrainingData(path: set, recipe: recipe, group: group)
        network = recipe.makeNetwork(classes: data.set.classes)
        context.reserve(network)
        trainingStep = TrainingStep(context: context, network: network)
        try network.initialize(
            seed: 1, coldStart: .balanced, from: nil, range: LogitRange())
        evaluator = try Evaluator(context: context, network: network, data: data.set)
    }

    var run: String { "\(folder.path)/run" }

    func openRun() throws -> RunFolder {
        try RunFolder(path: run, recipe: recipe, resume: .auto, stepsPerEpoch: 4)
    }

    func recorder(_ folder: RunFolder) -> RunRecorder {
        RunRecorder(
            folder: folder, isQuiet: true, network: network, context: context,
            sequence: data.sequence)
    }

    /// Returns the hash of everything that training continues from.
    func state() throws -> String { try trainingStep.agreedState(step: 0) }

    /// Changes every parameter, as a step would.
    func disturb() {
        for (index, parameter) in network.parameters.enumerated() {
            let values = parameter.value.values.enumerated().map { place, value in
                value + Float((place * 7 + index) % 5) - 2
            }
            parameter.value.copy(from: values)
        }
    }

    /// Returns the report of a validation at `step`.
    func report(step: Int, errors: [Int]) -> ValidationReport {
        ValidationReport(
            step: step,
            draws: errors.enumerated().map {
                DrawResult(draw: $0.offset, errorCount: $0.element, sampleCount: 40, loss: 1)
            })
    }
}
