import Foundation
import LRNetCollectives
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct StepForecastTests {
    private func recipe(leaves: Int, settings: [String] = []) throws -> Recipe {
        try Recipe(
            yaml: """
                network: {layers: [8C3, MP2, 600FC], input: 28x28x1, classes: 10}
                weights: ternary
                training: {globalBatch: \(4 * leaves), gradientLeaves: \(leaves), microBatch: 4}
                """, file: "recipe.yaml", overrides: settings)
    }

    private func plan(_ recipe: Recipe, _ groups: RankGroups, rank: Int = 0) -> StepPlan {
        let network = recipe.makeNetwork()
        network.reserve(
            sampleCount: 1, microBatch: recipe.training.microBatch, workerCount: 1,
            globalCount: recipe.training.globalBatch)
        return StepPlan(network: network, recipe: recipe, groups: groups, rank: rank)
    }

    @Test func `one rank exchanges nothing`() throws {
        let plan = plan(try recipe(leaves: 8), RankGroups(ranks: 1, ranksPerMachine: 1))
        #expect(plan.exchanges.isEmpty && plan.traffic == Traffic())
    }

    @Test func `every message has a receiver, and a small sum takes log2 rounds`() throws {
        let recipe = try recipe(leaves: 64)
        let groups = RankGroups(ranks: 64, ranksPerMachine: 4)
        for rank in [0, 17, 63] {
            let plan = plan(recipe, groups, rank: rank)
            for exchange in plan.exchanges {
                for messages in exchange.messages {
                    #expect((0..<64).contains(messages.partner) && messages.partner != rank)
                    #expect(messages.leavesMachine == (messages.partner / 4 != rank / 4))
                }
                if !exchange.kind.overlaps {
                    #expect(exchange.messages.map(\.stage) == Array(0..<6))
                }
            }
            let network = recipe.makeNetwork()
            let small = plan.exchanges.filter { !$0.kind.overlaps }.count
            #expect(small == 2 * network.batchNorms.count + 1)
        }
    }

    @Test func `the forecast follows its formula`() throws {
        let plan = plan(try recipe(leaves: 64), RankGroups(ranks: 64, ranksPerMachine: 4))
        let machines = StepForecast.Machines(imagesPerSecond: 100, linkRate: 1e9, latency: 1e-4)
        let forecast = StepForecast(plan, images: 50, machines: machines)
        #expect(abs(forecast.computing - 0.5) < 1e-12)
        var (messages, within, leaving) = (0, 0, 0)
        var small = 0.0
        for exchange in plan.exchanges {
            for message in exchange.messages {
                if exchange.kind.overlaps {
                    messages += message.messageCount
                    if message.leavesMachine {
                        leaving += message.byteCount
                    } else {
                        within += message.byteCount
                    }
                } else {
                    let bytes = Double(message.byteCount)
                    small += message.leavesMachine ? 1e-4 + bytes * 4 * 8e-9 : 1e-6 + bytes * 5e-10
                    small += bytes / 8 * 2e-9
                }
            }
        }
        // Two collective calls of log2(64) rounds, of which log2(16) are between machines.
        small += 2 * (4 * 1e-4 + 2 * 1e-6)
        let busy = 0.5 + Double(messages) * 5e-6 + Double(within) * 5e-10
        #expect(abs(forecast.computing + forecast.messaging - busy) < 1e-9)
        #expect(abs(forecast.transfer - Double(leaving) * 4 * 8e-9) < 1e-9)
        #expect(abs(forecast.smallSums - small) < 1e-9)
        #expect(abs(forecast.step - max(busy, forecast.transfer) - small) < 1e-9)
        #expect(abs(forecast.efficiency - 0.5 / forecast.step) < 1e-12)
    }

    @Test func `4,096 ranks are planned at once, with few messages`() throws {
        let recipe = try recipe(leaves: 4096)
        let start = ContinuousClock.now
        let plan = plan(recipe, RankGroups(ranks: 4096, ranksPerMachine: 64), rank: 4095)
        #expect(ContinuousClock.now - start < .seconds(10))
        let sums = plan.exchanges.filter { $0.kind == .gradients }
        #expect(!sums.isEmpty)
        // sum(r - 1) of 8 x 8 x 8 x 8.
        for sum in sums { #expect(sum.messages.count == 28) }
    }
}
