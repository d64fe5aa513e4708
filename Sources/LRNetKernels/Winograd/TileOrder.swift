/// The order of the tiles of some images, and which of them need the product at a point.
///
/// A tile that reaches over the edge of its image misses outputs, and needs fewer products
/// (``WinogradFilter/needs(_:missing:)``): 16 of 36 at a corner where two rows and two columns are
/// missing. Tiles are sorted by the edges that they reach over, so that those with a product are
/// neighbours:
///
///     right edge, inside, bottom edge, corner          each image by image, row by row
struct TileOrder {
    private let insideRows, insideColumns: Int
    /// Rows of outputs that tiles at the bottom miss, and columns that tiles at the right miss.
    private let missingRows, missingColumns: Int
    /// The first tile of each kind.
    private let inside, bottom, corner: Int
    /// The number of tiles.
    let count: Int

    init(_ grid: WinogradTiles, images: Int) {
        let size = grid.filter.outputSize
        insideRows = grid.output.height / size
        insideColumns = grid.output.width / size
        missingRows = grid.tileRows * size - grid.output.height
        missingColumns = grid.tileColumns * size - grid.output.width
        let edgeRows = grid.tileRows - insideRows
        let edgeColumns = grid.tileColumns - insideColumns
        inside = images * insideRows * edgeColumns
        bottom = inside + images * insideRows * insideColumns
        corner = bottom + images * edgeRows * insideColumns
        count = corner + images * edgeRows * edgeColumns
    }

    /// A tile's place: its image, its row and column there, counted in tiles, and the rows and
    /// columns of outputs that it misses.
    struct Position {
        let image, row, column: Int
        let missingRows, missingColumns: Int
    }

    /// Where a tile lies.
    @inline(__always)
    func position(of tile: Int) -> Position {
        if tile < inside {
            return Position(
                image: tile / insideRows, row: tile % insideRows, column: insideColumns,
                missingRows: 0, missingColumns: missingColumns)
        }
        if tile < bottom {
            let (line, column) = (tile &- inside).quotientAndRemainder(dividingBy: insideColumns)
            return Position(
                image: line / insideRows, row: line % insideRows, column: column,
                missingRows: 0, missingColumns: 0)
        }
        if tile < corner {
            let tile = tile &- bottom
            return Position(
                image: tile / insideColumns, row: insideRows, column: tile % insideColumns,
                missingRows: missingRows, missingColumns: 0)
        }
        return Position(
            image: tile &- corner, row: insideRows, column: insideColumns,
            missingRows: missingRows, missingColumns: missingColumns)
    }

    /// Whether some tiles do not need some finite points, which then count as 0 among the products. (What
    /// lies at points at infinity reaches no output of such a tile.)
    var leavesGaps: Bool { max(missingRows, missingColumns) > 1 }

    /// The tiles of a block that need the product at a point, counted from the block's first.
    func slots(at point: Int, in block: Range<Int>) -> Range<Int> {
        let size = WinogradFilter.tileSize
        let isRow = WinogradFilter.needs(point / size, missing: missingRows)
        let isColumn = WinogradFilter.needs(point % size, missing: missingColumns)
        let start = isColumn ? 0 : inside
        let end = !isRow ? bottom : !isColumn ? corner : count
        let needed = (start..<max(start, end)).clamped(to: block)
        return needed.lowerBound - block.lowerBound..<needed.upperBound - block.lowerBound
    }
}
