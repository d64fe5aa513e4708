internal import CVectorMath
internal import LRNetSupport

/// Products of some rows with one panel of a right factor in bfloat16 (``BFloatPairs``).
enum BFloatPanel {
    /// A left factor.
    struct Left {
        /// The first word of the first row.
        let start: UnsafePointer<Float>
        let form: Form

        enum Form {
            /// Rows of this many words.
            case rows(words: Int)
            /// Panels of 16 rows with this many words, after ``BFloatPairs/arrangeLeft(_:)``.
            case panels(words: Int)
        }
    }

    /// Computes at most 32 columns from some blocks of terms.
    static func multiply(
        _ a: Left, _ panel: UnsafePointer<Float>, blocks: Range<Int>,
        into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, accumulate: Bool
    ) {
        if BFloatProduct.usesTiles {
            BFloatProduct.requireTiles()
            multiplyByTiles(
                a, panel, blocks: blocks, into: c, stride: stride, rows: rows, columns: columns,
                accumulate: accumulate)
        } else {
            multiplyByPairs(
                a, panel, blocks: blocks, into: c, stride: stride, rows: rows, columns: columns,
                accumulate: accumulate)
        }
    }

    // MARK: Tiles

    private static func multiplyByTiles(
        _ a: Left, _ panel: UnsafePointer<Float>, blocks: Range<Int>,
        into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, accumulate: Bool
    ) {
        let (block, width) = (BFloatPairs.blockWordCount, BFloatPairs.panelWidth)
        /// The distance of two rows, of two blocks, and of two groups of 16 rows, in words.
        let (row, step, group): (Int, Int, Int)
        switch a.form {
        case .rows(let words): (row, step, group) = (words, block, laneCount * words)
        case .panels(let words): (row, step, group) = (block, block * laneCount, laneCount * words)
        }
        let bytes = MemoryLayout<Float>.stride
        let right: CInt = columns > laneCount ? 1 : 0
        var configured = 0
        for first in Swift.stride(from: 0, to: rows, by: 2 * laneCount) {
            let count = min(rows &- first, 2 &* laneCount)
            if count != configured {
                lrnet_configure_tiles(count, columns)
                configured = count
            }
            let lower: CInt = count > laneCount ? 1 : 0
            let target = c + first &* stride
            if accumulate {
                lrnet_load_tiles(target, bytes &* stride, lower, right)
            } else {
                lrnet_clear_tiles(lower, right)
            }
            var left = a.start + (first / laneCount &* group &+ blocks.lowerBound &* step)
            var factor = panel + blocks.lowerBound &* block &* width
            for _ in blocks {
                lrnet_multiply_tiles(
                    left, left + group, bytes &* row, factor, bytes &* width, lower, right)
                left += step
                factor += block &* width
            }
            lrnet_store_tiles(target, bytes &* stride, lower, right)
        }
        lrnet_release_tiles()
    }

    // MARK: Pairs

    private static func multiplyByPairs(
        _ a: Left, _ panel: UnsafePointer<Float>, blocks: Range<Int>,
        into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int, accumulate: Bool
    ) {
        let (block, width) = (BFloatPairs.blockWordCount, BFloatPairs.panelWidth)
        let firstWord = blocks.lowerBound * block
        var tile = ProductTile(
            a: a.start, rowStride: 1, depthStride: 1, b: panel + firstWord * width,
            panelStride: width, depth: blocks.count * block)
        switch a.form {
        case .rows(let words):
            tile.a += firstWord
            tile.rowStride = words
            multiplyByPairs(
                tile, into: c, stride: stride, rows: rows, columns: columns, accumulate: accumulate)
        case .panels(let words):
            tile.a += firstWord * laneCount
            tile.depthStride = laneCount
            for first in Swift.stride(from: 0, to: rows, by: laneCount) {
                multiplyByPairs(
                    tile, into: c + first * stride, stride: stride,
                    rows: min(laneCount, rows - first),
                    columns: columns, accumulate: accumulate)
                tile.a += words * laneCount
            }
        }
    }

    /// Computes tiles of 12, 8, 4 and single rows. Narrow tiles are computed in a buffer and then
    /// copied or added.
    private static func multiplyByPairs(
        _ first: ProductTile, into c: UnsafeMutablePointer<Float>, stride: Int, rows: Int,
        columns: Int, accumulate: Bool
    ) {
        let width = BFloatPairs.panelWidth
        var (tile, target, row) = (first, c, 0)
        withUnsafeTemporaryAllocation(
            of: Float.self, capacity: columns < width ? ProductTile.rowCount * width : 0
        ) { buffer in
            while row < rows {
                let left = rows &- row
                let count = left >= 12 ? 12 : left >= 8 ? 8 : left >= 4 ? 4 : 1
                if columns < width, let buffer = buffer.baseAddress {
                    if accumulate { copy(target, stride, count, columns, to: buffer, width) }
                    compute(tile, count, into: buffer, stride: width, accumulate: accumulate)
                    copy(buffer, width, count, columns, to: target, stride)
                } else {
                    compute(tile, count, into: target, stride: stride, accumulate: accumulate)
                }
                tile.a += count &* tile.rowStride
                target += count &* stride
                row &+= count
            }
        }
    }

    private static func compute(
        _ tile: ProductTile, _ rows: Int, into c: UnsafeMutablePointer<Float>, stride: Int,
        accumulate: Bool
    ) {
        switch rows {
        case 12:
            tile.compute(
                TwelveRows<BFloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        case 8:
            tile.compute(
                EightRows<BFloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        case 4:
            tile.compute(
                FourRows<BFloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        default:
            tile.compute(OneRow<BFloatTerms>.self, into: c, stride: stride, accumulate: accumulate)
        }
    }

    private static func copy(
        _ source: UnsafePointer<Float>, _ sourceStride: Int, _ rows: Int, _ columns: Int,
        to target: UnsafeMutablePointer<Float>, _ targetStride: Int
    ) {
        for row in 0..<rows {
            (target + row &* targetStride).update(
                from: source + row &* sourceStride, count: columns)
        }
    }
}
