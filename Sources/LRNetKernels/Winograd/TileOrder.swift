/// The order of the tiles of some images, and which of them need the product at a point.
///
/// The points at infinity contribute to the last row or column of a tile's outputs alone; where a tile
/// reaches over the edge of its image, that row or column is dropped, and so is the product: 11 of 36
/// at a corner. Tiles are sorted by the edges that they reach over, so that those with a product are
/// neighbours:
///
///     right edge, inside, bottom edge, corner          each image by image, row by row
struct TileOrder {
    private let insideRows, insideColumns: Int
    /// The first tile of each kind.
    private let inside, bottom, corner: Int
    /// The number of tiles.
    let count: Int

    init(_ grid: WinogradTiles, images: Int) {
        let size = grid.filter.outputSize
        insideRows = grid.output.height / size
        insideColumns = grid.output.width / size
        let edgeRows = grid.tileRows - insideRows
        let edgeColumns = grid.tileColumns - insideColumns
        inside = images * insideRows * edgeColumns
        bottom = inside + images * insideRows * insideColumns
        corner = bottom + images * edgeRows * insideColumns
        count = corner + images * edgeRows * edgeColumns
    }

    /// Where a tile lies: its image, and its row and column there, counted in tiles.
    @inline(__always)
    func position(of tile: Int) -> (image: Int, row: Int, column: Int) {
        if tile < inside {
            return (tile / insideRows, tile % insideRows, insideColumns)
        }
        if tile < bottom {
            let (line, column) = (tile &- inside).quotientAndRemainder(dividingBy: insideColumns)
            return (line / insideRows, line % insideRows, column)
        }
        if tile < corner {
            let tile = tile &- bottom
            return (tile / insideColumns, insideRows, tile % insideColumns)
        }
        return (tile &- corner, insideRows, insideColumns)
    }

    /// The tiles of a block that need the product at a point, counted from the block's first.
    func slots(at point: Int, in block: Range<Int>) -> Range<Int> {
        let last = WinogradFilter.tileSize - 1
        let start = point % (last + 1) == last ? inside : 0
        let end = point / (last + 1) == last ? bottom : point % (last + 1) == last ? corner : count
        let needed = (start..<max(start, end)).clamped(to: block)
        return needed.lowerBound - block.lowerBound..<needed.upperBound - block.lowerBound
    }
}
