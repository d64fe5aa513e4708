internal import Foundation
package import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A benchmark of the exchange of a network's gradients. It times the exchange of the whole vector
/// against `MPI_Allreduce`, and training steps with the exact and the fast reduction, alternately.
package struct CommunicationBenchmark {
    /// The communication costs of a step with one reduction, measured on rank 0.
    package struct Steps: Codable, Sendable {
        /// The median time of a step.
        package var step_seconds: Double
        /// The time spent on communication at the end of passes and for batch norm, in percent of
        /// the step.
        package var communication_percent: Double
        /// The time in MPI calls, in percent of the step: all communication that is not hidden by
        /// computation, and the copying.
        package var mpi_percent: Double
        /// The median time of a step's exchanges of gradients and parameters alone, the median time
        /// for which a step waits for them, and the latter in percent of the former. The wait is
        /// the part that is not hidden by computation.
        package var exchange_seconds, unhidden_seconds, unhidden_percent: Double
        /// The number of messages that the exchanges of a step send, and their bytes.
        package var messages, bytes: Int
        /// The part of them that goes to other machines.
        package var messages_leaving, bytes_leaving: Int
        /// The number of collective calls in a step, and the bytes that this rank contributes to
        /// them.
        package var collectives, collective_bytes: Int
    }

    package struct Report: Codable, Sendable {
        /// The network and the method.
        package var network, weights: String
        /// The numbers of ranks, samples per step, and leaves.
        package var ranks, global_batch, gradient_leaves: Int
        /// The number of values in the gradient vector, and the maximum number per message.
        package var values, piece_values: Int
        /// The median times of the exact exchange of the vector with a single blocking call, of the
        /// stepped exchange, and of `MPI_Allreduce`.
        package var exchange_seconds, exchange_stepped_seconds, mpi_allreduce_seconds: Double
        /// `exchange_seconds` divided by `mpi_allreduce_seconds`.
        package var ratio: Double
        /// The planned numbers of messages and bytes that a rank sends in an exchange. The
        /// benchmark fails if the counted numbers differ.
        package var exchange_messages, exchange_bytes: Int
        /// The part of them that goes to other machines.
        package var exchange_messages_leaving, exchange_bytes_leaving: Int
        /// The rate of `exchange_bytes`, in 10^9 bytes per second.
        package var exchange_gigabytes_per_second: Double
        /// The number of steps with each reduction.
        package var steps: Int
        /// Steps with the exact reduction and with the fast one.
        package var exact, fast: Steps
    }

    private let recipe: Recipe
    private let group: any ProcessGroup

    package init(recipe: Recipe, group: any ProcessGroup) {
        self.recipe = recipe
        self.group = group
    }

    /// Runs the benchmark. Every rank must call it.
    ///
    /// - Parameter steps: The number of exchanges, and of steps with each reduction.
    /// - Throws: `Failure`: 70 if a sum is wrong, 80 if the loss is not finite.
    package func run(steps: Int) throws -> Report {
        let training = recipe.training
        let values = recipe.makeNetwork().gradientCount
        let exchange = try ExchangeBenchmark(
            group: group, leafCount: training.gradientLeaves, valueCount: values,
            pieceCount: GradientReducer.pieceCount
        ).run(repetitions: steps)
        try group.agree(exchange.counted == exchange.planned ? nil : wrongCount(exchange))
        let (exact, fast) = try timeSteps(steps)
        return Report(
            network: recipe.network.name, weights: recipe.weights.model.rawValue, ranks: group.size,
            global_batch: training.globalBatch, gradient_leaves: training.gradientLeaves,
            values: values, piece_values: GradientReducer.pieceCount,
            exchange_seconds: exchange.exchangeSeconds,
            exchange_stepped_seconds: exchange.steppedSeconds,
            mpi_allreduce_seconds: exchange.allReduceSeconds,
            ratio: exchange.exchangeSeconds / max(exchange.allReduceSeconds, 1e-9),
            exchange_messages: exchange.planned.messageCount,
            exchange_bytes: exchange.planned.byteCount,
            exchange_messages_leaving: exchange.planned.leavingMessageCount,
            exchange_bytes_leaving: exchange.planned.leavingByteCount,
            exchange_gigabytes_per_second: 1e-9 * Double(exchange.planned.byteCount)
                / max(exchange.exchangeSeconds, 1e-9),
            steps: steps, exact: exact, fast: fast)
    }

    private func wrongCount(_ report: ExchangeBenchmark.Report) -> Failure {
        Failure(
            call: "TreeExchange", subject: "traffic",
            message: "sent \(report.counted), but planned \(report.planned)",
            exitStatus: .internalError, rank: group.rank)
    }

    /// Times steps with both reductions alternately, so that a disturbance affects both.
    private func timeSteps(_ count: Int) throws -> (exact: Steps, fast: Steps) {
        let runners = try [Recipe.Reduction.exact, .fast].map { reduction in
            var recipe = recipe
            recipe.reduction = reduction
            return try StepRunner(recipe: recipe, group: group)
        }
        var samples: [[StepRunner.Sample]] = [[], []]
        for step in 0..<count + StepRunner.warmUpSteps {
            for (index, runner) in runners.enumerated() {
                let sample = try runner.step()
                if step >= StepRunner.warmUpSteps { samples[index].append(sample) }
            }
        }
        let exchanges = try runners.map { try $0.exchangeSeconds(repetitions: count) }
        return (Self.summary(samples[0], exchanges[0]), Self.summary(samples[1], exchanges[1]))
    }

    private static func summary(_ samples: [StepRunner.Sample], _ exchange: Double) -> Steps {
        let unhidden = samples.map(\.times.reduction.seconds).median
        let sum = samples.reduce(into: StageTimes()) { $0.add($1.times) }
        let calls = samples.reduce(Duration.zero) { $0 + $1.callTime }
        let traffic = samples.last?.traffic ?? Traffic()
        return Steps(
            step_seconds: samples.map(\.times.total.seconds).median,
            communication_percent: sum.percent(sum.communication), mpi_percent: sum.percent(calls),
            exchange_seconds: exchange, unhidden_seconds: unhidden,
            unhidden_percent: 100 * unhidden / max(exchange, 1e-9),
            messages: traffic.messageCount, bytes: traffic.byteCount,
            messages_leaving: traffic.leavingMessageCount,
            bytes_leaving: traffic.leavingByteCount,
            collectives: traffic.collectiveCount, collective_bytes: traffic.collectiveByteCount)
    }
}

