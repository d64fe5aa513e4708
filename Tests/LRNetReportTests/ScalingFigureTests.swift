import Foundation
import LRNetReport
import LRNetSupport
import Testing

/// The figure of the article Scaling.md, drawn from its table.
///
/// `LRNET_WRITE_FIGURES=1 launch/test.sh --filter ScalingFigureTests` writes it.
@Suite struct ScalingFigureTests {
    /// A row of the table of predictions; times are in milliseconds.
    struct Row {
        var network: String
        var ranks, messages, megabytes, computing, messaging, transfer, smallSums, step: Double
        var efficiency: Double
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/LRNetTraining/LRNetTraining.docc").standardized

    private func rows() throws -> [Row] {
        let text = try String(
            contentsOf: Self.folder.appending(path: "Scaling.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { cell in
                cell.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 10 else { return nil }
            let values = cells.compactMap { cell in
                cell.split(separator: " ").first.flatMap { Double($0.replacing(",", with: "")) }
            }
            guard values.count == 9 else { return nil }
            return Row(
                network: cells[0], ranks: values[0], messages: values[1], megabytes: values[2],
                computing: values[3], messaging: values[4], transfer: values[5],
                smallSums: values[6], step: values[7], efficiency: values[8])
        }
    }

    @Test func `the step times of the table follow the formula of the model`() throws {
        let rows = try rows()
        #expect(rows.count == 8)
        for row in rows {
            let step = max(row.computing + row.messaging, row.transfer) + row.smallSums
            // The table has tenths of milliseconds and whole percents.
            #expect(abs(step - row.step) < 0.21, "\(row)")
            #expect(abs(100 * row.computing / row.step - row.efficiency) < 0.7, "\(row)")
        }
    }

    @Test func `the stored figure shows the values of the table`() throws {
        let rows = try rows()
        let panels = ["MNIST", "ResNet-18"].map { name in
            panel(name, rows.filter { $0.network == name })
        }
        let figure = Figure(
            name: "scaling", title: "What a step takes by the model, 64 to 4,096 ranks",
            caption: "", panels: panels)
        let path = Self.folder.appending(path: "scaling.svg").path
        if ProcessInfo.processInfo.environment["LRNET_WRITE_FIGURES"] != nil {
            try AtomicFile.write(figure.file, to: path)
        }
        let drawn = String(decoding: try FileBytes.read(path), as: UTF8.self)
        #expect(
            drawn == figure.file,
            "LRNET_WRITE_FIGURES=1 launch/test.sh --filter ScalingFigureTests draws it again")
        #expect(drawn.utf8.count < 30_000)
    }

    private func panel(_ network: String, _ rows: [Row]) -> Chart {
        let parts: [(name: String, ink: ChartColor, value: (Row) -> Double)] = [
            ("step", .series(0), \.step),
            ("bytes", .series(3), \.transfer),
            ("messages", .series(2), \.messaging),
            ("small sums", .series(1), \.smallSums),
            ("computing", .neutral, \.computing),
        ]
        let lines = parts.map { part in
            Chart.Mark.line(
                .init(
                    part.name, rows.map { ($0.ranks, part.value($0)) }, part.ink,
                    isDashed: part.ink == .neutral, hasPoints: part.ink != .neutral))
        }
        var chart = Chart(
            title: network,
            summary:
                "A step's milliseconds and its parts by ranks; computing is nearly all of it up "
                + "to 4,096 ranks.",
            x: Axis(label: "ranks", range: 64...4096, kind: .logarithmic),
            y: Axis(
                label: "ms", fitting: rows.flatMap { row in parts.map { $0.value(row) } },
                kind: .logarithmic), lines)
        chart.size = (width: 430, height: 300)
        return chart
    }
}
