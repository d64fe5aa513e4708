internal import LRNetTraining

/// Which classes are hard, and which pictures.
enum ClassFigures {
    static func errors(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("classes", "Errors of each class")
        let measured = runs.enumerated().compactMap { number, run in
            errors(run).map { (label: run.label, errors: $0, ink: Ink.series(number)) }
        }
        guard let classes = measured.map(\.errors.count).max() else {
            return .missing(
                name: name, title: title,
                "Needs a run with a validation, trained with this version.")
        }
        // One axis for all, so that panels can be compared.
        let axis = Axis(label: "%", fitting: measured.flatMap(\.errors), includesZero: true)
        let panels = measured.map { run in
            let worst = run.errors.indices.max { run.errors[$0] < run.errors[$1] } ?? 0
            return CategoryBars(
                title: run.label,
                summary: "Validation error of each of \(classes) classes; highest in class "
                    + "\(worst), \(Text.percent(run.errors[worst])).",
                categories: run.errors.indices.map { "\($0)" }, label: "class", axis: axis,
                [CategoryBars.Group(run.label, run.errors, run.ink)])
        }
        return Figure(
            name: name, title: title,
            caption: "Share of each class's validation images that the best draw took for another "
                + "class. With a few hundred images a class, one image is a large step.",
            panels: panels)
    }

    /// Each class's error in percent, by the best draw.
    private static func errors(_ run: ReportRun) -> [Double]? {
        guard let record = run.bestValidation, let errors = record.classErrors,
            let counts = record.classCounts
        else { return nil }
        return zip(errors, counts).map { 100 * Double($0) / Double(max($1, 1)) }
    }

    static func confusions(_ runs: [ReportRun], _ looks: [Look?]) -> Figure {
        let (name, title) = ("confusions", "Most confused pictures")
        let known = zip(runs, looks).filter { $0.1?.imageCount ?? 0 > 0 }
        guard
            let (run, look) = known.first(where: { $0.0.method != "full-precision" })
                ?? known.first, let look
        else {
            return .missing(
                name: name, title: title,
                "Needs --data DIR with a validation split, and a run with a winner's file.")
        }
        let pictures = look.confusions.map {
            PictureGrid.Picture(
                png: $0.png,
                lines: [
                    "\($0.label) → \($0.predicted)", Text.percent(100 * $0.confidence, 1),
                ])
        }
        guard !pictures.isEmpty else {
            var figure = Figure(name: name, title: title, caption: "")
            figure.missing = "\(run.label) has no wrong validation image to show."
            return figure
        }
        // Strips that fit a phone; a wide page has several side by side.
        let strips = stride(from: 0, to: pictures.count, by: 8).map { first in
            let part = Array(pictures[first..<min(first + 8, pictures.count)])
            return PictureGrid(
                title: "\(first + 1) to \(first + part.count)",
                summary: "Pictures with label and prediction: "
                    + part.map { $0.lines[0] }.joined(separator: ", ") + ".",
                columns: 4, part)
        }
        return Figure(
            name: name, title: title,
            caption: "Of \(Ticks.grouped(look.imageCount)) validation images the winner of "
                + "\(run.label) takes \(look.wrongCount) for another class; these are the ones it "
                + "was surest of. Below each: label → prediction, and the prediction's probability. "
                + "The test split is not looked at.",
            panels: strips,
            table: Figure.Table(
                header: ["label", "taken for", "images"],
                rows: look.pairs.prefix(8).map {
                    ["\($0.label)", "\($0.predicted)", "\($0.count)"]
                }))
    }
}
