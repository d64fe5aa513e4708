/// Where the pixels of one tile lie, and the lines between the two directions of its transforms.
///
/// A pixel outside the image has an address like any other, that of a line of zeros or of a line for
/// waste, so that the loops over channels have no branches. The functions are written without
/// closures over vectors: those would become calls, with their vectors passed through memory.
struct TilePixels {
    /// 36 vectors: row after row of a tile.
    let lines: UnsafeMutablePointer<Vector>
    /// The first channel of each pixel, row after row.
    private let pixels: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// The same of the images whose squares were convolved.
    private let roots: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// A pixel of zeros, which nobody writes.
    let zeros: UnsafeMutablePointer<Float>
    /// A pixel that nobody reads.
    let waste: UnsafeMutablePointer<Float>

    /// Calls `body` with memory for one tile, and with image, first output row and column, and place
    /// in the run of each tile.
    @inline(__always)
    static func forEachTile(
        of grid: WinogradTiles, _ tiles: Range<Int>, channels: Int,
        _ body: (_ pixels: TilePixels, _ image: Int, _ row: Int, _ column: Int, _ slot: Int) -> Void
    ) {
        let (points, pixelBytes) = (WinogradFilter.pointCount, 4 * channels)
        let lineBytes = points * MemoryLayout<Vector>.stride
        let tableBytes = points * MemoryLayout<UnsafeMutablePointer<Float>>.stride
        withUnsafeTemporaryAllocation(
            byteCount: lineBytes + 2 * tableBytes + 2 * pixelBytes, alignment: 64
        ) { memory in
            guard let start = memory.baseAddress else { return }
            let table = start + lineBytes
            let zeros = (table + 2 * tableBytes).bindMemory(to: Float.self, capacity: 2 * channels)
            zeros.initialize(repeating: 0, count: 2 * channels)
            let pixels = TilePixels(
                lines: start.bindMemory(to: Vector.self, capacity: points),
                pixels: table.bindMemory(
                    to: UnsafeMutablePointer<Float>.self, capacity: points),
                roots: (table + tableBytes).bindMemory(
                    to: UnsafeMutablePointer<Float>.self, capacity: points),
                zeros: zeros, waste: zeros + channels)
            let size = grid.filter.outputSize
            var image = tiles.lowerBound / grid.tileCount
            var tile = tiles.lowerBound % grid.tileCount
            for slot in 0..<tiles.count {
                body(
                    pixels, image, tile / grid.tileColumns &* size,
                    tile % grid.tileColumns &* size, slot)
                tile &+= 1
                if tile == grid.tileCount {
                    tile = 0
                    image &+= 1
                }
            }
        }
    }

    /// Calls `body` with offset and lanes of each vector of a pixel's channels, whole ones with a
    /// constant number of lanes.
    @inline(__always)
    func forEachVector(_ channels: Int, _ body: (_ c: Int, _ lanes: Int) -> Void) {
        var c = 0
        while c &+ laneCount <= channels {
            body(c, laneCount)
            c &+= laneCount
        }
        if c < channels { body(c, channels &- c) }
    }

    /// Notes the addresses of `size` rows and columns of an image's pixels.
    @inline(__always)
    func locate(
        _ image: UnsafeMutablePointer<Float>, _ shape: ImageShape, row: Int, column: Int, size: Int,
        outside: UnsafeMutablePointer<Float>
    ) {
        Self.locate(
            image, shape, row: row, column: column, size: size, outside: outside, in: pixels)
    }

