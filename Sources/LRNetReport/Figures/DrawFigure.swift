internal import LRNetTraining

/// The validation errors of several draws. The paper notes that draws hardly differ.
enum DrawFigure {
    static func make(_ runs: [ReportRun]) -> Figure {
        let (name, title) = ("draws", "Do draws differ?")
        let drawn = runs.enumerated().filter {
            $0.element.metrics.validations.contains { $0.draws.count > 1 }
        }
        guard !drawn.isEmpty else {
            return .missing(
                name: name, title: title,
                "Needs a run of a method with distributions and validation.draws of at least 2.")
        }
        let panels = drawn.map { number, run in
            let validations = run.metrics.validations
            let points = validations.flatMap { record in
                record.draws.map { (x: run.epochs(record.step), y: $0) }
            }
            let means = validations.map { (x: run.epochs($0.step), y: $0.mean) }
            return Chart(
                title: run.label,
                summary: "Validation errors of \(validations[0].draws.count) draws at each of "
                    + "\(validations.count) validations, from "
                    + "\(Text.percent(points.map(\.y).min())) to "
                    + "\(Text.percent(points.map(\.y).max())).",
                x: .epochs(upTo: run.trainedEpochs),
                y: Axis(label: "validation error, %", fitting: points.map(\.y)),
                [
                    .line(Chart.Line("mean", means, .series(number))),
                    .points(Chart.Points(points, .series(number))),
                ])
        }
        return Figure(
            name: name, title: title,
            caption: "Each ring is a network whose weights were drawn once from the trained "
                + "distributions. The paper notes that draws hardly differ. The table compares the "
                + "standard deviation over the draws with the 95 % interval (Wilson score) of "
                + "their mean error, which reflects only the number of validation images. All "
                + "draws see the same images, so part of that uncertainty is common to them.",
            panels: panels, table: table(drawn.map(\.element)))
    }

    private static func table(_ runs: [ReportRun]) -> Figure.Table {
        Figure.Table(
            header: [
                .text("run"), .number("epochs"), .number("draws"), .number("lowest"),
                .number("mean"), .number("highest"), .number("standard deviation, points"),
                .number("95 % interval of the mean"), .number("images"),
            ],
            rows: runs.compactMap { run in
                guard let record = run.bestValidation else { return nil }
                let count = run.validationCount
                return [
                    run.label, Text.epochs(run.epochs(record.step)), "\(record.draws.count)",
                    Text.percent(record.draws.min()), Text.percent(record.mean),
                    Text.percent(record.draws.max()), Text.number(record.deviation, 3),
                    Text.interval(ErrorRate(percent: record.mean, count: count)),
                    count.map(Ticks.grouped) ?? Text.none,
                ]
            })
    }
}
