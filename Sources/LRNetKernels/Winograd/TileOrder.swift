/// The processing order of the tiles of several images, and the tiles that need the product at each
/// point.
///
/// A tile that extends past the edge of its image has fewer outputs and needs fewer products
/// (``WinogradFilter/needs(_:missing:)``). For example, it needs 16 of 36 at a corner where two
/// rows and two columns are missing. The tiles are sorted by the edges they cross, so that the
/// tiles with a product at a given point are contiguous:
///
///     right edge, inside, bottom edge, corner          each image by image, row by row
struct TileOrder {
    private let insideRows, insideColumns: Int
    /// Output rows that the tiles at the bottom miss, and output columns that the tiles at the
    /// right miss.
    private let missingRows, missingColumns: Int
    /// The first tile of each group after the right edge.
    private let inside, bottom, corner: Int
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

    /// A tile's image, its row and column in units of tiles, and the output rows and columns it
    /// misses.
    struct Position {
        let image, row, column: Int
        let missingRows, missingColumns: Int
    }

    /// Returns the position of a tile.
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

    /// True if some tiles skip some finite points. Their products must then be set to 0. (Values at
    /// points at infinity reach no output of such a tile.)
    var leavesGaps: Bool { max(missingRows, missingColumns) > 1 }

    /// Returns the tiles of a block that need the product at a point, numbered from the block's
    /// first tile.
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
