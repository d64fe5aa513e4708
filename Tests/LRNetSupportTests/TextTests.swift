import Foundation
import LRNetSupport
import Testing

@Suite struct TextTests {
    @Test func tableAlignsNumbersRight() {
        var table = TextTable(["split", "images", "note"])
        table.append(["train", "55,000", "a"])
        table.append(["validation", "-", ""])
        #expect(
            table.lines == [
                "split       images  note", "train       55,000  a", "validation       -",
            ])
    }

    @Test func groupsThousands() {
        #expect(
            [0, 7, 999, 1_000, 55_000, -1_234_567].map(TextTable.grouped)
                == ["0", "7", "999", "1,000", "55,000", "-1,234,567"])
    }

    /// What a bar printed, and a clock that the test sets.
    private final class Console: @unchecked Sendable {
        var now = 0.0
        var texts: [String] = []

        func bar(_ style: ProgressBar.Style, total: Int) -> ProgressBar {
            ProgressBar(
                "reading", total: total, unit: "images", style: style,
                output: { self.texts.append($0) }, clock: { self.now })
        }
    }

    @Test func terminalBarIsRedrawnTenTimesASecondAndCleared() {
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

    @Test func plainBarSpeaksEveryTenSeconds() {
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

    @Test func emptyTaskShowsNothingOdd() {
        let console = Console()
        let bar = console.bar(.terminal, total: 0)
        console.now = 1
        bar.update(done: 0, note: "none")
        #expect(console.texts.last?.contains("0/0") == true)
    }
}
