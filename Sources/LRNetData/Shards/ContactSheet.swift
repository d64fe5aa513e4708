import LRNetKernels

/// Samples shown to people: a gray sheet of many images, and block characters for a terminal.
package enum ContactSheet {
    /// Returns a sheet in the PGM format (binary, 8 bits): images row by row with a gap of one
    /// pixel.
    ///
    /// Images of several channels are shown by the mean of their channels.
    ///
    /// - Parameter columns: The number of images in a row.
    /// - Precondition: `columns` is positive.
    package static func pgm(_ images: LabeledImages, columns: Int) -> [UInt8] {
        precondition(columns > 0, "\(columns) columns")
        let shape = images.shape
        let rows = (images.count + columns - 1) / columns
        let width = columns * (shape.width + 1) + 1
        let height = rows * (shape.height + 1) + 1
        var sheet = [UInt8](repeating: 96, count: width * height)
        for number in 0..<images.count {
            let left = number % columns * (shape.width + 1) + 1
            let top = number / columns * (shape.height + 1) + 1
            for row in 0..<shape.height {
                for column in 0..<shape.width {
                    sheet[(top + row) * width + left + column] = gray(
                        images, number, row, column)
                }
            }
        }
        return Array("P5\n\(width) \(height)\n255\n".utf8) + sheet
    }

    /// Returns lines of half blocks in 24 grays of the 256-color palette. One character shows two
    /// pixels, one above the other. Labels are above the images.
    package static func terminalLines(_ images: LabeledImages) -> [String] {
        let shape = images.shape
        var lines = [""]
        for label in images.labels {
            let text = "\(label)"
            let blanks = String(repeating: " ", count: max(0, shape.width + 1 - text.count))
            lines[0] += text + blanks
        }
        for row in stride(from: 0, to: shape.height, by: 2) {
            var line = ""
            for number in 0..<images.count {
                for column in 0..<shape.width {
                    let upper = palette(gray(images, number, row, column))
                    let isLast = row + 1 == shape.height
                    let lower = isLast ? 232 : palette(gray(images, number, row + 1, column))
                    line += "\u{1B}[38;5;\(upper);48;5;\(lower)m\u{2580}"
                }
                line += "\u{1B}[0m "
            }
            lines.append(line)
        }
        return lines
    }

    /// Returns lines of plain characters, from dark to bright ` .:-=+*#%@`, for pipes and logs.
    package static func plainLines(_ images: LabeledImages) -> [String] {
        let ramp = Array(" .:-=+*#%@")
        let shape = images.shape
        return (0..<shape.height / 2).map { row in
            (0..<images.count).map { number in
                String(
                    (0..<shape.width).map { column in
                        let upper = Int(gray(images, number, 2 * row, column))
                        let lower = Int(gray(images, number, 2 * row + 1, column))
                        return ramp[(upper + lower) * (ramp.count - 1) / 510]
                    })
            }.joined(separator: "|")
        }
    }

    private static func palette(_ gray: UInt8) -> Int { 232 + Int(gray) * 23 / 255 }

    private static func gray(
        _ images: LabeledImages, _ number: Int, _ row: Int, _ column: Int
    ) -> UInt8 {
        let shape = images.shape
        let first = ((number * shape.height + row) * shape.width + column) * shape.channels
        let sum = images.pixels[first..<first + shape.channels].reduce(0) { $0 + Int($1) }
        return UInt8(sum / shape.channels)
    }
}