extension CommunicationBenchmark.Report {
    /// A Markdown row for each reduction: ranks, reduction, step time, time of the exchange alone,
    /// time waited for the exchange, hidden share, all waiting, messages and bytes.
    package var markdown: String {
        func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", 1e3 * seconds) }
        return [("exact", exact), ("fast", fast)].map { name, steps in
            let waiting = 0.01 * steps.communication_percent * steps.step_seconds
            let cells = [
                "\(ranks)", name, milliseconds(steps.step_seconds),
                milliseconds(steps.exchange_seconds), milliseconds(steps.unhidden_seconds),
                String(format: "%.0f %%", 100 - steps.unhidden_percent), milliseconds(waiting),
                TextTable.grouped(steps.messages + steps.collectives),
                TextTable.grouped(steps.bytes + steps.collective_bytes),
            ]
            return "| \(cells.joined(separator: " | ")) |\n"
        }.joined()
    }

    /// Two tables for terminals.
    package var text: String {
        func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", 1e3 * seconds) }
        var vector = TextTable([
            "gradient vector at once", "time", "messages", "bytes", "to other machines", "GB/s",
        ])
        let bytes = TextTable.grouped(exchange_bytes)
        let leaving = TextTable.grouped(exchange_bytes_leaving)
        let rate = String(format: "%.2f", exchange_gigabytes_per_second)
        vector.append([
            "exact exchange", milliseconds(exchange_seconds), "\(exchange_messages)", bytes,
            leaving, rate,
        ])
        vector.append(["exact, stepped", milliseconds(exchange_stepped_seconds), "", "", "", ""])
        vector.append(["MPI_Allreduce", milliseconds(mpi_allreduce_seconds), "", "", "", ""])
        var table = TextTable([
            "whole steps", "time", "exchange alone", "not hidden", "", "all waiting", "in MPI",
            "messages", "bytes", "to other machines", "collectives", "bytes contributed",
        ])
        for (name, steps) in [("exact", exact), ("fast", fast)] {
            table.append([
                name, milliseconds(steps.step_seconds), milliseconds(steps.exchange_seconds),
                milliseconds(steps.unhidden_seconds),
                String(format: "%.0f %%", steps.unhidden_percent),
                String(format: "%.1f %%", steps.communication_percent),
                String(format: "%.1f %%", steps.mpi_percent), TextTable.grouped(steps.messages),
                TextTable.grouped(steps.bytes), TextTable.grouped(steps.bytes_leaving),
                TextTable.grouped(steps.collectives),
                TextTable.grouped(steps.collective_bytes),
            ])
        }
        let head =
            "\(network), \(weights): \(TextTable.grouped(values)) values, \(ranks) ranks, "
            + "\(gradient_leaves) leaves, messages of up to \(TextTable.grouped(4 * piece_values)) "
            + "bytes; exchange / MPI_Allreduce " + String(format: "%.2f", ratio)
        return ([head, ""] + vector.lines + [""] + table.lines).map { $0 + "\n" }.joined()
    }
}
