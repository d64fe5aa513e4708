/// Images with one or two lines of text below each.
package struct ImageGrid: Panel {
    package struct Picture: Sendable {
        /// The bytes of a PNG file.
        package var png: [UInt8]
        /// The lines below the image.
        package var lines: [String]

        package init(png: [UInt8], lines: [String]) {
            self.png = png
            self.lines = lines
        }
    }

    package var title: String
    package var summary: String
    /// The number of images per row.
    package var columns: Int
    package var pictures: [Picture]

    private static let side = 64.0
    private static let distance = (x: 90.0, y: 102.0)

    package init(title: String, summary: String, columns: Int, _ pictures: [Picture]) {
        self.title = title
        self.summary = summary
        self.columns = columns
        self.pictures = pictures
    }

    package var size: (width: Double, height: Double) {
        let rows = (pictures.count + columns - 1) / columns
        return (Self.distance.x * Double(columns), 26 + Self.distance.y * Double(rows))
    }

    package func draw() -> [Markup] {
        pictures.enumerated().flatMap { number, picture -> [Markup] in
            let left = Double(number % columns) * Self.distance.x
            let top = 24 + Double(number / columns) * Self.distance.y
            let image = Markup(
                "image",
                [
                    ("x", coordinate(left)), ("y", coordinate(top)),
                    ("width", coordinate(Self.side)), ("height", coordinate(Self.side)),
                    ("style", "image-rendering:pixelated"),
                    ("href", "data:image/png;base64,\(Base64.encode(picture.png))"),
                ])
            return [image]
                + picture.lines.enumerated().map { row, line in
                    .label(
                        row == 0 ? "direct" : "", left, top + Self.side + 13 * Double(row + 1),
                        line)
                }
        }
    }
}
