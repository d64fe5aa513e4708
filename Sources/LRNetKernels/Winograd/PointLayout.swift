internal import LRNetSupport

/// The layout of the values of a block of tiles at one point (a plane).
///
///     floats        [tiles][channels]
///     floatPanels   [panel][tiles][width]          Float32; the last panel is not padded
///     channelPairs  [tiles][words of channels]     bfloat16, for sums over channels
///     tilePairs     [panel][words of tiles][width] bfloat16, for sums over tiles
///
/// The words of bfloat16 values are those of ``BFloatPairs``, with zeros as padding.
package enum PointLayout: Sendable {
    case floats
    case floatPanels(width: Int)
    case channelPairs
    case tilePairs(width: Int)

    /// The format in which the values of a tile are stored.
    enum Format {
        case floats, channelPairs, firstOfPairs, secondOfPairs
    }

    /// Returns the format of a tile.
    ///
    /// - Parameter slot: The number of the tile in its block.
    @inline(__always)
    func format(slot: Int) -> Format {
        switch self {
        case .floats, .floatPanels: .floats
        case .channelPairs: .channelPairs
        case .tilePairs: slot & 1 == 0 ? .firstOfPairs : .secondOfPairs
        }
    }

    /// Returns the number of channels per panel.
    func panelWidth(channels: Int) -> Int {
        switch self {
        case .floats, .channelPairs: channels
        case .floatPanels(let width), .tilePairs(let width): width
        }
    }

    /// Returns the number of values of a plane.
    package func planeCount(tiles: Int, channels: Int) -> Int {
        switch self {
        case .floats: tiles * channels
        case .floatPanels(let width): tiles * WinogradTiles.paddedCount(channels, width)
        case .channelPairs: tiles * BFloatPairs.wordCount(channels)
        case .tilePairs(let width):
            BFloatPairs.panelsCount(terms: tiles, columns: channels, width: width)
        }
    }

    /// Calls `body` with the channels of each panel and the position of a tile's values in a plane.
    ///
    /// - Parameters:
    ///   - channels: Starts at a panel.
    ///   - slot: The number of the tile in its block of `tiles` tiles.
    @inline(__always)
    func forEachPart(
        _ channels: Range<Int>, slot: Int, tiles: Int,
        _ body: (_ channels: Range<Int>, _ offset: Int) -> Void
    ) {
        let (width, rows, row): (Int, Int, Int)
        switch self {
        case .floats: return body(channels, slot &* channels.count)
        case .channelPairs: return body(channels, slot &* BFloatPairs.wordCount(channels.count))
        case .floatPanels(let size): (width, rows, row) = (size, tiles, slot)
        case .tilePairs(let size):
            (width, rows, row) = (size, BFloatPairs.wordCount(tiles), slot / 2)
        }
        var (panel, first) = (channels.lowerBound / width, channels.lowerBound)
        while first < channels.upperBound {
            body(
                first..<min(first &+ width, channels.upperBound), (panel &* rows &+ row) &* width)
            panel &+= 1
            first &+= width
        }
    }

    /// Sets the planes to 0 if the transforms of their tiles leave some words unwritten.
    func clearPadding(_ points: FloatView, tiles: Int, channels: Int) {
        switch self {
        case .floats, .floatPanels: return
        case .channelPairs:
            let written = WinogradTiles.paddedCount(channels, laneCount) / 2
            if written < BFloatPairs.wordCount(channels) { points.fill(0) }
        case .tilePairs:
            if (tiles + 1) / 2 < BFloatPairs.wordCount(tiles) { points.fill(0) }
        }
    }
}
