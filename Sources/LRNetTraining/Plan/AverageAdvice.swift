internal import Foundation
package import LRNetLayers
internal import LRNetSupport

/// A warning where networks are validated with batch norm's moving averages, and the run is too short for
/// these.
///
/// After n steps a moving average of momentum m still contains a share of m^n of its initial value
/// (mean 0, variance 1), which has nothing to do with the network.
package struct AverageAdvice {
    /// Warnings, a line each.
    package let lines: [String]

    /// The share of the initial value that does no harm.
    private static let tolerance = 0.01

    package init(recipe: Recipe, network: Network, steps: Int) {
        let momentum = recipe.batchNorm.momentum
        let rest = pow(momentum, Double(steps))
        guard recipe.validation.reestimateBatches == 0, recipe.validation.everyEpochs > 0,
            !network.batchNorms.isEmpty, rest > Self.tolerance
        else {
            lines = []
            return
        }
        let needed = Int((log(Self.tolerance) / log(momentum)).rounded(.up))
        lines = [
            String(
                format: "batchNorm.momentum %g: after the run's %@ steps, %.0f %% of batch norm's "
                    + "moving averages are still their initial values (%g^%d); they need %@ steps. "
                    + "Set validation.reestimateBatches=20, or batchNorm.momentum=%.2g or less",
                momentum, TextTable.grouped(steps), 100 * rest, momentum, steps,
                TextTable.grouped(needed), Self.suggestion(steps))
        ]
    }

    /// The largest momentum of two digits that forgets its start within so many steps.
    private static func suggestion(_ steps: Int) -> Double {
        max((pow(tolerance, 1 / Double(max(steps, 1))) * 100).rounded(.down) / 100, 0)
    }
}
