internal import Foundation
internal import LRNetCollectives
internal import LRNetSupport

/// The time of a training step on many machines, from its plan and a few constants:
///
///     computing = images of a rank / images per second of a rank alone
///     busy      = computing + messages * 5 us + bytes within the machine / 2 GB/s
///     transfer  = bytes that leave the machine * 8 / rate of its link
///     step      = max(busy, transfer) + small sums
///     efficiency = computing / step
///
/// Messages and bytes of `busy` and `transfer` are those that overlap with computing. A small sum
/// does not: each of its rounds takes a latency, the transfer of its bytes, and 2 ns per value to
/// add what arrives. Every rank of a machine sends through the same link.
///
/// The model ignores congestion in the network and slow machines.
package struct StepForecast: Sendable {
    /// The speeds of ranks, links and messages.
    package struct Machines: Sendable {
        /// The images per second of one rank alone, with all its threads.
        package var imagesPerSecond: Double

        /// The bits per second of a machine's link, in each direction.
        package var linkRate: Double

        /// The time until a small message arrives on another machine, in seconds.
        package var latency: Double

        package init(imagesPerSecond: Double, linkRate: Double, latency: Double) {
            self.imagesPerSecond = imagesPerSecond
            self.linkRate = linkRate
            self.latency = latency
        }
    }

    /// The time of a message within a machine until it arrives, in seconds.
    private static let latencyWithinMachine = 1e-6
    /// The time of a processor for a message, in seconds.
    private static let secondsPerMessage = 5e-6
    /// The time of a processor for a byte that stays in the machine, in seconds.
    private static let secondsPerByte = 1 / 2e9
    /// The time to add a received Double, in seconds.
    private static let secondsPerAddition = 2e-9

    /// The parts of a step, in seconds.
    package let computing, messaging, transfer, smallSums: Double

    /// - Parameter images: The images of a rank in a step.
    package init(_ plan: StepPlan, images: Double, machines: Machines) {
        let ranksPerMachine = Double(plan.groups.ranksPerMachine)
        var (overlapping, small) = (Traffic(), 0.0)
        for exchange in plan.exchanges {
            if exchange.kind.overlaps {
                overlapping = overlapping + Traffic(exchange.messages)
            } else {
                small += Self.seconds(exchange, machines, ranksPerMachine)
            }
        }
        let rounds = RowRounds.count(plan.groups.rankCount)
        computing = images / machines.imagesPerSecond
        messaging =
            Double(overlapping.messageCount) * Self.secondsPerMessage
            + Double(overlapping.byteCount - overlapping.leavingByteCount) * Self.secondsPerByte
        transfer = 8 * Double(overlapping.leavingByteCount) * ranksPerMachine / machines.linkRate
        // Consecutive ranks share a machine, so a collective call leaves it in the last rounds only.
        let leavingRounds = RowRounds.count(plan.groups.rankCount / plan.groups.ranksPerMachine)
        smallSums =
            small
            + Double(plan.collectiveCount)
            * (Double(leavingRounds) * machines.latency
                + Double(rounds - leavingRounds) * Self.latencyWithinMachine)
    }

    /// Returns the time of a small sum: its rounds follow one another.
    private static func seconds(
        _ exchange: StepPlan.Exchange, _ machines: Machines, _ ranksPerMachine: Double
    ) -> Double {
        var seconds = 0.0
        for round in Dictionary(grouping: exchange.messages, by: \.stage).values {
            let leaving = round.contains { $0.leavesMachine }
            seconds += leaving ? machines.latency : latencyWithinMachine
            for messages in round {
                let bytes = Double(messages.byteCount)
                seconds +=
                    messages.leavesMachine
                    ? 8 * bytes * ranksPerMachine / machines.linkRate : bytes * secondsPerByte
                seconds += bytes / 8 * secondsPerAddition
            }
        }
        return seconds
    }

    /// The time of a step, in seconds.
    package var step: Double { max(computing + messaging, transfer) + smallSums }

    /// The share of the step in which a rank computes.
    package var efficiency: Double { computing / step }
}
