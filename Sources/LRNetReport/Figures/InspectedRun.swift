internal import LRNetData
internal import LRNetKernels
package import LRNetTraining

/// The results of evaluating a run's network on a data set.
package struct InspectedRun: Sendable {
    /// A neuron and its divergences for several images.
    package struct Neuron: Sendable {
        /// The pre-activation for the image of the figure.
        package var neuron: RunInspection.Neuron
        /// The Jensen-Shannon divergence from the Gaussian for each of several images, in bits.
        package var divergences: [Double]
    }

    /// A wrong prediction and its image.
    package struct Confusion: Sendable {
        package var label: Int
        package var predicted: Int
        package var confidence: Double
        package var png: [UInt8]
    }

    /// The number of trained steps of the checkpoint.
    package var step: Int
    /// A neuron of the first and of the last layer with distributions. There is one neuron if there
    /// is one such layer, and none without.
    package var neurons: [Neuron] = []
    /// The most confident wrong predictions, in descending order of confidence.
    package var confusions: [Confusion] = []
    /// The number of images for each wrong pair of label and prediction, most frequent first.
    package var pairs: [(label: Int, predicted: Int, count: Int)] = []
    /// The numbers of misclassified images and of all images of the split.
    package var wrongCount = 0
    package var imageCount = 0

    /// The numbers of draws for a neuron in the figure and for a neuron of which only the
    /// divergence is used.
    static let draws = 20_000
    static let furtherDraws = 5_000
    /// The number of images for which divergences are computed.
    static let images = 16
    /// The largest number of wrong predictions in the figure.
    static let confusionLimit = 24

    /// Evaluates a run's network.
    ///
    /// - Throws: An error of the data set or the run's files, or if the data set does not match the
    ///   recipe.
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
        let mostConfident = wrong.sorted {
            ($1.confidence, $0.sample) < ($0.confidence, $1.sample)
        }.prefix(Self.confusionLimit)
        let images = try inspection.images(mostConfident.map(\.sample), of: .validation)
        for (number, prediction) in mostConfident.enumerated() {
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

    /// Encodes the first image as PNG. If it does not have three channels, their mean is used.
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
