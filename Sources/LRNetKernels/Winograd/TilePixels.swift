/// The side length of an output tile or of a window. It is a type so that the transforms are
/// compiled separately for each length.
protocol TileSide {
    static var count: Int { get }
}

enum Two: TileSide { static var count: Int { 2 } }
enum Three: TileSide { static var count: Int { 3 } }
enum Four: TileSide { static var count: Int { 4 } }
enum Five: TileSide { static var count: Int { 5 } }

/// The pixel addresses of one tile, and the tile's transforms. A transform processes one vector of
/// channels at a time and moves it directly between the image and the points, without an
/// intermediate buffer.
///
/// A pixel outside the image has an address like any other: the zero pixel where values are read,
/// the discard pixel where they are written. The loops over channels therefore have no branches.
/// The functions use no closures over vectors, because those would become calls that pass their
/// vectors through memory.
struct TilePixels {
    /// The address of the first channel of each pixel, row after row.
    private let pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// The same for the images whose squares were convolved.
    private let roots: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// A pixel of zeros, which is never written.
    let zeros: UnsafeMutablePointer<Float>
    /// The pixel that outputs outside the image are written to; its values affect no result.
    let discard: UnsafeMutablePointer<Float>

    /// Calls `body` for each of some tiles, with memory for one tile's addresses, the tile's
    /// position, and its index in the range (`slot`).
    @inline(__always)
    static func forEachTile(
        of grid: WinogradTiles, _ tiles: Range<Int>, images: Int, channels: Int,
        _ body: (_ pixels: TilePixels, _ tile: TileOrder.Position, _ slot: Int) -> Void
    ) {
        let (points, pixelBytes) = (WinogradFilter.pointCount, 4 * channels)
        let tableBytes = points * MemoryLayout<UnsafeMutablePointer<Float>>.stride
        withUnsafeTemporaryAllocation(
            byteCount: 2 * tableBytes + 2 * pixelBytes, alignment: 64
        ) { memory in
            guard let table = memory.baseAddress else { return }
            let zeros = (table + 2 * tableBytes).bindMemory(to: Float.self, capacity: 2 * channels)
            zeros.initialize(repeating: 0, count: 2 * channels)
            let pixels = TilePixels(
                pixels: table.bindMemory(
                    to: UnsafeMutablePointer<Float>.self, capacity: points),
                roots: (table + tableBytes).bindMemory(
                    to: UnsafeMutablePointer<Float>.self, capacity: points),
                zeros: zeros, discard: zeros + channels)
            let order = TileOrder(grid, images: images)
            for slot in 0..<tiles.count {
                body(pixels, order.position(of: tiles.lowerBound &+ slot), slot)
            }
        }
    }

    /// Calls `body` with the offset and lanes of each vector of a pixel's channels. Whole vectors
    /// get a constant number of lanes.
    @inline(__always)
    func forEachVector(_ channels: Int, _ body: (_ c: Int, _ lanes: Int) -> Void) {
        var c = 0
        while c &+ laneCount <= channels {
            body(c, laneCount)
            c &+= laneCount
        }
        if c < channels { body(c, channels &- c) }
    }

    /// Records the addresses of `size` rows and columns of an image's pixels.
    @inline(__always)
    func locate(
        _ image: UnsafeMutablePointer<Float>, _ shape: ImageShape, row: Int, column: Int, size: Int,
        outside: UnsafeMutablePointer<Float>
    ) {
        Self.locate(
            image, shape, row: row, column: column, size: size, outside: outside, in: pixels)
    }

    /// Records the addresses in the images whose squares were convolved.
    @inline(__always)
    func locateRoots(
        _ image: UnsafeMutablePointer<Float>, _ shape: ImageShape, row: Int, column: Int, size: Int
    ) {
        Self.locate(
            image, shape, row: row, column: column, size: size, outside: discard, in: roots)
    }

    @inline(__always)
    private static func locate(
        _ image: UnsafeMutablePointer<Float>, _ shape: ImageShape, row: Int, column: Int, size: Int,
        outside: UnsafeMutablePointer<Float>,
        in table: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    ) {
        for y in 0..<size {
            let isRow = row &+ y >= 0 && row &+ y < shape.height
            let line = image + (row &+ y) &* shape.width &* shape.channels
            for x in 0..<size {
                let isInside = isRow && column &+ x >= 0 && column &+ x < shape.width
                table[y &* size &+ x] =
                    isInside ? line + (column &+ x) &* shape.channels : outside
            }
        }
    }

