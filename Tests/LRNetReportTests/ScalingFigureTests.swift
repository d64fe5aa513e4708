import Foundation
import LRNetReport
import LRNetSupport
import Testing

/// The figure of the article Scaling.md, drawn from its table.
///
/// `LRNET_WRITE_FIGURES=1 launch/test.sh --filter ScalingFigureTests` writes it.
@Suite struct ScalingFigureTests {
    /// A row of the table of predictions.
    struct Row {
        var network: String
        var ranks, messages, megabytes, statisticsMegabytes, computing, step: Double

        /// Milliseconds that bytes take on the table's links of 10 Gbit/s.
        static func milliseconds(_ megabytes: Double) -> Double { megabytes * 8 / 10 }

        /// Milliseconds that the messages take, at the 5 us that the article assumes.
        var messageTime: Double { messages * 0.005 }
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
            guard cells.count == 8 else { return nil }
            let values = cells.compactMap { cell in
                cell.split(separator: " ").first.flatMap { Double($0.replacing(",", with: "")) }
            }
            guard values.count == 7 else { return nil }
            return Row(
                network: cells[0], ranks: values[0], messages: values[1], megabytes: values[2],
                statisticsMegabytes: values[3], computing: values[4], step: values[5])
        }
    }

    @Test func `the step times of the table follow the formula of the model`() throws {
        let rows = try rows()
        #expect(rows.count == 8)
        for row in rows {
            let step =
                max(row.computing + row.messageTime, Row.milliseconds(row.megabytes))
                + Row.milliseconds(row.statisticsMegabytes)
            // The table has whole milliseconds and megabytes.
            #expect(abs(step - row.step) < 1.5, "\(row)")
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
            ("batch norm", .series(1), { Row.milliseconds($0.statisticsMegabytes) }),
            ("messages", .series(2), \.messageTime),
            ("bytes", .series(3), { Row.milliseconds($0.megabytes) }),
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
            summary: "A step's milliseconds and its parts by ranks; messages overtake computing "
                + "beyond about a thousand ranks.",
            x: Axis(label: "ranks", range: 64...4096, kind: .logarithmic),
            y: Axis(
                label: "ms", fitting: rows.flatMap { row in parts.map { $0.value(row) } },
                kind: .logarithmic), lines)
        chart.size = (width: 430, height: 300)
        return chart
    }
}
