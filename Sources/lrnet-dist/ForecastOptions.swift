import ArgumentParser
import LRNetTraining

/// The machines for which `describe --per-node` forecasts the time of a step.
struct ForecastOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Images per second of one rank alone, with its threads, as bench step measures it.",
            valueName: "images"))
    var imagesPerSecond: Double?

    @Option(help: "Rate of a machine's link in Gbit/s, in each direction (default: 10).")
    var linkGbit: Double?

    @Option(
        help:
            "Time until a small message arrives on another machine, in microseconds (default: 20).")
    var latencyUs: Double?

    func check(perNode: Int?) throws {
        for (name, value, limit) in [
            ("--images-per-second", imagesPerSecond, 1e9), ("--link-gbit", linkGbit, 1e5),
            ("--latency-us", latencyUs, 1e6),
        ] {
            guard let value else { continue }
            guard value > 0, value <= limit else {
                throw ValidationError("\(name) \(value) is out of range; above 0, at most \(limit)")
            }
            if perNode == nil {
                throw ValidationError("\(name) requires --per-node; give both")
            }
            if imagesPerSecond == nil {
                throw ValidationError("\(name) requires --images-per-second; give both")
            }
        }
    }

    /// `nil` without the speed of a rank.
    var machines: StepForecast.Machines? {
        imagesPerSecond.map {
            StepForecast.Machines(
                imagesPerSecond: $0, linkRate: 1e9 * (linkGbit ?? 10),
                latency: 1e-6 * (latencyUs ?? 20))
        }
    }
}
