import Foundation
import LRNetReport
import LRNetTraining
import Testing

@Suite struct ReportPageTests {
    private static let cifar = String(repeating: "c", count: 64)

    /// Returns the page without the characters that keep words on one line.
    private func text(_ report: Report) -> String {
        report.html.replacing("\u{A0}", with: " ").replacing("\u{2060}", with: "")
    }

    private func cells(_ html: String, _ row: String) -> [String] {
        guard let start = html.range(of: ">\(row)</th>") else { return [] }
        let line = html[start.upperBound...].prefix { $0 != "\n" }
        return line.matches(of: /<td[^>]*>([^<]*)<\/td>/).map { String($0.1) }
    }

    // MARK: The lead

    @Test func `the lead describes the discrete network and its reference`() throws {
        let html = text(
            try RunFixture.report([
                ("full-precision", RunFixture(method: "full-precision", wrong: 1, testWrong: 11)),
                ("ternary", RunFixture()),
            ]))
        #expect(
            html.contains(
                "On digits, the ternary network misclassifies 0.50 % of the validation images (3 of "
                    + "600 wrong; 95 % interval 0.17–1.46 %) and 1.25 % of the test images (25 of "
                    + "2,000 wrong; 95 % interval 0.85–1.84 %). The full-precision reference "
                    + "misclassifies 0.17 % and 0.55 %."))
        #expect(!html.contains("standard error") && !html.contains("for another class"))
    }

    @Test func `the lead names a lone reference or the best network`() throws {
        let one = text(
            try RunFixture.report([("fp", RunFixture(method: "full-precision", wrong: 0))]))
        #expect(
            one.contains("On digits, the full-precision network of run fp misclassifies 0.00 %"))
        #expect(one.contains("(0 of 600 wrong; 95 % interval 0–0.64 %)"))
        let several = text(
            try RunFixture.report([
                ("a", RunFixture(wrong: 5)), ("b", RunFixture(method: "binary", wrong: 4)),
            ]))
        #expect(several.contains("the best of 2 discrete networks, binary run b, misclassifies"))
        #expect(!several.contains("reference misclassifies"))
    }

    // MARK: Several data sets

    @Test func `runs of different data sets are reported separately`() throws {
        let report = try RunFixture.report([
            ("d1", RunFixture(wrong: 3)),
            ("c1", RunFixture(data: "cifar10", fingerprint: Self.cifar, wrong: 120)),
            ("d2", RunFixture(method: "binary", wrong: 6, testWrong: 0)),
        ])
        let html = text(report)
        #expect(html.contains("Training report: 3 runs on 2 data sets"))
        #expect(html.contains("On digits, the best of 2 discrete networks, ternary run d1,"))
        #expect(html.contains("On cifar10, the ternary network of run c1 misclassifies 20.00 %"))
        // Runs of the same set are adjacent.
        #expect(report.runs.map(\.label) == ["d1", "d2", "c1"])
        #expect(report.runs.map(\.dataSet) == ["digits", "digits", "cifar10"])
        #expect(cells(html, "c1").first == "cifar10")
        // Each panel of curves or methods shows one set.
        let titles = report.figures.map { figure in (figure.name, figure.panels.map(\.title)) }
        let methods = titles.first { $0.0 == "methods" }?.1 ?? []
        #expect(methods.count == 2 && methods.allSatisfy { $0.hasPrefix("digits: ") }, "\(methods)")
        let curves = titles.first { $0.0 == "curves" }?.1 ?? []
        #expect(curves.count { $0.hasPrefix("cifar10: ") } == 4 && curves.count == 8, "\(curves)")
        // No test image is wrong, so another run of the set provides the number of test images.
        #expect(cells(html, "d2")[4] == "0.00 %" && cells(html, "d2")[5] == "0–0.19 %")
    }

    @Test func `data sets get unambiguous names`() {
        let (a, b) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        func names(_ traces: [(String?, String?)]) -> [String?] {
            ReportRun.dataSetNames(traces.map { DataSetTrace(name: $0.0, fingerprint: $0.1) })
        }
        #expect(
            names([("digits", a), ("copy", a), ("digits", nil)]) == ["digits", "digits", "digits"])
        #expect(
            names([("digits", a), ("digits", b)]) == ["digits (aaaaaaaa)", "digits (bbbbbbbb)"])
        #expect(names([(nil, a), (nil, nil), ("x", nil)]) == ["data set aaaaaaaa", nil, "x"])
        // Without a fingerprint, it could be either set.
        #expect(
            names([("digits", a), ("digits", b), ("digits", nil)])[2] == "digits (unknown)")
    }

    // MARK: Axes and layout

    @Test func `axes end at the last epoch and name their scale`() throws {
        let report = try RunFixture.report([
            ("a", RunFixture(epochs: 16)), ("b", RunFixture(epochs: 7)),
        ])
        let charts = report.figures.filter { ["curves", "methods"].contains($0.name) }
            .flatMap(\.panels).compactMap { $0 as? Chart }
        #expect(charts.count == 6)
        for chart in charts {
            #expect(chart.x.range == 0...16)
            #expect(chart.x.ticks.last == 16)
            #expect((chart.y.kind == .logarithmic) == chart.y.label.hasSuffix("log scale"))
        }
        #expect(charts.contains { $0.y.label == "cross-entropy, nats, log scale" })
    }

    @Test func `captions name panels by title and not by position`() throws {
        let report = try RunFixture.report([
            ("a", RunFixture()), ("b", RunFixture(method: "binary", wrong: 4)),
        ])
        for figure in report.figures {
            for word in ["left", "right", "above"] {
                #expect(!figure.caption.lowercased().contains(word), "\(figure.name): \(word)")
            }
        }
        let methods = try #require(report.figures.first { $0.name == "methods" })
        for panel in methods.panels { #expect(methods.caption.contains("“\(panel.title)”")) }
    }

    @Test func `every narrow chart also has a wide version`() throws {
        let report = try RunFixture.report([("a", RunFixture()), ("b", RunFixture())])
        let parsed = Parsed(
            String(report.html.dropFirst("<!DOCTYPE html>\n".count)).replacing(
                /<meta[^>]*>/, with: ""))
        #expect(parsed.isWellFormed, "\(parsed.complaint)")
        let classes = parsed.attributes["class"] ?? []
        #expect(classes.contains("chart wide"))
        #expect(classes.count { $0 == "chart wide" } == classes.count { $0 == "chart narrow" })
        let names = parsed.attributes["id"] ?? []
        #expect(Set(names).count == names.count)
        let boxes = Set(parsed.attributes["viewBox"] ?? [])
        #expect(boxes.contains { $0.hasPrefix("0 0 580 ") }, "\(boxes)")
    }

    @Test func `more runs than colors are distinguished by dashes`() throws {
        let report = try RunFixture.report(
            (1...9).map { ("run \($0) of nine", RunFixture(wrong: $0, seed: $0)) })
        let curves = try #require(report.figures.first { $0.name == "curves" })
        // There are seven colors.
        #expect(curves.legend.map(\.isDashed) == (0..<9).map { $0 >= 7 })
        let dashed = (curves.panels[0] as? Chart)?.marks.map { mark in
            if case .line(let line) = mark { line.isDashed } else { false }
        }
        #expect(dashed == curves.legend.map(\.isDashed))
        // With so many runs, the table of recipes has a row per run.
        #expect(text(report).contains("training.\u{200B}seed</th>"))
    }

    @Test func `panels widen to the requested width, except image grids`() throws {
        let axis = Axis(label: "", range: 0...1)
        let chart = try #require(
            Chart(title: "", summary: "", x: axis, y: axis, []).widened(to: 760))
        #expect(chart.size.width == 760 && chart.size.height < 232 * 2)
        let tiles = TileGrid(
            title: "", summary: "", columns: 5,
            Array(repeating: TileGrid.Tile(width: 1, levels: [[0]]), count: 25))
        let wide = try #require(tiles.widened(to: 580) as? TileGrid)
        #expect(wide.columns == 9 && wide.size.width <= 580)
        let bars = StackedBars(title: "", summary: "", axis: axis, inks: [], [])
        #expect(bars.widened(to: 760)?.size.width == 760)
        // Images are scaled instead, because the page would contain them twice.
        #expect(ImageGrid(title: "", summary: "", columns: 4, []).widened(to: 580) == nil)
    }

    // MARK: Tables

    @Test func `table cells that contain text have the class of text`() throws {
        let html = text(try RunFixture.report([("a", RunFixture())]))
        #expect(html.contains("<th scope=\"col\" class=\"text\">method</th>"))
        #expect(html.contains("<td class=\"text\">ternary</td>"))
        #expect(html.contains("<th scope=\"col\">epochs</th>") && html.contains("<td>16</td>"))
        #expect(!html.contains("16.0"))
    }

    @Test func `the table shows training time and file size`() throws {
        let html = text(
            try RunFixture.report([
                ("old", RunFixture()),
                ("new", RunFixture(moreResults: #","seconds":5400,"winnerBytes":12345678"#)),
                ("bare", RunFixture(hasWinner: false)),
            ]))
        // The run has 16 records of 10 s and a validation of 20 s. The file has 800 bytes, 200
        // numbers and a header.
        let old = cells(html, "old")
        #expect(old.contains("3 min") && old.contains { $0.hasSuffix(" kB") }, "\(old)")
        // 800 weights have 1.6 bits and 200 have 32.
        #expect(old.contains("7.68"), "\(old)")
        let new = cells(html, "new")
        #expect(new.contains("1 h 30 min") && new.contains("12 MB"), "\(new)")
        #expect(cells(html, "bare").count { $0 == "–" } == 2, "\(cells(html, "bare"))")
    }

    @Test func `the report shows machine, software versions and date`() throws {
        let html = text(try RunFixture.report([("a", RunFixture())]))
        for cell in [
            "2026-11-28 21:07 UTC", "2 × 1", "Xeon, 2 cores", "Swift 6.3", "Open MPI v4.1.4",
            "OpenBLAS 0.3.21, SkylakeX", "1.10.8",
        ] {
            #expect(html.contains(">\(cell)</td>"), "\(cell)")
        }
        #expect(html.contains("<details>") && html.contains("globalBatch: 256"))
    }

    @Test func `the table of recipes lists exactly the keys that differ`() throws {
        func recipe(_ overrides: [String]) throws -> Recipe {
            try Recipe(yaml: "network: mnist", file: "recipe", overrides: overrides)
        }
        let rows = RecipeTable.differences([
            try recipe([]), try recipe(["training.seed=2"]),
            try recipe(["training.seed=1", "training.steps=50"]),
        ])
        #expect(rows.map(\.key) == ["training.seed", "training.steps"])
        #expect(rows[0].values == ["1", "2", "1"])
        // The keys have the order of the file, even if a later recipe adds an earlier section.
        let order = RecipeTable.differences([
            try recipe([]), try recipe(["training.seed=2"]), try recipe(["weights=binary"]),
        ])
        #expect(order.map(\.key) == ["weights.model", "training.seed"])
        #expect(rows[1].values == [nil, nil, "50"])
        #expect(RecipeTable.differences([try recipe([]), try recipe([])]).isEmpty)
        let html = text(
            try RunFixture.report([("a", RunFixture()), ("b", RunFixture(epochs: 7, seed: 5))]))
        #expect(cells(html, "training.seed") == ["1", "5"])
        #expect(cells(html, "training.epochs") == ["16", "7"])
        let equal = text(try RunFixture.report([("a", RunFixture()), ("b", RunFixture())]))
        #expect(equal.contains("All runs have the same recipe."))
    }
}
