import Foundation
import LRNetSupport
import LRNetTraining

/// The text tables of an evaluation.
struct EvaluationTables {
    let text: String

    /// The most classes shown; if there are more, those with the highest errors.
    private static let classCount = 20

    init(_ report: EvaluationReport) {
        let sections = [
            Self.networks(report), Self.classes(report), Self.confusions(report),
        ]
        text = sections.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func percent(_ value: Double?) -> String {
        value.map { String(format: "%.2f %%", $0) } ?? "-"
    }

    private static func networks(_ report: EvaluationReport) -> String {
        var table = TextTable([
            report.isDrawn ? "draw" : "network", "errors", "error", "top-5 error", "loss",
        ])
        let named = report.draws.map { (report.isDrawn ? name($0) : name(report), $0) }
        let ensemble = report.ensemble.map { [("ensemble of \(report.ensembleSize)", $0)] } ?? []
        for (name, result) in named + ensemble {
            table.append([
                name, "\(result.errorCount)/\(result.sampleCount)", percent(result.errorPercent),
                percent(result.topFiveErrorPercent), String(format: "%.4f", result.loss),
            ])
        }
        let validation = report.validation
        let statistics =
            report.reestimateBatches > 0
            ? "batch norm over \(report.reestimateBatches) training batches" : "moving averages"
        let conditions =
            report.weights == .winner
            ? "" : "\(report.isDrawn ? words(report.weights) + " weights, " : "")\(statistics)\n"
        let summary =
            report.isDrawn
            ? String(
                format: "mean %.3f %%, deviation %.3f, best %.2f %%\n", validation.meanError,
                validation.errorDeviation, validation.best?.errorPercent ?? 0) : ""
        let disagreement = report.meanDisagreement.map {
            String(
                format: "exactly one of two draws is wrong on %.1f images (mean over pairs), so "
                    + "the difference of their errors has a standard error of %.3f points\n", $0,
                report.differenceError ?? 0)
        }
        let other =
            report.isRunsData == false
            ? "\(report.data) is not the data set that the network was trained on\n" : ""
        return "\(report.split) split, weights of step \(report.step)\n" + conditions + other
            + table.text
            + summary + (disagreement ?? "")
    }

    private static func name(_ report: EvaluationReport) -> String {
        guard report.weights == .winner, let winner = report.draws.first else { return "all" }
        return winner.isLikeliest == true
            ? "winner (the likeliest weights)" : "winner (draw \(winner.draw))"
    }

    private static func name(_ result: DrawResult) -> String {
        result.isLikeliest == true ? "likeliest" : "\(result.draw)"
    }

    private static func words(_ weights: EvaluatedWeights) -> String {
        weights == .both ? "drawn and likeliest" : weights.rawValue
    }

    private static func className(_ label: Int, _ report: EvaluationReport) -> String {
        report.classNames?[label] ?? "\(label)"
    }

    private static func classes(_ report: EvaluationReport) -> String {
        let present = report.classes.filter { $0.sampleCount > 0 }
        let worst = present.sorted {
            ($1.errorPercent ?? 0, $0.label) < ($0.errorPercent ?? 0, $1.label)
        }.prefix(classCount)
        let isWhole = present.count <= classCount
        var table = TextTable(["class", "errors", "error"])
        for result in isWhole ? present : Array(worst) {
            table.append([
                className(result.label, report), "\(result.errorCount)/\(result.sampleCount)",
                percent(result.errorPercent),
            ])
        }
        let which = isWhole ? "" : ", the worst \(classCount) of \(present.count) classes"
        return "errors by class of \(report.detailed)\(which)\n\(table.text)"
    }

    private static func confusions(_ report: EvaluationReport) -> String {
        guard !report.confusions.isEmpty else { return "" }
        var table = TextTable(["class", "predicted as", "count"])
        for pair in report.confusions {
            table.append([
                className(pair.label, report), className(pair.prediction, report), "\(pair.count)",
            ])
        }
        return "most confused by \(report.detailed)\n\(table.text)"
    }
}
