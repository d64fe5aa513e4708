internal import LRNetTraining

/// The error of each class and the most confidently misclassified images.
enum ClassFigures {
    static func errors(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("classes", "Error by class")
        let panels = DataSetGroup.split(runs).flatMap(panels)
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run with a validation, trained with this version.")
        }
        return Figure(
            name: name, title: title,
            caption: "Share of each class's validation images that the best network misclassifies. "
                + "Thin lines are 95 % intervals (Wilson score). With a few hundred images per "
                + "class, one image is a large step.",
            panels: panels)
    }

    /// Returns the panels for the runs of one data set, with a common axis so that they can be
    /// compared.
    private static func panels(_ group: DataSetGroup) -> [CategoryBars] {
        let measured = group.runs.compactMap { number, run in
            rates(run).map { (label: run.label, rates: $0, color: ChartColor.series(number)) }
        }
        let ends = measured.flatMap(\.rates).map { $0?.interval.upperBound ?? 0 }
        let axis = Axis(label: "%", fitting: ends, includesZero: true)
        return measured.map { run in
            let errors = run.rates.map { $0?.percent ?? 0 }
            let worst = errors.indices.max { errors[$0] < errors[$1] } ?? 0
            return CategoryBars(
                title: run.label,
                summary: "Validation error of each of \(errors.count) classes. The highest is "
                    + "class \(worst), \(Text.percent(errors[worst])).",
                categories: errors.indices.map { "\($0)" }, label: "class", axis: axis,
                [
                    CategoryBars.Group(
                        run.label, errors, run.color, intervals: run.rates.map { $0?.interval })
                ])
        }
    }

    /// Returns the error of the best network for each class; `nil` for a class without images.
    private static func rates(_ run: ReportRun) -> [ErrorRate?]? {
        guard let record = run.bestValidation, let errors = record.classErrors,
            let counts = record.classCounts, errors.count == counts.count, !errors.isEmpty
        else { return nil }
        return zip(errors, counts).map { wrong, count in
            count > 0 && wrong <= count ? ErrorRate(wrong: Double(wrong), count: count) : nil
        }
    }

    static func confusions(_ runs: [ReportRun], _ inspectedRuns: [InspectedRun?]) -> Figure {
        let (name, title) = ("confusions", "Most confidently misclassified images")
        let known = zip(runs, inspectedRuns).filter { $0.1?.imageCount ?? 0 > 0 }
        guard
            let (run, inspected) = known.first(where: { $0.0.method != "full-precision" })
                ?? known.first, let inspected
        else {
            return .missing(
                name: name, title: title,
                "Needs --data DIR with a validation split, and a run with a winner's file.")
        }
        let images = inspected.confusions.map {
            ImageGrid.Picture(
                png: $0.png,
                lines: [
                    "\($0.label) → \($0.predicted)", Text.percent(100 * $0.confidence, 1),
                ])
        }
        guard !images.isEmpty else {
            var figure = Figure(name: name, title: title, caption: "")
            figure.missing = "\(run.label) misclassifies no validation image."
            return figure
        }
        // Each grid fits a phone. A wide page shows several grids side by side.
        let grids = stride(from: 0, to: images.count, by: 8).map { first in
            let part = Array(images[first..<min(first + 8, images.count)])
            return ImageGrid(
                title: "\(first + 1) to \(first + part.count)",
                summary: "Images with label and prediction: "
                    + part.map { $0.lines[0] }.joined(separator: ", ") + ".",
                columns: 4, part)
        }
        return Figure(
            name: name, title: title,
            caption: "The winner of \(run.label) misclassifies \(inspected.wrongCount) of "
                + "\(Ticks.grouped(inspected.imageCount)) validation images. These are the images "
                + "with the most confident wrong predictions. Below each: label → prediction, and "
                + "the probability of the prediction. The test split is not used.",
            panels: grids,
            table: Figure.Table(
                header: [.text("label"), .text("prediction"), .number("images")],
                rows: inspected.pairs.prefix(8).map {
                    ["\($0.label)", "\($0.predicted)", "\($0.count)"]
                }))
    }
}
