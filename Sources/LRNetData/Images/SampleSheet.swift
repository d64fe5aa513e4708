import LRNetKernels

/// A sheet of pictures with their labels, for people: every picture in a cell of one size, its
/// class below it.
package enum SampleSheet {
    /// One cell.
    package struct Cell: Sendable {
        /// The picture, of one channel (gray) or three; of other numbers the mean is shown.
        package var image: PixelImage

        /// What stands below it.
        package var label: String

        /// Names a picture and its label.
        package init(image: PixelImage, label: String) {
            self.image = image
            self.label = label
        }
    }

    /// The longer side of a picture on the sheet, at most; small pictures are enlarged by a whole
    /// number, so that their pixels stay seen.
    package static let cellSide = 128

    private static let gap = 4
    private static let background: UInt8 = 32
    private static let ink: UInt8 = 235

    /// The sheet as a PNG file.
    ///
    /// - Parameter columns: Pictures in a row.
    /// - Precondition: There is a cell, and `columns` is positive.
    package static func png(_ cells: [Cell], columns: Int) -> [UInt8] {
        PNGCodec.encode(image(cells, columns: columns))
    }

    /// The sheet as pixels.
    ///
    /// - Precondition: As ``png(_:columns:)``.
    package static func image(_ cells: [Cell], columns: Int) -> PixelImage {
        precondition(!cells.isEmpty && columns > 0, "\(cells.count) cells, \(columns) columns")
        let pictures = cells.map { fitted(coloured($0.image)) }
        let cellWidth = pictures.map(\.width).max() ?? 1
        let cellHeight = pictures.map(\.height).max() ?? 1
        let stepX = cellWidth + gap
        let stepY = cellHeight + BitmapFont.height + 2 * gap
        let rows = (cells.count + columns - 1) / columns
        let width = min(columns, cells.count) * stepX + gap
        let height = rows * stepY + gap
        var sheet = [UInt8](repeating: background, count: height * width * 3)
        for (number, picture) in pictures.enumerated() {
            let left = number % columns * stepX + gap
            let top = number / columns * stepY + gap
            for row in 0..<picture.height {
                let first = ((top + row) * width + left) * 3
                let source = row * picture.width * 3
                sheet.replaceSubrange(
                    first..<first + picture.width * 3,
                    with: picture.pixels[source..<source + picture.width * 3])
            }
            let textTop = top + cellHeight + gap / 2
            let letters = max(1, (cellWidth + 1) / BitmapFont.advance)
            BitmapFont.draw(String(cells[number].label.prefix(letters))) { row, column in
                guard left + column < width else { return }
                let first = ((textTop + row) * width + left + column) * 3
                for channel in 0..<3 { sheet[first + channel] = ink }
            }
        }
        return PixelImage(height: height, width: width, channels: 3, pixels: sheet)
    }

    /// The picture in three channels.
    private static func coloured(_ image: PixelImage) -> PixelImage {
        if image.channels == 3 { return image }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(image.height * image.width * 3)
        for first in stride(from: 0, to: image.pixels.count, by: image.channels) {
            let sum = image.pixels[first..<first + image.channels].reduce(0) { $0 + Int($1) }
            pixels += [UInt8](repeating: UInt8(sum / image.channels), count: 3)
        }
        return PixelImage(height: image.height, width: image.width, channels: 3, pixels: pixels)
    }

    /// The picture with a longer side of at most ``cellSide``.
    private static func fitted(_ image: PixelImage) -> PixelImage {
        let longer = max(image.height, image.width)
        if longer > cellSide {
            return image.resized(
                height: max(1, image.height * cellSide / longer),
                width: max(1, image.width * cellSide / longer))
        }
        let factor = max(1, min(2, cellSide / longer))
        return factor == 1 ? image : repeated(image, factor)
    }

    /// Every pixel as a square of `factor` x `factor`.
    private static func repeated(_ image: PixelImage, _ factor: Int) -> PixelImage {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(image.pixels.count * factor * factor)
        for row in 0..<image.height * factor {
            for column in 0..<image.width * factor {
                let source = (row / factor * image.width + column / factor) * image.channels
                pixels += image.pixels[source..<source + image.channels]
            }
        }
        return PixelImage(
            height: image.height * factor, width: image.width * factor, channels: image.channels,
            pixels: pixels)
    }
}
