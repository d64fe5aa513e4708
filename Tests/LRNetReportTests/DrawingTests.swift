import Foundation
import LRNetReport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The elements, attributes and text that an XML parser finds in a source.
final class Parsed: NSObject, XMLParserDelegate {
    private(set) var names: [String] = []
    private(set) var text = ""
    private(set) var attributes: [String: [String]] = [:]
    private(set) var isWellFormed = false
    private(set) var complaint = ""

    init(_ source: String) {
        super.init()
        let parser = XMLParser(data: Data(source.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
        complaint = parser.parserError.map { "\($0)" } ?? ""
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        names.append(name)
        for (key, value) in attributes { self.attributes[key, default: []].append(value) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

@Suite struct DrawingTests {
    static let nasty = "<script>alert('1')</script> & \"x\" \u{1}]]>"

    private func chart(_ marks: [Chart.Mark]) -> Chart {
        Chart(
            title: Self.nasty, summary: Self.nasty, x: Axis(label: Self.nasty, range: 0...10),
            y: Axis(label: "y", range: 0...1), marks)
    }

    private func source(_ panel: any Panel) -> String {
        Markup("svg", [("xmlns", "http://www.w3.org/2000/svg")], panel.draw()).source
    }

    @Test func `text and attributes are escaped`() {
        let parsed = Parsed(Markup("p", [("title", Self.nasty)], text: Self.nasty).source)
        #expect(parsed.isWellFormed, "\(parsed.complaint)")
        #expect(parsed.names == ["p"])
        // The one character that XML does not allow is left out.
        #expect(parsed.text == Self.nasty.replacing("\u{1}", with: ""))
        #expect(parsed.attributes["title"] == [parsed.text])
    }

    @Test func `a chart of any marks is well-formed XML`() {
        let lines: [Chart.Mark] = [
            .line(.init(Self.nasty, [(0, 0), (5, .nan), (10, 1)], .series(0), hasPoints: true)),
            .line(.init("", [], .series(1))),
            .line(.init("one point", [(3, 0.5)], .neutral, isDashed: true)),
            .line(.init("outside", [(-5, 7), (50, .infinity)], .ordered(3, of: 5))),
            .bars(.init(edges: [0, 1, 2], heights: [0.5, .nan], .series(2))),
            .points(.init([(1, 1), (.nan, 0)], .series(9))),
        ]
        for marks in [[], lines] {
            let parsed = Parsed(source(chart(marks)))
            #expect(parsed.isWellFormed, "\(parsed.complaint)")
            #expect(!parsed.names.contains("script"))
            #expect(parsed.attributes["d"]?.contains { $0.contains("nan") } != true)
        }
        // The paths are three lines, a dash at each of their names, and a bar. The circles are two
        // ends of a broken line, a line of one point, and a single point.
        let parsed = Parsed(source(chart(lines)))
        #expect(parsed.names.count { $0 == "path" } == 7)
        #expect(parsed.names.count { $0 == "circle" } == 4)
    }

    @Test func `the names at the ends of lines do not overlap`() throws {
        let lines = (0..<8).map { number in
            Chart.Mark.line(
                .init("layer \(number)", [(0, 0), (10, 0.5 + 0.001 * Double(number))], .series(0)))
        }
        let labels = chart(lines).draw().map(\.source).filter { $0.contains("direct") }
        let heights = try labels.map { label in
            let match = try #require(label.firstMatch(of: /y="([0-9.]+)"/))
            return try #require(Double(match.1))
        }
        #expect(heights.count == 8)
        for (a, b) in zip(heights.sorted(), heights.sorted().dropFirst()) { #expect(b - a >= 12.9) }
        #expect(heights.allSatisfy { $0 > 36 && $0 < 200 })
    }

    @Test func `all other panels are well-formed XML`() {
        let png = PNGImage.encode(width: 2, height: 1, channels: 1, pixels: [0, 255])
        let panels: [any Panel] = [
            StackedBars(
                title: "", summary: "", axis: Axis(label: "ms", range: 0...10),
                inks: [.series(0), .neutral], [.init(Self.nasty, [3, 4]), .init("", [0, 0])]),
            CategoryBars(
                title: "", summary: "", categories: (0..<1000).map { "\($0)" }, label: "class",
                axis: Axis(label: "%", range: 0...1),
                [.init("a", (0..<1000).map { Double($0) / 1000 }, .series(0))]),
            TileGrid(
                title: "", summary: "", columns: 2,
                [
                    .init(width: 2, levels: [[0], [0.5], [1], [2]]),
                    .init(width: 1, levels: [[0, 1, 0]]),
                ]),
            ImageGrid(
                title: "", summary: "", columns: 3, [.init(png: png, lines: [Self.nasty, "2"])]),
        ]
        for panel in panels {
            let parsed = Parsed(source(panel))
            #expect(parsed.isWellFormed, "\(parsed.complaint)")
            #expect(panel.size.width > 0 && panel.size.height > 0)
        }
        let tiles = Parsed(source(panels[2]))
        let colors = tiles.attributes["fill"] ?? []
        #expect(colors == ["#000000", "#808080", "#ffffff", "#00ff00"])
        // Parts of length 0 are left out.
        #expect(Parsed(source(panels[0])).names.count { $0 == "rect" } == 2)
    }

    @Test func `checksums match their published check values`() {
        let digits = Array("123456789".utf8)
        #expect(Checksum.crc32(digits) == 0xCBF4_3926)
        #expect(Checksum.crc32c(digits) == 0xE306_9283)
        #expect(Checksum.adler32(Array("Wikipedia".utf8)) == 0x11E6_0398)
    }

    @Test func `the wire format matches the Protocol Buffers guide`() {
        var message = WireFormat()
        message.integer(1, 150)
        message.string(2, "testing")
        message.message(3) { $0.integer(1, 150) }
        message.float(4, 1)
        message.doubles(6, [])
        message.integer(1, -1)
        #expect(
            message.bytes == [
                0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67, 0x1A, 0x03,
                0x08, 0x96, 0x01, 0x25, 0, 0, 0x80, 0x3F, 0x32, 0, 0x08, 0xFF, 0xFF, 0xFF, 0xFF,
                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01,
            ])
    }

    @Test func `runs get short labels that tell them apart`() {
        #expect(
            ReportRun.labels(["mnist-ternary-short", "mnist-binary-short", "mnist-twn-short"])
                == ["ternary", "binary", "twn"])
        #expect(ReportRun.labels(["mnist-ternary"]) == ["mnist-ternary"])
        #expect(ReportRun.labels(["a", "a"]) == ["a 1", "a 2"])
        #expect(ReportRun.labels(["runs/a", "runs/a"]) == ["a 1", "a 2"])
        #expect(
            ReportRun.labels(["c/full-precision/seed-1", "c/binary/seed-1"])
                == ["full-precision", "binary"])
        #expect(
            ReportRun.labels(["c/ttq/seed-1", "c/ttq/seed-2", "c/twn/seed-1"])
                == ["ttq/seed-1", "ttq/seed-2", "twn/seed-1"])
        #expect(
            ReportRun.labels(["mnist-ternary", "mnist-ternary-b"]) == ["ternary", "ternary-b"])
        #expect(ReportRun.labels(["x-1", "y"]) == ["x-1", "y"])
        // A seed or a number alone could belong to any run.
        #expect(ReportRun.labels(["runs/ternary/seed-1"]) == ["ternary/seed-1"])
        #expect(
            ReportRun.labels(["c/ternary/seed-1", "c/ternary/seed-2"])
                == ["ternary/seed-1", "ternary/seed-2"])
        #expect(ReportRun.labels(["c/ternary/seed-1", "runs/fp"]) == ["ternary/seed-1", "fp"])
        #expect(ReportRun.labels(["digits-1", "digits-2"]) == ["digits-1", "digits-2"])
        #expect(ReportRun.labels(["mnist/run", "cifar/run"]) == ["mnist", "cifar"])
    }
}
