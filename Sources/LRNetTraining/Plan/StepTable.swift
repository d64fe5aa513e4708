internal import Foundation
package import LRNetCollectives
internal import LRNetDiagnostics
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The plan of a training step on many machines as a table, and its forecast.
package struct StepTable {
    /// The lines of the table.
    package let text: String

    /// The same for programs.
    package let summary: Summary

    /// The plan of the last rank, which has the longest run of leaves and the longest slices.
    package let plan: StepPlan

    /// `nil` without the speeds of machines.
    package let forecast: StepForecast?

    /// The plan and the forecast for programs. Times are in seconds.
    package struct Summary: Encodable {
        /// The messages to one rank in one round of an exchange.
        package struct Messages: Encodable {
            var round, rank, messages, bytes: Int
            var leaves_machine: Bool
        }

        /// One exchange of the step.
        package struct Exchange: Encodable {
            var kind: String
            var overlaps: Bool
            var messages: [Messages]
        }

        var ranks, ranks_per_machine, rank: Int
        var exchanges: [Exchange]
        var messages, bytes, messages_leaving, bytes_leaving, collectives: Int
        var computing_seconds, messaging_seconds, transfer_seconds, small_sums_seconds: Double?
        var step_seconds, efficiency: Double?
    }

    /// - Parameter machines: `nil` for no times.
    /// - Precondition: The number of ranks does not exceed the number of leaves.
    package init(recipe: Recipe, groups: RankGroups, machines: StepForecast.Machines?) {
        let training = recipe.training
        let network = recipe.makeNetwork()
        network.reserve(
            sampleCount: 1, microBatch: training.microBatch, workerCount: 1,
            globalCount: training.globalBatch)
        let plan = StepPlan(
            network: network, recipe: recipe, groups: groups, rank: groups.rankCount - 1)
        let forecast = machines.map {
            StepForecast(
                plan, images: Double(training.globalBatch) / Double(groups.rankCount), machines: $0)
        }
        self.plan = plan
        self.forecast = forecast
        text = Self.text(plan, forecast, images: training.globalBatch)
        summary = Self.summary(plan, forecast)
    }

    private static func text(_ plan: StepPlan, _ forecast: StepForecast?, images: Int) -> String {
        let groups = plan.groups
        let machines = groups.rankCount / groups.ranksPerMachine
        var table = TextTable([
            "sent by a rank in a step", "exchanges", "rounds", "messages", "bytes",
            "to other machines",
        ])
        for kind in StepPlan.Kind.allCases {
            let exchanges = plan.exchanges.filter { $0.kind == kind && !$0.messages.isEmpty }
            if exchanges.isEmpty { continue }
            let rounds = exchanges.map { Set($0.messages.map(\.stage)).count }.reduce(0, +)
            let traffic = plan.traffic(kind)
            table.append([
                kind.rawValue, "\(exchanges.count)", "\(rounds)",
                TextTable.grouped(traffic.messageCount), TextTable.grouped(traffic.byteCount),
                TextTable.grouped(traffic.leavingByteCount),
            ])
        }
        let traffic = plan.traffic
        table.append([
            "all", "\(plan.exchanges.count { !$0.messages.isEmpty })", "",
            TextTable.grouped(traffic.messageCount),
            TextTable.grouped(traffic.byteCount), TextTable.grouped(traffic.leavingByteCount),
        ])
        let list = groups.radices.map(String.init).joined(separator: " x ")
        let lines = """
            \(PlacementCheck.counted(groups.rankCount, "rank")) on \
            \(PlacementCheck.counted(machines, "machine")), in groups of \(list); \
            \(TextTable.grouped(images)) images per step, and \(plan.collectiveCount) collective calls

            """
        return lines + table.text + times(forecast)
    }

    private static func times(_ forecast: StepForecast?) -> String {
        guard let forecast else {
            return "give --images-per-second (of one rank, see bench step) for a forecast of the "
                + "time\n"
        }
        var table = TextTable(["forecast of a step (a model)", "ms"])
        for (name, seconds) in [
            ("computing", forecast.computing),
            ("messages and bytes within the machine", forecast.messaging),
            ("bytes between machines, while computing", forecast.transfer),
            ("small sums", forecast.smallSums), ("step", forecast.step),
        ] {
            table.append([name, String(format: "%.2f", 1000 * seconds)])
        }
        return table.text + String(format: "efficiency %.1f %%\n", 100 * forecast.efficiency)
    }

    private static func summary(_ plan: StepPlan, _ forecast: StepForecast?) -> Summary {
        let traffic = plan.traffic
        return Summary(
            ranks: plan.groups.rankCount, ranks_per_machine: plan.groups.ranksPerMachine,
            rank: plan.rank,
            exchanges: plan.exchanges.map { exchange in
                Summary.Exchange(
                    kind: exchange.kind.rawValue, overlaps: exchange.kind.overlaps,
                    messages: exchange.messages.map {
                        Summary.Messages(
                            round: $0.stage, rank: $0.partner, messages: $0.messageCount,
                            bytes: $0.byteCount, leaves_machine: $0.leavesMachine)
                    })
            },
            messages: traffic.messageCount, bytes: traffic.byteCount,
            messages_leaving: traffic.leavingMessageCount, bytes_leaving: traffic.leavingByteCount,
            collectives: traffic.collectiveCount, computing_seconds: forecast?.computing,
            messaging_seconds: forecast?.messaging, transfer_seconds: forecast?.transfer,
            small_sums_seconds: forecast?.smallSums, step_seconds: forecast?.step,
            efficiency: forecast?.efficiency)
    }
}