    // MARK: Transforms of one vector of channels

    /// Computes `B' d B`.
    ///
    /// - Parameter missing: The output rows and columns that the tile misses. The values written at
    ///   points that it does not need are arbitrary.
    @inline(__always)
    func transformInput<Format: PointFormat>(
        _ c: Int, _ lanes: Int, squared: Bool, missing: (rows: Int, columns: Int) = (0, 0),
        into target: UnsafeMutablePointer<Float>, plane: Int, _ format: Format
    ) {
        transformInput(.near, c, lanes, squared, missing, into: target, plane, format)
        transformInput(.far, c, lanes, squared, missing, into: target + 3 &* plane, plane, format)
    }

    @inline(__always)
    private func transformInput<Format: PointFormat>(
        _ half: WinogradFilter.Half, _ c: Int, _ lanes: Int, _ squared: Bool,
        _ missing: (rows: Int, columns: Int), into target: UnsafeMutablePointer<Float>,
        _ plane: Int, _ format: Format
    ) {
        @inline(__always)
        func row(_ y: Int) -> WinogradFilter.HalfLine {
            let row = pixels + 6 &* y
            var d = (
                load(row[0] + c, lanes), load(row[1] + c, lanes), load(row[2] + c, lanes),
                load(row[3] + c, lanes), load(row[4] + c, lanes), load(row[5] + c, lanes)
            )
            if squared {
                d = (d.0 * d.0, d.1 * d.1, d.2 * d.2, d.3 * d.3, d.4 * d.4, d.5 * d.5)
            }
            return WinogradFilter.input(
                WinogradFilter.completed(d, missing: missing.columns), half)
        }
        @inline(__always)
        func put(_ column: WinogradFilter.Line, _ x: Int) {
            let line = WinogradFilter.input(
                WinogradFilter.completed(column, missing: missing.rows))
            format.store(line, target + x &* plane, stride: 6 &* plane)
        }
        let rows = (row(0), row(1), row(2), row(3), row(4), row(5))
        put((rows.0.0, rows.1.0, rows.2.0, rows.3.0, rows.4.0, rows.5.0), 0)
        put((rows.0.1, rows.1.1, rows.2.1, rows.3.1, rows.4.1, rows.5.1), 1)
        put((rows.0.2, rows.1.2, rows.2.2, rows.3.2, rows.4.2, rows.5.2), 2)
    }

    /// Computes `E(count) y E(count)'` of the pixels.
    @inline(__always)
    func evaluate<N: TileSide, Format: PointFormat>(
        _ c: Int, _ lanes: Int, count: N.Type, into target: UnsafeMutablePointer<Float>,
        plane: Int, _ format: Format
    ) {
        evaluate(.near, c, lanes, count, into: target, plane, format)
        evaluate(.far, c, lanes, count, into: target + 3 &* plane, plane, format)
    }

    @inline(__always)
    private func evaluate<N: TileSide, Format: PointFormat>(
        _ half: WinogradFilter.Half, _ c: Int, _ lanes: Int, _: N.Type,
        into target: UnsafeMutablePointer<Float>, _ plane: Int, _ format: Format
    ) {
        let count = N.count
        let zero = Vector(repeating: 0)
        @inline(__always)
        func row(_ y: Int) -> WinogradFilter.HalfLine {
            guard y < count else { return (zero, zero, zero) }
            let row = pixels + count &* y
            return WinogradFilter.evaluate(
                (
                    load(row[0] + c, lanes), load(row[1] + c, lanes),
                    count > 2 ? load(row[2] + c, lanes) : zero,
                    count > 3 ? load(row[3] + c, lanes) : zero,
                    count > 4 ? load(row[4] + c, lanes) : zero
                ), count: count, half)
        }
        let rows = (row(0), row(1), row(2), row(3), row(4))
        let columns = Self.transposed(rows)
        @inline(__always)
        func put(_ column: WinogradFilter.Coefficients, _ x: Int) {
            format.store(
                WinogradFilter.evaluate(column, count: count), target + x &* plane,
                stride: 6 &* plane)
        }
        put(columns.0, 0)
        put(columns.1, 1)
        put(columns.2, 2)
    }

