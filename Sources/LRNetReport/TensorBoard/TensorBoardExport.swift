internal import Foundation
internal import LRNetDiagnostics
internal import LRNetSupport
internal import LRNetTraining

/// Converts the records of runs to TensorBoard event files, with one folder per run.
///
/// The conversion reads `metrics.jsonl`, which a resume truncates, so no step occurs twice. A
/// second conversion replaces the first, and training does not wait for either. To update the files
/// of an active run, convert again.
package enum TensorBoardExport {
    /// The name of the file in a run's folder. TensorBoard searches for names that contain
    /// `tfevents`.
    package static let fileName = "events.out.tfevents.0000000000.lrnet-dist"

    /// Writes one event file per run.
    ///
    /// - Throws: `Failure` (74) naming the path that cannot be written.
    /// - Returns: The paths of the files.
    @discardableResult
    package static func write(_ runs: [ReportRun], to folder: String) throws -> [String] {
        try runs.map { run in
            let path = "\(folder)/\(run.label)"
            try AtomicFile.createFolder(path)
            try AtomicFile.write(file(run).bytes, to: "\(path)/\(fileName)")
            return "\(path)/\(fileName)"
        }
    }

    private struct Event {
        var step: Int
        var tag: String
        var value: EventFile.Value
    }

    private static func file(_ run: ReportRun) -> EventFile {
        let clock = Clock(run)
        var file = EventFile(wallTime: clock.time(at: 0))
        let events = text(run) + training(run) + weights(run) + validations(run) + kernels(run)
        // In order of steps, and in the order above within a step.
        for event in events.enumerated().sorted(by: {
            ($0.element.step, $0.offset) < ($1.element.step, $1.offset)
        }).map(\.element) {
            file.add(
                event.tag, step: event.step, wallTime: clock.time(at: event.step), event.value)
        }
        return file
    }

    /// The approximate time at which a step was trained: the run's last start plus the recorded
    /// durations of training and validations.
    private struct Clock {
        private var start = 0.0
        private var marks: [(step: Int, seconds: Double)] = []

        init(_ run: ReportRun) {
            let formatter = ISO8601DateFormatter()
            start =
                run.environment.flatMap { formatter.date(from: $0.startedAt) }?
                .timeIntervalSince1970 ?? 0
            let spans =
                run.metrics.training.map {
                    ($0.step, $0.dataSeconds + $0.computeSeconds + $0.communicationSeconds)
                } + run.metrics.validations.map { ($0.step, $0.seconds) }
            var seconds = 0.0
            for span in spans.sorted(by: { $0.0 < $1.0 }) {
                seconds += span.1
                marks.append((span.0, seconds))
            }
        }

        func time(at step: Int) -> Double {
            start + (marks.last { $0.step <= step }?.seconds ?? 0)
        }
    }

    private static func text(_ run: ReportRun) -> [Event] {
        let indented = run.recipe.yaml.split(separator: "\n").map { "    \($0)\n" }.joined()
        return [Event(step: 0, tag: "recipe", value: .text(indented))]
    }

    private static func training(_ run: ReportRun) -> [Event] {
        run.metrics.training.flatMap { record in
            let logitRate = record.logitRate.map { [("training/logit_rate", $0)] } ?? []
            return
                ([
                    ("training/loss", record.loss), ("training/error_percent", record.errorPercent),
                    ("training/learning_rate", record.learningRate),
                    ("training/images_per_second", record.imagesPerSecond),
                ] + logitRate).map { Event(step: record.step, tag: $0.0, value: .scalar($0.1)) }
        }
    }

    private static func weights(_ run: ReportRun) -> [Event] {
        var events: [Event] = []
        for record in run.metrics.weights {
            for layer in record.layers {
                let values = [
                    ("entropy", layer.entropy), ("saturation", layer.saturation),
                    ("zeros", layer.zeros), ("flips", record.step > 0 ? layer.flips : nil),
                    ("moved", record.step > 0 ? layer.moved : nil),
                ]
                for case (let name, let value?) in values {
                    events.append(
                        Event(
                            step: record.step, tag: "\(name)/\(layer.layer)",
                            value: .scalar(value)))
                }
            }
        }
        for record in run.metrics.distributions {
            for layer in record.layers {
                for (name, counts) in [("zero", layer.zero), ("plus", layer.plus)]
                where !counts.isEmpty {
                    events.append(
                        Event(
                            step: record.step, tag: "probability_of_\(name)/\(layer.layer)",
                            value: .histogram(Histogram(counts: counts, in: 0...1))))
                }
            }
        }
        return events
    }

    private static func validations(_ run: ReportRun) -> [Event] {
        var events = run.metrics.validations.flatMap { record in
            [
                ("validation/best_percent", record.best), ("validation/mean_percent", record.mean),
                ("validation/deviation_of_draws", record.deviation),
            ].map { Event(step: record.step, tag: $0.0, value: .scalar($0.1)) }
        }
        if let result = run.result, let error = result.testError {
            events.append(
                Event(step: result.steps, tag: "test/winner_percent", value: .scalar(error)))
        }
        return events
    }

    private static func kernels(_ run: ReportRun) -> [Event] {
        guard let image = KernelFigure.image(run) else { return [] }
        let step = run.result?.winnerStep ?? run.bestValidation?.step ?? 0
        return [
            Event(
                step: step, tag: "kernels/\(image.layer)",
                value: .image(png: image.png, width: image.width, height: image.height))
        ]
    }
}
