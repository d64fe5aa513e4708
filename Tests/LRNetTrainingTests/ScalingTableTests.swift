import Foundation
import LRNetCollectives
import LRNetSupport
import LRNetTraining
import Testing

/// The table of predictions in the article Scaling.md is what `describe --per-node` prints.
@Suite struct ScalingTableTests {
    static let rankCounts = [64, 256, 1024, 4096]

    /// A network of the table: its recipe's keys, images per rank, and images per second of a rank.
    struct Case {
        var name, yaml: String
        var images: Int
        var microBatch: Int
        var imagesPerSecond: Double
    }

    /// One rank of 16 threads per machine computes as fast as 16 times one core, times 0.9.
    static let cases = [
        Case(
            name: "MNIST", yaml: "network: mnist", images: 512, microBatch: 32,
            imagesPerSecond: 16 * 0.9 * 905),
        Case(
            name: "ResNet-18", yaml: "network: resnet18", images: 64, microBatch: 4,
            imagesPerSecond: 16 * 0.9 * 7.9),
    ]

    private func text() throws -> String {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/LRNetTraining/LRNetTraining.docc/Scaling.md")
        return try String(contentsOf: article.standardized, encoding: .utf8)
    }

    /// Returns a row as the article has it.
    private func row(_ example: Case, ranks: Int) throws -> String {
        let recipe = try Recipe(
            yaml: """
                \(example.yaml)
                weights: ternary
                training: {globalBatch: \(example.images * ranks), gradientLeaves: \(16 * ranks), \
                microBatch: \(example.microBatch)}
                """, file: "recipe.yaml")
        let table = StepTable(
            recipe: recipe, groups: RankGroups(ranks: ranks, ranksPerMachine: 1),
            machines: StepForecast.Machines(
                imagesPerSecond: example.imagesPerSecond, linkRate: 10e9, latency: 20e-6))
        let forecast = try #require(table.forecast)
        func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", 1000 * seconds) }
        return "| "
            + [
                example.name, TextTable.grouped(ranks),
                TextTable.grouped(table.plan.traffic.messageCount),
                String(format: "%.1f MB", Double(table.plan.traffic.byteCount) / 1e6),
                milliseconds(forecast.computing), milliseconds(forecast.messaging),
                milliseconds(forecast.transfer), milliseconds(forecast.smallSums),
                milliseconds(forecast.step), String(format: "%.0f %%", 100 * forecast.efficiency),
            ].joined(separator: " | ") + " |"
    }

    @Test(arguments: cases.indices, rankCounts)
    func `a row of the article is what the program plans`(index: Int, ranks: Int) throws {
        let row = try row(Self.cases[index], ranks: ranks)
        #expect(try text().split(separator: "\n").contains(Substring(row)), "the row is \(row)")
    }

    /// The constants of a link under load that the article states: the part of the rate at which
    /// data pass, and the bytes in the queue that a small sum waits for.
    private static let (share, queuedBytes) = (0.895, 294e3)

    /// Two cores compute 1,800 images per second in all.
    @Test func `planned steps between hosts are near those measured`() throws {
        let rows = try text().split(separator: "\n").filter { $0.contains(" Mbit/s | ") }
        #expect(rows.count == 15)
        for row in rows {
            let cells = row.split(separator: "|").map { cell in
                cell.split(separator: " ").compactMap {
                    Double($0.replacingOccurrences(of: ",", with: ""))
                }
            }
            let (hosts, ranksPerHost) = (Int(cells[0][0]), Int(cells[0][1]))
            let ranks = hosts * ranksPerHost
            let rate = cells[1][0] * 1e6
            let recipe = try Recipe(
                yaml: "{network: mnist, weights: ternary, training: {globalBatch: 256}}",
                file: "recipe.yaml")
            let table = StepTable(
                recipe: recipe,
                groups: RankGroups(ranks: ranks, ranksPerMachine: ranksPerHost),
                machines: StepForecast.Machines(
                    imagesPerSecond: 1800 / Double(ranks), linkRate: rate * Self.share,
                    latency: 8 * Self.queuedBytes / rate))
            let planned = try #require(table.forecast).step
            #expect(abs(planned - cells[3][0]) < 0.02 * planned, "\(row): \(planned)")
            #expect(abs(planned / cells[4][0] - 1) < 0.15, "\(row): \(planned)")
        }
    }

    @Test func `the planned efficiency is what the article promises`() throws {
        for (example, ranks) in [(Self.cases[0], 1024), (Self.cases[1], 4096)] {
            let row = try row(example, ranks: ranks)
            let percent = row.split(separator: " ").dropLast(2).last.flatMap { Int($0) }
            #expect(try #require(percent) >= 85, "\(row)")
        }
    }
}