    /// Transposes five half rows into three columns.
    @inline(__always)
    static func transposed(_ rows: Rows<WinogradFilter.HalfLine>) -> (
        WinogradFilter.Coefficients, WinogradFilter.Coefficients, WinogradFilter.Coefficients
    ) {
        (
            (rows.0.0, rows.1.0, rows.2.0, rows.3.0, rows.4.0),
            (rows.0.1, rows.1.1, rows.2.1, rows.3.1, rows.4.1),
            (rows.0.2, rows.1.2, rows.2.2, rows.3.2, rows.4.2)
        )
    }

    /// Up to five rows; those beyond the tile's rows are ignored.
    typealias Rows<Row> = (Row, Row, Row, Row, Row)

    /// Computes `E(count)' C M C E(count)` of the points `M`: `count` rows of `count` values.
    @inline(__always)
    static func interpolate<N: TileSide>(
        _ source: UnsafePointer<Float>, _ lanes: Int, count _: N.Type, plane: Int
    ) -> Rows<WinogradFilter.Coefficients> {
        let count = N.count
        @inline(__always)
        func column(_ x: Int) -> WinogradFilter.Coefficients {
            WinogradFilter.interpolate(
                line(source + x &* plane, stride: 6 &* plane, lanes), count: count)
        }
        let c = (column(0), column(1), column(2), column(3), column(4), column(5))
        return (
            WinogradFilter.interpolate((c.0.0, c.1.0, c.2.0, c.3.0, c.4.0, c.5.0), count: count),
            WinogradFilter.interpolate((c.0.1, c.1.1, c.2.1, c.3.1, c.4.1, c.5.1), count: count),
            WinogradFilter.interpolate((c.0.2, c.1.2, c.2.2, c.3.2, c.4.2, c.5.2), count: count),
            WinogradFilter.interpolate((c.0.3, c.1.3, c.2.3, c.3.3, c.4.3, c.5.3), count: count),
            WinogradFilter.interpolate((c.0.4, c.1.4, c.2.4, c.3.4, c.4.4, c.5.4), count: count)
        )
    }

    /// Interpolates points and stores the outputs.
    @inline(__always)
    func storeOutput<N: TileSide>(
        _ source: UnsafePointer<Float>, _ c: Int, _ lanes: Int, count: N.Type, plane: Int
    ) {
        let rows = Self.interpolate(source, lanes, count: N.self, plane: plane)
        Self.put(rows, count: count, into: StoredPixels(pixels: pixels, count: N.count, c, lanes))
    }

    /// Interpolates points and adds the outputs times twice the roots (``PixelsOfSquares``).
    @inline(__always)
    func addOutput<N: TileSide>(
        _ source: UnsafePointer<Float>, _ c: Int, _ lanes: Int, count: N.Type, plane: Int
    ) {
        let rows = Self.interpolate(source, lanes, count: N.self, plane: plane)
        Self.put(
            rows, count: count,
            into: PixelsOfSquares(pixels: pixels, roots: roots, count: N.count, c, lanes))
    }

    /// Passes the values of a tile's rows to a sink.
    @inline(__always)
    static func put<N: TileSide, Sink: TileSink>(
        _ rows: Rows<WinogradFilter.Coefficients>, count _: N.Type, into sink: Sink
    ) {
        @inline(__always)
        func put(_ y: Int, _ row: WinogradFilter.Coefficients) {
            guard y < N.count else { return }
            sink.put(y, 0, row.0)
            sink.put(y, 1, row.1)
            if N.count > 2 { sink.put(y, 2, row.2) }
            if N.count > 3 { sink.put(y, 3, row.3) }
            if N.count > 4 { sink.put(y, 4, row.4) }
        }
        put(0, rows.0)
        put(1, rows.1)
        put(2, rows.2)
        put(3, rows.3)
        put(4, rows.4)
    }

    // MARK: Lines

    @inline(__always)
    private static func line(
        _ source: UnsafePointer<Float>, stride: Int, _ lanes: Int
    ) -> WinogradFilter.Line {
        (
            load(source, lanes), load(source + stride, lanes), load(source + 2 &* stride, lanes),
            load(source + 3 &* stride, lanes), load(source + 4 &* stride, lanes),
            load(source + 5 &* stride, lanes)
        )
    }
}
