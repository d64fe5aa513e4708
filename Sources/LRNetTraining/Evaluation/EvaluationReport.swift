/// The results of `lrnet-dist evaluate`; the same at any number of ranks and threads.
package struct EvaluationReport: Sendable, Equatable {
    /// The split.
    package var split: String
    /// Steps trained.
    package var step: Int
    /// Which weights were measured.
    package var weights: EvaluatedWeights
    /// Training batches that batch norm was re-estimated over; 0 for the moving averages.
    package var reestimateBatches: Int
    /// What is doubtful about the numbers, a line each.
    package var warnings: [String] = []
    /// The draws; of a winner or a method without distributions, its one network.
    package var draws: [DrawResult]
    /// The networks were drawn at random.
    package var isDrawn = true
    /// The data set's folder.
    package var data = ""
    /// The network was trained on this data set; `nil` where its file does not say.
    package var isRunsData: Bool?
    /// By label; `nil` where the set has no names.
    package var classNames: [String]?
    /// Images that just one of two draws gets wrong, as a mean over all pairs; `nil` for fewer than two.
    package var meanDisagreement: Double?
    /// The mean of the first networks' softmax outputs, if it was wanted.
    package var ensemble: DrawResult?
    /// The networks of the ensemble; 0 for none.
    package var ensembleSize: Int
    /// One result a class: of the ensemble if there is one, else of the best draw.
    package var classes: [Confusions.ClassResult]
    /// The pairs of classes that were confused most often, by the same.
    package var confusions: [Confusions.Pair]

    /// The draws with their mean, deviation and best.
    package var validation: ValidationReport { ValidationReport(step: step, draws: draws) }

    /// The standard error of the difference between two draws' errors, in points:
    /// `sqrt(disagreements) / N`. Draws meet the same images, so that of one error says nothing of it.
    package var differenceError: Double? {
        guard let meanDisagreement, let count = draws.first?.sampleCount, count > 0 else {
            return nil
        }
        return 100 * meanDisagreement.squareRoot() / Double(count)
    }

    /// `the ensemble of 5`, `draw 3`
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

    /// Writes counts, percentages, and what follows from them.
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
