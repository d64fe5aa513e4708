internal import Foundation

/// Small square pictures on a grid, pixel by pixel: kernels. Colours are the values, on any page.
package struct TileGrid: Panel {
    /// One picture.
    package struct Tile: Sendable {
        /// Pixels of a row; the number of rows follows.
        package var width: Int
        /// Grey levels (one a pixel) or red, green, blue (three), 0 for black and 1 for white.
        package var levels: [[Double]]

        /// Creates a tile.
        package init(width: Int, levels: [[Double]]) {
            self.width = width
            self.levels = levels
        }
    }

    package var title: String
    package var summary: String
    /// Pictures of a row.
    package var columns: Int
    /// The pictures.
    package var tiles: [Tile]
    package var size: (width: Double, height: Double) {
        let rows = (tiles.count + columns - 1) / columns
        return (Self.side * Double(columns) + 12, 26 + Self.side * Double(rows))
    }

    /// The distance of two pictures.
    private static let side = 46.0
    private static let gap = 6.0

    /// Creates a grid.
    package init(title: String, summary: String, columns: Int, _ tiles: [Tile]) {
        self.title = title
        self.summary = summary
        self.columns = columns
        self.tiles = tiles
    }

    package func draw() -> [Markup] {
        tiles.enumerated().flatMap { number, tile in
            draw(
                tile, left: Double(number % columns) * Self.side,
                top: 24 + Double(number / columns) * Self.side)
        }
    }

    private func draw(_ tile: Tile, left: Double, top: Double) -> [Markup] {
        let pixel = (Self.side - Self.gap) / Double(max(tile.width, 1))
        // All pixels of a colour are one path; they overlap a little, so that no gap shows.
        var paths: [(colour: String, path: String)] = []
        let length = coordinate(pixel + 0.05)
        for (number, levels) in tile.levels.enumerated() {
            let (x, y) = (Double(number % tile.width), Double(number / tile.width))
            let colour = Self.colour(levels)
            let square =
                "M\(coordinate(left + x * pixel)) \(coordinate(top + y * pixel))"
                + "h\(length)v\(length)h-\(length)z"
            if let known = paths.firstIndex(where: { $0.colour == colour }) {
                paths[known].path += square
            } else {
                paths.append((colour, square))
            }
        }
        var result = paths.map { part in
            Markup(
                "path",
                [("fill", part.colour), ("shape-rendering", "crispEdges"), ("d", part.path)])
        }
        let height = pixel * Double((tile.levels.count + tile.width - 1) / max(tile.width, 1))
        result.append(
            .box("tile", left, top, width: pixel * Double(tile.width), height: height))
        return result
    }

    private static func colour(_ levels: [Double]) -> String {
        let bytes = levels.map { Int((min(max($0, 0), 1) * 255).rounded()) }
        let rgb = bytes.count == 3 ? bytes : Array(repeating: bytes.first ?? 128, count: 3)
        return "#" + rgb.map { String(format: "%02x", $0) }.joined()
    }
}
