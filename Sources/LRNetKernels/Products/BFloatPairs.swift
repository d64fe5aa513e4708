internal import CVectorMath
internal import LRNetSupport

/// Factors of a product in bfloat16, the upper half of a Float32: 8 bits of exponent and 7 of
/// mantissa. They are stored in the memory of a ``FloatView``, two in each word.
///
/// A word contains two neighboring terms of a sum, the first in its low half. Terms are padded with
/// zeros to whole blocks of 32. Values are rounded to nearest, ties to even, with a relative error of
/// at most 1/256. Denormal values become 0.
///
///     rows:   [rows][words]                      a left factor as it is stored
///     panels: [panel][words][width columns]      a right factor, or the transpose of a left one
enum BFloatPairs {
    /// The number of words in a block of terms.
    static let blockWordCount = 16

    /// The number of terms in a block.
    static let blockTermCount = 2 * blockWordCount

    /// The number of columns per panel of a right factor.
    static let panelWidth = ProductTile.columnCount

    /// The number of columns per panel of a transposed left factor.
    static let leftPanelWidth = laneCount

    /// Returns the number of words of `terms` terms, with the padding.
    static func wordCount(_ terms: Int) -> Int {
        (terms + blockTermCount - 1) / blockTermCount * blockWordCount
    }

    /// Returns the number of words of a factor in panels.
    static func panelsCount(terms: Int, columns: Int, width: Int) -> Int {
        wordCount(terms) * WinogradTiles.paddedCount(columns, width)
    }

    /// Rounds the rows of a matrix, or their squares.
    ///
    /// - Parameters:
    ///   - matrix: `[rows, terms]`
    ///   - words: Overwritten; `[rows][wordCount(terms)]`.
    static func roundRows(
        _ matrix: UnsafePointer<Float>, squared: Bool, rows: Int, terms: Int,
        into words: UnsafeMutablePointer<Float>
    ) {
        let count = wordCount(terms)
        for row in 0..<rows {
            let (source, target) = (matrix + row &* terms, words + row &* count)
            var term = 0
            while term < 2 &* count {
                let lanes = max(min(terms &- term, laneCount), 0)
                let value = load(source + term, lanes)
                ChannelPairs().store(squared ? value * value : value, target + term / 2)
                term &+= laneCount
            }
        }
    }

    /// Rounds the columns of a matrix, or their squares.
    ///
    /// - Parameters:
    ///   - matrix: `[terms, columns]`
    ///   - panels: The panels to overwrite, relative to `words`.
    ///   - words: ``panelsCount(terms:columns:width:)`` words.
    static func roundColumns(
        _ matrix: UnsafePointer<Float>, squared: Bool, terms: Int, columns: Int, width: Int,
        panels: Range<Int>, into words: UnsafeMutablePointer<Float>
    ) {
        let count = wordCount(terms)
        for panel in panels {
            let first = panel &* width
            for word in 0..<count {
                let target = words + (panel &* count &+ word) &* width
                let (even, odd) = (2 &* word, 2 &* word &+ 1)
                var c = 0
                while c < width {
                    let lanes = max(min(columns &- first &- c, laneCount), 0)
                    let source = matrix + (first &+ c)
                    let low = load(source + even &* columns, even < terms ? lanes : 0)
                    let high = load(source + odd &* columns, odd < terms ? lanes : 0)
                    store(
                        squared ? pairs(low * low, high * high) : pairs(low, high), target + c)
                    c &+= laneCount
                }
            }
        }
    }

    /// Rounds the rows of a matrix into panels of columns: the transpose of a matrix stored
    /// `[columns, terms]`.
    ///
    /// - Parameters:
    ///   - panels: The panels of 32 columns to overwrite, relative to `words`.
    ///   - words: ``panelsCount(terms:columns:width:)`` words.
    static func roundTransposed(
        _ matrix: UnsafePointer<Float>, terms: Int, columns: Int, panels: Range<Int>,
        into words: UnsafeMutablePointer<Float>
    ) {
        let count = wordCount(terms)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: laneCount * laneCount) { block in
            guard let block = block.baseAddress else { return }
            for panel in panels {
                for group in stride(from: 0, to: panelWidth, by: laneCount) {
                    let first = panel &* panelWidth &+ group
                    for word in stride(from: 0, to: count, by: blockWordCount) {
                        for i in 0..<laneCount {
                            let rows = first &+ i < columns ? 1 : 0
                            let (start, target) = (2 &* word, block + i &* laneCount)
                            for half in 0..<2 {
                                let term = start &+ half &* laneCount
                                let lanes = rows &* max(min(terms &- term, laneCount), 0)
                                ChannelPairs().store(
                                    load(matrix + ((first &+ i) &* rows &* terms &+ term), lanes),
                                    target + half &* (laneCount / 2))
                            }
                        }
                        let start = (panel &* count &+ word) &* panelWidth &+ group
                        lrnet_transpose16(block, laneCount, words + start, panelWidth)
                    }
                }
            }
        }
    }

    /// Prepares the panels of a transposed left factor for the tiles of this build.
    ///
    /// A matrix tile reads 16 words of a row, so each block of 16 words and 16 columns is transposed:
    /// `[panel][word][column]` becomes `[panel][block][column][word of the block]`.
    static func arrangeLeft(_ words: FloatView) {
        guard BFloatProduct.usesTiles else { return }
        for block in 0..<words.count / (laneCount * laneCount) {
            let start = words.pointer + block &* laneCount &* laneCount
            lrnet_transpose16(start, laneCount, start, laneCount)
        }
    }

    /// Returns words with `low` in their low halves and `high` in their high halves.
    @inline(__always)
    static func pairs(_ low: Vector, _ high: Vector) -> Vector {
        unsafeBitCast(
            lrnet_rounded_to_bfloat(low) | lrnet_rounded_to_bfloat(high) &<< 16, to: Vector.self)
    }
}
