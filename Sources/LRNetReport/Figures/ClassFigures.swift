internal import LRNetTraining

/// Which classes are hard, and which pictures.
enum ClassFigures {
    static func errors(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("classes", "Errors of each class")
        let panels = DataSetGroup.split(runs).flatMap(panels)
        guard !panels.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run with a validation, trained with this version.")
        }
        return Figure(
            name: name, title: title,
            caption: "Share of each class's validation images that the best network misclassifies. "
                + "Thin lines are 95 % intervals (Wilson score): with a few hundred images a class, "
                + "one image is a large step.",
            panels: panels)
    }

    /// The runs of one data set, on one axis, so that panels can be compared.
    private static func panels(_ group: DataSetGroup) -> [CategoryBars] {
        let measured = group.runs.compactMap { number, run in
            rates(run).map { (label: run.label, rates: $0, ink: ChartColor.series(number)) }
        }
        let ends = measured.flatMap(\.rates).map { $0?.interval.upperBound ?? 0 }
        let axis = Axis(label: "%", fitting: ends, includesZero: true)
        return measured.map { run in
            let errors = run.rates.map { $0?.percent ?? 0 }
            let worst = errors.indices.max { errors[$0] < errors[$1] } ?? 0
            return CategoryBars(
                title: run.label,
                summary: "Validation error of each of \(errors.count) classes; highest in class "
                    + "\(worst), \(Text.percent(errors[worst])).",
                categories: errors.indices.map { "\($0)" }, label: "class", axis: axis,
                [
                    CategoryBars.Group(
                        run.label, errors, run.ink, intervals: run.rates.map { $0?.interval })
                ])
        }
    }

    /// Each class's error, by the best network; `nil` for a class without images.
    private static func rates(_ run: ReportRun) -> [ErrorRate?]? {
        guard let record = run.bestValidation, let errors = record.classErrors,
            let counts = record.classCounts, errors.count == counts.count, !errors.isEmpty
        else { return nil }
        return zip(errors, counts).map { wrong, count in
            count > 0 && wrong <= count ? ErrorRate(wrong: Double(wrong), count: count) : nil
        }
    }

    static func confusions(_ runs: [ReportRun], _ looks: [InspectedRun?]) -> Figure {
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
            ImageGrid.Picture(
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
            return ImageGrid(
                title: "\(first + 1) to \(first + part.count)",
                summary: "Pictures with label and prediction: "
                    + part.map { $0.lines[0] }.joined(separator: ", ") + ".",
                columns: 4, part)
        }
        return Figure(
            name: name, title: title,
            caption: "Of \(Ticks.grouped(look.imageCount)) validation images the winner of "
                + "\(run.label) misclassifies \(look.wrongCount); these are the ones it was surest "
                + "of. Below each: label → prediction, and the prediction's probability. "
                + "The test split is not looked at.",
            panels: strips,
            table: Figure.Table(
                header: [.text("label"), .text("taken for"), .number("images")],
                rows: look.pairs.prefix(8).map {
                    ["\($0.label)", "\($0.predicted)", "\($0.count)"]
                }))
    }
}
