internal import LRNetData
internal import LRNetKernels
package import LRNetTraining

/// What is found by looking into a run's network with the data at hand.
package struct InspectedRun: Sendable {
    /// A neuron and the divergences of several images.
    package struct Neuron: Sendable {
        /// The pre-activation that is drawn.
        package var neuron: RunInspection.Neuron
        /// The Jensen-Shannon divergence from the Gaussian, for each of some images, in bits.
        package var divergences: [Double]
    }

    /// A wrong prediction, with its picture.
    package struct Confusion: Sendable {
        package var label: Int
        package var predicted: Int
        package var confidence: Double
        package var png: [UInt8]
    }

    /// Steps trained of the checkpoint.
    package var step: Int
    /// The first and the last layer with distributions; one if there is one, none without.
    package var neurons: [Neuron] = []
    /// The wrong predictions that the network was surest of, surest first.
    package var confusions: [Confusion] = []
    /// How often each pair of label and prediction stands among the wrong ones, most often first.
    package var pairs: [(label: Int, predicted: Int, count: Int)] = []
    /// Wrong images and all images of the split.
    package var wrongCount = 0
    package var imageCount = 0

    /// Draws of the neuron in a picture, and of those for divergences alone.
    static let draws = 20_000
    static let furtherDraws = 5_000
    /// Images that divergences are computed for.
    static let images = 16
    /// Pictures of wrong predictions.
    static let pictures = 24

    /// Looks into a run.
    ///
    /// - Throws: An error of the data set, its fit to the recipe, or the run's files.
    package init(run: ReportRun, data: String) throws {
        let inspection = try RunInspection(run: run.finished, data: data)
        step = inspection.step
        let layers = inspection.probabilisticLayers
        for layer in layers.count > 1 ? [layers[0], layers[layers.count - 1]] : layers {
            guard
                let neuron = try inspection.neuron(layer: layer, sample: 0, draws: Self.draws)
            else { continue }
            let further = try (1..<Self.images).compactMap {
                try inspection.neuron(layer: layer, sample: $0, draws: Self.furtherDraws)
            }
            neurons.append(
                Neuron(
                    neuron: neuron,
                    divergences: ([neuron] + further).compactMap(CentralLimit.divergence)))
        }
        guard run.winner != nil, inspection.count(.validation) > 0 else { return }
        let predictions = try inspection.predictions(of: .validation)
        imageCount = predictions.count
        let wrong = predictions.filter { $0.predicted != $0.label }
        wrongCount = wrong.count
        let surest = wrong.sorted {
            ($1.confidence, $0.sample) < ($0.confidence, $1.sample)
        }.prefix(Self.pictures)
        let images = try inspection.images(surest.map(\.sample), of: .validation)
        for (number, prediction) in surest.enumerated() {
            confusions.append(
                Confusion(
                    label: prediction.label, predicted: prediction.predicted,
                    confidence: prediction.confidence, png: Self.png(images[number..<number + 1])))
        }
        pairs = Self.pairs(wrong)
    }

    private static func pairs(
        _ wrong: [RunInspection.Prediction]
    ) -> [(label: Int, predicted: Int, count: Int)] {
        var counts: [[Int]: Int] = [:]
        for item in wrong { counts[[item.label, item.predicted], default: 0] += 1 }
        return counts.map { (label: $0.key[0], predicted: $0.key[1], count: $0.value) }.sorted {
            ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted)
        }
    }

    /// A picture of the first image; of other than three channels the mean.
    static func png(_ images: LabeledImages) -> [UInt8] {
        let shape = images.shape
        let pixels = shape.height * shape.width
        var bytes = Array(images.pixels[0..<pixels * shape.channels])
        if shape.channels != 3 {
            bytes = (0..<pixels).map { pixel in
                let values = bytes[pixel * shape.channels..<(pixel + 1) * shape.channels]
                return UInt8(values.reduce(0) { $0 + Int($1) } / max(shape.channels, 1))
            }
        }
        return PNGImage.encode(
            width: shape.width, height: shape.height, channels: shape.channels == 3 ? 3 : 1,
            pixels: bytes)
    }
}
