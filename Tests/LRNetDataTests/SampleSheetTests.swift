import LRNetData
import LRNetKernels
import Testing

@Suite struct SampleSheetTests {
    private func plain(_ height: Int, _ width: Int, _ channels: Int, _ value: UInt8) -> PixelImage {
        PixelImage(
            height: height, width: width, channels: channels,
            pixels: [UInt8](repeating: value, count: height * width * channels))
    }

    @Test func `a sample sheet shows images and labels in a grid`() throws {
        let cells = [
            SampleSheet.Cell(image: plain(30, 40, 3, 200), label: "Cat"),
            SampleSheet.Cell(image: plain(512, 256, 1, 100), label: "a long label of a tall class"),
            SampleSheet.Cell(image: plain(10, 10, 2, 60), label: "7"),
        ]
        let sheet = SampleSheet.image(cells, columns: 2)
        // Cells are 80 wide (40, doubled) and 128 high (512, reduced); a label has 15 rows.
        #expect(sheet.width == 2 * 84 + 4)
        #expect(sheet.height == 2 * (128 + 15) + 4)
        func value(_ row: Int, _ column: Int) -> UInt8 {
            sheet.pixels[(row * sheet.width + column) * 3]
        }
        #expect(value(4, 4) == 200 && value(63, 83) == 200 && value(64, 84) == 32)
        #expect(value(4, 88) == 100 && value(131, 151) == 100 && value(131, 152) == 32)
        #expect(value(4 + 143, 4) == 60 && value(4 + 143 + 19, 23) == 60)
        // The letter C has five columns, and its upper corners are empty.
        let top = 4 + 128 + 2
        #expect(value(top, 4) == 32 && value(top, 5) == 235 && value(top + 1, 4) == 235)
        // A lower-case a is not as tall.
        #expect(value(top, 11) == 32 && value(top + 1, 11) == 32 && value(top + 2, 11) == 235)
        let decoded = try ImageDecoder().decode(SampleSheet.png(cells, columns: 2)[...])
        #expect(decoded.image == sheet)
    }
}
