internal import LRNetTraining

/// Summarizes the runs of one data set in one or two sentences: first the best discrete network,
/// then the full-precision network as its reference.
enum LeadSentence {
    static func make(_ group: DataSetGroup) -> String {
        // Keep a number and its percent sign on one line, and also the ends of an interval.
        text(group).replacing(" %", with: "\u{A0}%").replacing("–", with: "\u{2060}–\u{2060}")
    }

    private static func text(_ group: DataSetGroup) -> String {
        let runs = group.runs.map(\.run)
        let measured = runs.filter { $0.bestValidation != nil }
        let place = group.name.map { "On \($0), " } ?? ""
        func sentence(_ text: String) -> String {
            place.isEmpty ? text.prefix(1).uppercased() + text.dropFirst() : place + text
        }
        let reference = best(measured.filter(\.isReference))
        guard let network = best(measured.filter { !$0.isReference }) else {
            guard let reference else {
                return sentence("no finished network has been measured yet.")
            }
            let name = subject(reference, among: measured)
            return sentence("\(name) misclassifies \(errors(reference)).\(end(reference))")
        }
        let name = subject(network, among: measured.filter { !$0.isReference })
        var text = sentence("\(name) misclassifies \(errors(network)).\(end(network))")
        if let reference {
            let others = measured.count(where: \.isReference) > 1 ? "best " : ""
            let label =
                reference.label == reference.method ? "" : ", run \(reference.label),"
            text +=
                " The \(others)full-precision reference\(label) misclassifies "
                + "\(plainErrors(reference)).\(end(reference))"
        }
        return text
    }

    private static func best(_ runs: [ReportRun]) -> ReportRun? {
        runs.min { ($0.bestValidation?.best ?? 100) < ($1.bestValidation?.best ?? 100) }
    }

    private static func subject(_ run: ReportRun, among runs: [ReportRun]) -> String {
        if runs.count > 1 {
            let kind = run.isReference ? "full-precision" : "discrete"
            let method = run.label.contains(run.method) ? "" : "\(run.method) "
            return "the best of \(runs.count) \(kind) networks, \(method)run \(run.label),"
        }
        let label = run.label == run.method ? "" : " of run \(run.label)"
        return "the \(run.method) network\(label)"
    }

    /// Returns the errors with evidence, such as
    /// `0.35 % of the validation images (7 of 2,000 wrong; 95 % interval 0.17–0.72 %) and ...`.
    private static func errors(_ run: ReportRun) -> String {
        func part(_ percent: Double?, _ rate: ErrorRate?, _ split: String) -> String? {
            percent.map { percent in
                "\(Text.percent(percent)) of the \(split) images"
                    + (rate.map { " (\(Text.evidence($0)))" } ?? "")
            }
        }
        let parts = [
            part(run.bestValidation?.best, run.validationRate, "validation"),
            part(run.result?.testError, run.testRate, "test"),
        ]
        return Text.list(parts.compactMap(\.self))
    }

    /// Returns text such as `0.30 % and 0.55 %`, in the same order.
    private static func plainErrors(_ run: ReportRun) -> String {
        let percents = [run.bestValidation?.best, run.result?.testError]
        return Text.list(percents.compactMap { $0.map { Text.percent($0) } })
    }

    private static func end(_ run: ReportRun) -> String {
        run.result == nil ? " That run has not finished yet." : ""
    }
}