    /// The same for the images whose squares were convolved.
    @inline(__always)
    func locateRoots(
        _ image: UnsafeMutablePointer<Float>, _ shape: ImageShape, row: Int, column: Int, size: Int
    ) {
        Self.locate(
            image, shape, row: row, column: column, size: size, outside: waste, in: roots)
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

    /// `B' d B`.
    @inline(__always)
    func transformInput(
        _ c: Int, _ lanes: Int, squared: Bool, into target: UnsafeMutablePointer<Float>, plane: Int
    ) {
        for y in 0..<6 {
            let row = pixels + 6 &* y
            var d = (
                load(row[0] + c, lanes), load(row[1] + c, lanes), load(row[2] + c, lanes),
                load(row[3] + c, lanes), load(row[4] + c, lanes), load(row[5] + c, lanes)
            )
            if squared {
                d = (d.0 * d.0, d.1 * d.1, d.2 * d.2, d.3 * d.3, d.4 * d.4, d.5 * d.5)
            }
            Self.put(WinogradFilter.input(d), lines + 6 &* y)
        }
        for x in 0..<6 {
            let line = WinogradFilter.input(
                (
                    lines[x], lines[6 &+ x], lines[12 &+ x], lines[18 &+ x], lines[24 &+ x],
                    lines[30 &+ x]
                ))
            Self.spread(line, target + x &* plane, stride: 6 &* plane, lanes)
        }
    }

    /// `E(count) y E(count)'` of the pixels.
    @inline(__always)
    func evaluate(
        _ c: Int, _ lanes: Int, count: Int, into target: UnsafeMutablePointer<Float>, plane: Int
    ) {
        let zero = Vector(repeating: 0)
        for y in 0..<count {
            let row = pixels + count &* y
            let line = WinogradFilter.evaluate(
                (
                    load(row[0] + c, lanes), load(row[1] + c, lanes),
                    count > 2 ? load(row[2] + c, lanes) : zero,
                    count > 3 ? load(row[3] + c, lanes) : zero, zero
                ), count: count)
            Self.put(line, lines + 6 &* y)
        }
        for x in 0..<6 {
            let line = WinogradFilter.evaluate(
                (
                    lines[x], lines[6 &+ x], count > 2 ? lines[12 &+ x] : zero,
                    count > 3 ? lines[18 &+ x] : zero, zero
                ), count: count)
            Self.spread(line, target + x &* plane, stride: 6 &* plane, lanes)
        }
    }

    /// `E(count)' C M C E(count)` of points, into the lines: `count` values at the start of each row
    /// of six.
    @inline(__always)
    func interpolate(
        _ source: UnsafePointer<Float>, _ lanes: Int, count: Int, plane: Int
    ) {
        Self.interpolate(source, lanes, count: count, plane: plane, into: lines)
    }

    /// The same with lines given.
    @inline(__always)
    static func interpolate(
        _ source: UnsafePointer<Float>, _ lanes: Int, count: Int, plane: Int,
        into lines: UnsafeMutablePointer<Vector>
    ) {
        for x in 0..<6 {
            let values = WinogradFilter.interpolate(
                line(source + x &* plane, stride: 6 &* plane, lanes), count: count)
            lines[x] = values.0
            lines[6 &+ x] = values.1
            if count > 2 { lines[12 &+ x] = values.2 }
            if count > 3 { lines[18 &+ x] = values.3 }
            if count > 4 { lines[24 &+ x] = values.4 }
        }
        for y in 0..<count {
            let row = lines + 6 &* y
            let values = WinogradFilter.interpolate(
                (row[0], row[1], row[2], row[3], row[4], row[5]), count: count)
            row[0] = values.0
            row[1] = values.1
            if count > 2 { row[2] = values.2 }
            if count > 3 { row[3] = values.3 }
            if count > 4 { row[4] = values.4 }
        }
    }

    /// Stores what ``interpolate(_:_:count:plane:)`` left.
    @inline(__always)
    func storeOutput(_ c: Int, _ lanes: Int, count: Int) {
        for y in 0..<count {
            for x in 0..<count {
                store(lines[6 &* y &+ x], pixels[count &* y &+ x] + c, lanes)
            }
        }
    }

    /// Adds it times twice the roots.
    @inline(__always)
    func addOutput(_ c: Int, _ lanes: Int, count: Int) {
        let two = Vector(repeating: 2)
        for y in 0..<count {
            for x in 0..<count {
                let pixel = pixels[count &* y &+ x] + c
                let share = two * load(roots[count &* y &+ x] + c, lanes) * lines[6 &* y &+ x]
                store(load(pixel, lanes) + share, pixel, lanes)
            }
        }
    }

    // MARK: Lines

    @inline(__always)
    static func put(_ line: WinogradFilter.Line, _ target: UnsafeMutablePointer<Vector>) {
        target[0] = line.0
        target[1] = line.1
        target[2] = line.2
        target[3] = line.3
        target[4] = line.4
        target[5] = line.5
    }

    @inline(__always)
    static func spread(
        _ line: WinogradFilter.Line, _ target: UnsafeMutablePointer<Float>, stride: Int,
        _ lanes: Int
    ) {
        store(line.0, target, lanes)
        store(line.1, target + stride, lanes)
        store(line.2, target + 2 &* stride, lanes)
        store(line.3, target + 3 &* stride, lanes)
        store(line.4, target + 4 &* stride, lanes)
        store(line.5, target + 5 &* stride, lanes)
    }

    /// As ``spread(_:_:stride:_:)``, past the caches.
    @inline(__always)
    static func stream(
        _ line: WinogradFilter.Line, _ target: UnsafeMutablePointer<Float>, stride: Int
    ) {
        LRNetKernels.stream(line.0, target)
        LRNetKernels.stream(line.1, target + stride)
        LRNetKernels.stream(line.2, target + 2 &* stride)
        LRNetKernels.stream(line.3, target + 3 &* stride)
        LRNetKernels.stream(line.4, target + 4 &* stride)
        LRNetKernels.stream(line.5, target + 5 &* stride)
    }

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
