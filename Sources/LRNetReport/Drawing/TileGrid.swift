internal import Foundation

/// A grid of small square images, such as kernels, drawn pixel by pixel. The colors are the same in
/// light and dark pages.
package struct TileGrid: Panel {
    package struct Tile: Sendable {
        /// The number of pixels per row, from which the number of rows follows.
        package var width: Int
        /// One gray level per pixel, or three levels of red, green and blue; 0 is black and 1 is
        /// white.
        package var levels: [[Double]]

        package init(width: Int, levels: [[Double]]) {
            self.width = width
            self.levels = levels
        }
    }

    package var title: String
    package var summary: String
    /// The number of tiles per row.
    package var columns: Int
    package var tiles: [Tile]
    package var size: (width: Double, height: Double) {
        let rows = (tiles.count + columns - 1) / columns
        return (Self.side * Double(columns) + 12, 26 + Self.side * Double(rows))
    }

    /// The distance between the corners of neighboring tiles.
    private static let side = 46.0
    private static let gap = 6.0

    package init(title: String, summary: String, columns: Int, _ tiles: [Tile]) {
        self.title = title
        self.summary = summary
        self.columns = columns
        self.tiles = tiles
    }

    package func widened(to width: Double) -> (any Panel)? {
        let most = max(Int((width - 12) / Self.side), columns)
        let rows = (tiles.count + most - 1) / most
        guard rows > 0 else { return nil }
        // Distribute the tiles so that the last row is as full as possible.
        var wide = self
        wide.columns = (tiles.count + rows - 1) / rows
        return wide
    }

    package func draw() -> [Markup] {
        // All pixels of a color in all tiles are one path, which keeps pages small.
        var (paths, places) = ([(color: String, path: String)](), [String: Int]())
        var frames: [Markup] = []
        for (number, tile) in tiles.enumerated() {
            let left = Double(number % columns) * Self.side
            let top = 24 + Double(number / columns) * Self.side
            let pixel = (Self.side - Self.gap) / Double(max(tile.width, 1))
            for run in Self.runs(tile) {
                if places[run.color] == nil {
                    places[run.color] = paths.count
                    paths.append((run.color, ""))
                }
                // Pixels overlap slightly, so that no gap is visible.
                let (x, y) = (coordinate(left + run.x * pixel), coordinate(top + run.y * pixel))
                let (width, height) = (
                    coordinate(run.length * pixel + 0.05), coordinate(pixel + 0.05)
                )
                paths[places[run.color] ?? 0].path += "M\(x) \(y)h\(width)v\(height)h-\(width)z"
            }
            let rows = (tile.levels.count + tile.width - 1) / max(tile.width, 1)
            frames.append(
                .box(
                    "tile", left, top, width: pixel * Double(tile.width),
                    height: pixel * Double(rows)))
        }
        let pixels = paths.map { Markup("path", [("fill", $0.color), ("d", $0.path)]) }
        return [Markup("g", [("shape-rendering", "crispEdges")], pixels)] + frames
    }

    /// A horizontal run of pixels of one color, with the position of the first pixel.
    private struct Run {
        var color: String
        var x: Double
        var y: Double
        var length = 1.0
    }

    private static func runs(_ tile: Tile) -> [Run] {
        var runs: [Run] = []
        for (number, levels) in tile.levels.enumerated() {
            let (x, color) = (number % tile.width, color(levels))
            if x > 0, let last = runs.last, last.color == color {
                runs[runs.count - 1].length += 1
            } else {
                runs.append(Run(color: color, x: Double(x), y: Double(number / tile.width)))
            }
        }
        return runs
    }

    private static func color(_ levels: [Double]) -> String {
        let bytes = levels.map { Int((min(max($0, 0), 1) * 255).rounded()) }
        let rgb = bytes.count == 3 ? bytes : Array(repeating: bytes.first ?? 128, count: 3)
        return "#" + rgb.map { String(format: "%02x", $0) }.joined()
    }
}
