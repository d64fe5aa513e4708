internal import Foundation
package import LRNetLayers
internal import LRNetSupport

/// A warning if networks are validated with batch norm's moving averages and the run is too short
/// for them.
///
/// After n steps a moving average with momentum m still contains a share of m^n of its initial
/// value (mean 0, variance 1), which does not depend on the network.
package struct AverageAdvice {
    /// The warnings, one line each.
    package let lines: [String]

    /// The share of the initial value that is harmless.
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
                format: "batchNorm.momentum %g: after the run's %@ steps, batch norm's moving "
                    + "averages are still %.0f %% initial values (%g^%d); they need %@ steps. "
                    + "Set validation.reestimateBatches=20, or batchNorm.momentum=%.2g or less",
                momentum, TextTable.grouped(steps), 100 * rest, momentum, steps,
                TextTable.grouped(needed), Self.suggestion(steps))
        ]
    }

    /// Returns the largest momentum with two digits that reaches the tolerance within `steps`
    /// steps.
    private static func suggestion(_ steps: Int) -> Double {
        max((pow(tolerance, 1 / Double(max(steps, 1))) * 100).rounded(.down) / 100, 0)
    }
}
