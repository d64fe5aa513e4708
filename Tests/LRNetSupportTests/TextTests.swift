import Foundation
import LRNetSupport
import Testing

@Suite struct TextTests {
    @Test func `a table aligns numbers to the right and words to the left`() {
        var table = TextTable(["split", "images", "note"])
        table.append(["train", "55,000", "a"])
        table.append(["validation", "-", ""])
        #expect(
            table.lines == [
                "split       images  note", "train       55,000  a", "validation       -",
            ])
    }

    @Test func `thousands are separated by commas`() {
        #expect(
            [0, 7, 999, 1_000, 55_000, -1_234_567].map(TextTable.grouped)
                == ["0", "7", "999", "1,000", "55,000", "-1,234,567"])
    }

    /// A record of what a bar printed, with a clock that the test sets.
    private final class Console: @unchecked Sendable {
        var now = 0.0
        var texts: [String] = []

        var columns = 120

        func bar(_ style: ProgressBar.Style, total: Int, done: Int = 0) -> ProgressBar {
            ProgressBar(
                "reading", total: total, unit: "images", done: done, style: style,
                output: { self.texts.append($0) }, clock: { self.now },
                columns: { self.columns })
        }

        /// The text of the line after the last update.
        var line: String {
            (texts.last ?? "").replacing("\r", with: "").replacing("\u{1B}[K", with: "")
        }
    }

    @Test func `a terminal bar is redrawn ten times a second and cleared`() {
        let console = Console()
        let bar = console.bar(.terminal, total: 1_000)
        for _ in 0..<1_000 {
            console.now += 0.001
            bar.advance()
        }
        #expect((9...10).contains(console.texts.count))
        let last = console.texts.last ?? ""
        #expect(last.hasPrefix("\rreading [") && last.contains("1,000 images/s"))
        bar.finish()
        bar.finish()
        #expect(console.texts.last == "\r\u{1B}[K")
        #expect(console.texts.count <= 11)
    }

    @Test func `a plain bar prints a line every ten seconds`() {
        let console = Console()
        let bar = console.bar(.plain, total: 400)
        for _ in 0..<25 {
            console.now += 1
            bar.advance(by: 10)
        }
        bar.finish()
        #expect(
            console.texts == [
                "reading  25% 100/400  10.0 images/s  0:30 left\n",
                "reading  50% 200/400  10.0 images/s  0:20 left\n",
            ])
    }

    @Test func `the bar of a task without items shows zero of zero`() {
        let console = Console()
        let bar = console.bar(.terminal, total: 0)
        console.now = 1
        bar.update(done: 0, note: "none")
        #expect(console.texts.last?.contains("0/0") == true)
    }

    /// The width is read at every update; the last column stays free.
    @Test(arguments: [
        (
            100,
            "reading [######..............]  33% 1,000/3,000  100 images/s  0:20 left  loss 0.1234"
        ),
        (80, "reading [######..............]  33% 1,000/3,000  100 images/s  0:20 left"),
        (60, "reading [######..............]  33% 1,000/3,000  0:20 left"),
        (50, "reading [###.......]  33% 1,000/3,000  0:20 left"),
        (40, "reading  33% 1,000/3,000  0:20 left"), (30, "reading  33% 1,000/3,000"),
        (12, "reading  33"), (1, ""),
    ])
    func `the line of a bar fits the width of the terminal`(columns: Int, line: String) {
        let console = Console()
        let bar = console.bar(.terminal, total: 3_000)
        console.now = 10
        console.columns = columns
        bar.update(done: 1_000, note: "loss 0.1234")
        #expect(console.line == line)
        #expect(console.line.count < columns)
    }

    @Test func `a slow task shows seconds per item`() {
        let console = Console()
        let bar = console.bar(.terminal, total: 10)
        console.now = 28.4
        bar.update(done: 2)
        #expect(console.line.contains("  14.2 s/image  1:54 left"))
    }

    @Test func `the rate counts only items since the resume`() {
        let console = Console()
        let bar = console.bar(.terminal, total: 1_000, done: 900)
        console.now = 10
        bar.update(done: 934)
        #expect(console.line.contains("934/1,000  3.4 images/s  0:20 left"), "\(console.line)")
    }

    @Test func `a pause clears the bar and does not lower the rate`() {
        let console = Console()
        let bar = console.bar(.terminal, total: 100)
        console.now = 10
        bar.update(done: 10)
        bar.pause()
        #expect(console.texts.last == "\r\u{1B}[K")
        console.now = 100
        bar.update(done: 10)
        bar.print("a line")
        #expect(console.texts.last == "a line\n")
        console.now = 110
        bar.resume()
        #expect(console.line.contains("10/100  1.0 images/s  1:30 left"), "\(console.line)")
    }
}
