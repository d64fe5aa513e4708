/// The results of `lrnet-dist evaluate`, which do not depend on the number of ranks and threads.
package struct EvaluationReport: Sendable, Equatable {
    package var split: String
    /// The number of steps trained.
    package var step: Int
    /// The choice of the weights that were measured.
    package var weights: EvaluatedWeights
    /// The number of training batches over which batch norm was re-estimated; 0 for the moving
    /// averages.
    package var reestimateBatches: Int
    /// Warnings about the numbers, one line each.
    package var warnings: [String] = []
    /// The results of all networks. A winner, or a method without distributions, has one.
    package var draws: [DrawResult]
    /// True if networks were drawn at random.
    package var isDrawn = true
    /// The data set's folder.
    package var data = ""
    /// True if the network was trained on this data set; `nil` if its file does not record the data
    /// set.
    package var isRunsData: Bool?
    /// The class names by label; `nil` if the data set has no names.
    package var classNames: [String]?
    /// The mean number of images that exactly one of two draws misclassifies, over all pairs of
    /// draws; `nil` for fewer than two draws.
    package var meanDisagreement: Double?
    /// The result of the ensemble (the mean of the first networks' softmax outputs), if requested.
    package var ensemble: DrawResult?
    /// The number of networks in the ensemble; 0 without one.
    package var ensembleSize: Int
    /// One result per class, of the ensemble if there is one, and of the best draw otherwise.
    package var classes: [Confusions.ClassResult]
    /// The pairs of classes that the same network or ensemble confuses most often.
    package var confusions: [Confusions.Pair]

    /// The draws with their mean, standard deviation and best result.
    package var validation: ValidationReport { ValidationReport(step: step, draws: draws) }

    /// The standard error of the difference between the errors of two draws, in percentage points:
    /// `sqrt(disagreements) / N`. Draws are measured on the same images, so the standard error of a
    /// single error does not apply to their difference.
    package var differenceError: Double? {
        guard let meanDisagreement, let count = draws.first?.sampleCount, count > 0 else {
            return nil
        }
        return 100 * meanDisagreement.squareRoot() / Double(count)
    }

    /// The network that ``classes`` and ``confusions`` describe, such as `the ensemble of 5` or
    /// `draw 3`.
    package var detailed: String {
        if ensembleSize > 0 { return "the ensemble of \(ensembleSize)" }
        guard isDrawn, let best = validation.best else { return "the network" }
        return best.isLikeliest == true ? "the likeliest weights" : "draw \(best.draw)"
    }
}

extension EvaluationReport: Encodable {
    private struct Result: Encodable {
        var draw: Int?
        var isLikeliest: Bool?
        var errorCount: Int
        var errorPercent: Double
        var topFiveErrorCount: Int?
        var topFiveErrorPercent: Double?
        var sampleCount: Int
        var loss: Double

        init(_ result: DrawResult, isDraw: Bool = true) {
            draw = isDraw ? result.draw : nil
            isLikeliest = result.isLikeliest
            errorCount = result.errorCount
            errorPercent = result.errorPercent
            topFiveErrorCount = result.topFiveErrorCount
            topFiveErrorPercent = result.topFiveErrorPercent
            sampleCount = result.sampleCount
            loss = result.loss
        }
    }

    private enum CodingKeys: String, CodingKey {
        case data, isRunsData, classNames, isDrawn, split, step, weights, reestimateBatches, draws,
            meanErrorPercent
        case meanDisagreement, differenceErrorPercent, bestIsLikeliest
        case errorPercentDeviation, bestDraw, ensembleSize, ensemble, detailed, classes, confusions
    }

    /// Encodes counts, percentages, and values derived from them.
    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(data, forKey: .data)
        try object.encodeIfPresent(isRunsData, forKey: .isRunsData)
        try object.encodeIfPresent(classNames, forKey: .classNames)
        try object.encode(isDrawn, forKey: .isDrawn)
        try object.encode(split, forKey: .split)
        try object.encode(step, forKey: .step)
        try object.encode(weights.rawValue, forKey: .weights)
        try object.encode(reestimateBatches, forKey: .reestimateBatches)
        try object.encode(draws.map { Result($0) }, forKey: .draws)
        try object.encode(validation.meanError, forKey: .meanErrorPercent)
        try object.encode(validation.errorDeviation, forKey: .errorPercentDeviation)
        try object.encodeIfPresent(meanDisagreement, forKey: .meanDisagreement)
        try object.encodeIfPresent(differenceError, forKey: .differenceErrorPercent)
        if let best = validation.best {
            let isLikeliest = best.isLikeliest == true && isDrawn
            try object.encodeIfPresent(isLikeliest ? nil : best.draw, forKey: .bestDraw)
            try object.encodeIfPresent(isLikeliest ? true : nil, forKey: .bestIsLikeliest)
        }
        if let ensemble {
            try object.encode(ensembleSize, forKey: .ensembleSize)
            try object.encode(Result(ensemble, isDraw: false), forKey: .ensemble)
        }
        try object.encode(detailed, forKey: .detailed)
        try object.encode(classes, forKey: .classes)
        try object.encode(confusions, forKey: .confusions)
    }
}
