import LRNetKernels

/// A contact sheet for people: cells of equal size, each with an image above its class.
package enum SampleSheet {
    /// A cell of the sheet.
    package struct Cell: Sendable {
        /// The image, with one channel (gray) or three. For any other number of channels, the sheet
        /// shows their mean.
        package var image: PixelImage

        /// The text below the image.
        package var label: String

        package init(image: PixelImage, label: String) {
            self.image = image
            self.label = label
        }
    }

    /// The maximum length of an image's longer side on the sheet, in pixels. Small images are
    /// enlarged by an integer factor of at most 2, so that their pixels stay visible.
    package static let cellSide = 128

    private static let gap = 4
    private static let background: UInt8 = 32
    private static let textColor: UInt8 = 235

    /// Returns the sheet as a PNG file.
    ///
    /// - Parameter columns: The number of images in a row.
    /// - Precondition: There is at least one cell, and `columns` is positive.
    package static func png(_ cells: [Cell], columns: Int) -> [UInt8] {
        PNGCodec.encode(image(cells, columns: columns))
    }

    /// Returns the sheet as pixels.
    ///
    /// - Precondition: Same as for ``png(_:columns:)``.
    package static func image(_ cells: [Cell], columns: Int) -> PixelImage {
        precondition(!cells.isEmpty && columns > 0, "\(cells.count) cells, \(columns) columns")
        let images = cells.map { fitted(inThreeChannels($0.image)) }
        let cellWidth = images.map(\.width).max() ?? 1
        let cellHeight = images.map(\.height).max() ?? 1
        let stepX = cellWidth + gap
        let stepY = cellHeight + BitmapFont.height + 2 * gap
        let rows = (cells.count + columns - 1) / columns
        let width = min(columns, cells.count) * stepX + gap
        let height = rows * stepY + gap
        var sheet = [UInt8](repeating: background, count: height * width * 3)
        for (number, image) in images.enumerated() {
            let left = number % columns * stepX + gap
            let top = number / columns * stepY + gap
            for row in 0..<image.height {
                let first = ((top + row) * width + left) * 3
                let source = row * image.width * 3
                sheet.replaceSubrange(
                    first..<first + image.width * 3,
                    with: image.pixels[source..<source + image.width * 3])
            }
            let textTop = top + cellHeight + gap / 2
            let letters = max(1, (cellWidth + 1) / BitmapFont.advance)
            BitmapFont.draw(String(cells[number].label.prefix(letters))) { row, column in
                guard left + column < width else { return }
                let first = ((textTop + row) * width + left + column) * 3
                for channel in 0..<3 { sheet[first + channel] = textColor }
            }
        }
        return PixelImage(height: height, width: width, channels: 3, pixels: sheet)
    }

    /// Returns the image in three channels.
    private static func inThreeChannels(_ image: PixelImage) -> PixelImage {
        if image.channels == 3 { return image }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(image.height * image.width * 3)
        for first in stride(from: 0, to: image.pixels.count, by: image.channels) {
            let sum = image.pixels[first..<first + image.channels].reduce(0) { $0 + Int($1) }
            pixels += [UInt8](repeating: UInt8(sum / image.channels), count: 3)
        }
        return PixelImage(height: image.height, width: image.width, channels: 3, pixels: pixels)
    }

    /// Returns the image with its longer side at most ``cellSide`` pixels.
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

    /// Returns the image with every pixel repeated `factor` x `factor` times.
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
