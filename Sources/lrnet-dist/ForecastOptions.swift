import ArgumentParser
import LRNetTraining

/// The machines for which `describe --per-node` forecasts the time of a step.
struct ForecastOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Images per second of one rank alone, with its threads, as bench step measures it.",
            valueName: "images"))
    var imagesPerSecond: Double?

    @Option(help: "Rate of a machine's link in Gbit/s, in each direction.")
    var linkGbit = 10.0

    @Option(help: "Time until a small message arrives on another machine, in microseconds.")
    var latencyUs = 20.0

    func check(perNode: Int?) throws {
        for (name, value, limit) in [
            ("--images-per-second", imagesPerSecond ?? 1, 1e9), ("--link-gbit", linkGbit, 1e5),
            ("--latency-us", latencyUs, 1e6),
        ] {
            guard value > 0, value <= limit else {
                throw ValidationError("\(name) \(value) is out of range; above 0, at most \(limit)")
            }
        }
        if perNode == nil, imagesPerSecond != nil {
            throw ValidationError("--images-per-second requires --per-node; give both")
        }
    }

    /// `nil` without the speed of a rank.
    var machines: StepForecast.Machines? {
        imagesPerSecond.map {
            StepForecast.Machines(
                imagesPerSecond: $0, linkRate: 1e9 * linkGbit, latency: 1e-6 * latencyUs)
        }
    }
}
