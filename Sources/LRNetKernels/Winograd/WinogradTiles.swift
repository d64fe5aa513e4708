/// A convolution of stride 1 as a grid of Winograd tiles, and the transforms between images and
/// points.
///
/// A block of `T` tiles is stored point by point: 36 planes of `[T][channels]` with a cache line
/// between them (``WinogradFilter/planeStride(_:)``), so that each point is the left factor of one
/// matrix product. Tiles are numbered over the images of a run, row by row;
/// values outside an image are 0, and outputs outside it are dropped.
public struct WinogradTiles: Sendable {
    /// Window and output tile.
    public let filter: WinogradFilter

    /// The shape of one input image.
    public let input: ImageShape

    /// The shape of one output image.
    public let output: ImageShape

    /// Rows and columns of zeros above and left of the input.
    let top, left: Int

    /// Tiles of one image.
    let tileRows, tileColumns: Int

    /// Creates the grid of a convolution.
    ///
    /// - Parameter outputs: The number of output channels.
    /// - Precondition: The geometry has stride 1 and a window of 3 or 5.
    public init(geometry: PatchGeometry, outputs: Int) {
        guard let filter = WinogradFilter(window: geometry.window), geometry.stride == 1 else {
            fatalError("no Winograd for window \(geometry.window), stride \(geometry.stride)")
        }
        self.init(
            filter: filter, input: geometry.input,
            output: ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs),
            top: geometry.padding.top, left: geometry.padding.left)
    }

    private init(
        filter: WinogradFilter, input: ImageShape, output: ImageShape, top: Int, left: Int
    ) {
        self.filter = filter
        self.input = input
        self.output = output
        self.top = top
        self.left = left
        tileRows = (output.height + filter.outputSize - 1) / filter.outputSize
        tileColumns = (output.width + filter.outputSize - 1) / filter.outputSize
    }

    /// The grid of the input's gradient: the convolution of the output's gradient with the turned
    /// window.
    public var transposed: WinogradTiles {
        WinogradTiles(
            filter: filter, input: output, output: input, top: filter.window - 1 - top,
            left: filter.window - 1 - left)
    }

    /// Tiles of one image.
    public var tileCount: Int { tileRows * tileColumns }

    /// The points of a run of tiles, `B' d B`.
    ///
    /// - Parameters:
    ///   - images: Whole images of shape ``input``.
    ///   - tiles: A run of tiles over these images.
    ///   - squared: Whether to transform the squares of the values.
    ///   - points: Overwritten; 36 planes of shape `[tiles.count, input.channels]`.
    public func transformInput(
        _ images: FloatView, tiles: Range<Int>, squared: Bool, into points: FloatView
    ) {
        let channels = input.channels
        check(images, input, tiles, points, channels)
        let target = points.pointer
        let plane = WinogradFilter.planeStride(tiles.count * channels)
        forEachTile(tiles, size: filter.outputSize) { image, row, column, slot, lines in
            let source = UnsafePointer(images.pointer + image &* input.count)
            let (y0, x0) = (row &- top, column &- left)
            forEachVector(channels) { c, lanes in
                Self.transformTile(
                    into: target + (slot &* channels &+ c), plane: plane, lanes: lanes,
                    lines: lines,
                    load: { y, x in
                        let (row, column) = (y0 &+ y, x0 &+ x)
                        guard row >= 0, row < input.height, column >= 0, column < input.width
                        else { return Vector(repeating: 0) }
                        let index = (row &* input.width &+ column) &* channels &+ c
                        let value = load(source + index, lanes)
                        return squared ? value * value : value
                    })
            }
        }
    }

    @inline(__always)
    private static func transformTile(
        into target: UnsafeMutablePointer<Float>, plane: Int, lanes: Int,
        lines: UnsafeMutablePointer<Vector>, load value: (_ y: Int, _ x: Int) -> Vector
    ) {
        for y in 0..<6 {
            let line = WinogradFilter.input(
                (value(y, 0), value(y, 1), value(y, 2), value(y, 3), value(y, 4), value(y, 5)))
            put(line, lines + 6 &* y)
        }
        for x in 0..<6 {
            let line = WinogradFilter.input(
                (
                    lines[x], lines[6 &+ x], lines[12 &+ x], lines[18 &+ x], lines[24 &+ x],
                    lines[30 &+ x]
                ))
            spread(line, target + x &* plane, stride: 6 &* plane, lanes)
        }
    }

    /// The outputs of a run of tiles, `E(m)' C M C E(m)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes of shape `[tiles.count, output.channels]`.
    ///   - images: Whole images of shape ``output``; the tiles' pixels are overwritten.
    ///   - squareOf: If given, images `x` of the same shape: outputs `y` are then gradients of their
    ///     squares, and `2 x y` is added to `images` instead.
    public func transformOutput(
        _ points: FloatView, tiles: Range<Int>, into images: FloatView,
        squareOf roots: FloatView? = nil
    ) {
        let channels = output.channels
        check(images, output, tiles, points, channels)
        precondition(
            roots == nil || roots?.count == images.count,
            "\(roots?.count ?? 0) roots for \(images.count) outputs")
        let two = Vector(repeating: 2)
        let source = UnsafePointer(points.pointer)
        let plane = WinogradFilter.planeStride(tiles.count * channels)
        let size = filter.outputSize
        forEachTile(tiles, size: size) { image, row, column, slot, lines in
            let target = images.pointer + image &* output.count
            let root = roots.map { UnsafePointer($0.pointer + image &* output.count) }
            let (rows, columns) = (
                min(size, output.height &- row), min(size, output.width &- column)
            )
            @inline(__always) func finish(_ value: Vector, _ index: Int, _ lanes: Int) {
                guard let root else { return store(value, target + index, lanes) }
                let share = two * load(root + index, lanes) * value
                store(load(target + index, lanes) + share, target + index, lanes)
            }
            forEachVector(channels) { c, lanes in
                let first = source + (slot &* channels &+ c)
                for x in 0..<6 {
                    let values = WinogradFilter.interpolate(
                        Self.line(first + x &* plane, stride: 6 &* plane, lanes), count: size)
                    lines[x] = values.0
                    lines[6 &+ x] = values.1
                    lines[12 &+ x] = values.2
                    lines[18 &+ x] = values.3
                }
                for y in 0..<rows {
                    let line = lines + 6 &* y
                    let values = WinogradFilter.interpolate(
                        (line[0], line[1], line[2], line[3], line[4], line[5]), count: size)
                    let start =
                        ((row &+ y) &* output.width &+ column) &* channels &+ c
                    finish(values.0, start, lanes)
                    if columns > 1 { finish(values.1, start &+ channels, lanes) }
                    if columns > 2 { finish(values.2, start &+ 2 &* channels, lanes) }
                    if columns > 3 { finish(values.3, start &+ 3 &* channels, lanes) }
                }
            }
        }
    }

    /// The points of a run of tiles of the output's gradient, `E(m) dY E(m)'`.
    ///
    /// - Parameters:
    ///   - images: Whole images of shape ``output``.
    ///   - points: Overwritten; 36 planes of shape `[tiles.count, output.channels]`.
    public func transformGradient(_ images: FloatView, tiles: Range<Int>, into points: FloatView) {
        let channels = output.channels
        check(images, output, tiles, points, channels)
        let target = points.pointer
        let plane = WinogradFilter.planeStride(tiles.count * channels)
        let size = filter.outputSize
        forEachTile(tiles, size: size) { image, row, column, slot, lines in
            let source = UnsafePointer(images.pointer + image &* output.count)
            let (rows, columns) = (output.height &- row, output.width &- column)
            forEachVector(channels) { c, lanes in
                @inline(__always) func value(_ y: Int, _ x: Int) -> Vector {
                    guard x < size, y < rows, x < columns else { return Vector(repeating: 0) }
                    let index = ((row &+ y) &* output.width &+ column &+ x) &* channels &+ c
                    return load(source + index, lanes)
                }
                let zero = Vector(repeating: 0)
                for y in 0..<size {
                    let line = WinogradFilter.evaluate(
                        (value(y, 0), value(y, 1), value(y, 2), value(y, 3), zero), count: size)
                    Self.put(line, lines + 6 &* y)
                }
                for x in 0..<6 {
                    let line = WinogradFilter.evaluate(
                        (
                            lines[x], lines[6 &+ x], size > 2 ? lines[12 &+ x] : zero,
                            size > 2 ? lines[18 &+ x] : zero, zero
                        ), count: size)
                    Self.spread(
                        line, target + (slot &* channels &+ c &+ x &* plane),
                        stride: 6 &* plane, lanes)
                }
            }
        }
    }

    // MARK: Lines

    @inline(__always)
    static func put(
        _ line: WinogradFilter.Line, _ target: UnsafeMutablePointer<Vector>
    ) {
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

    @inline(__always)
    static func line(
        _ source: UnsafePointer<Float>, stride: Int, _ lanes: Int
    ) -> WinogradFilter.Line {
        (
            load(source, lanes), load(source + stride, lanes), load(source + 2 &* stride, lanes),
            load(source + 3 &* stride, lanes), load(source + 4 &* stride, lanes),
            load(source + 5 &* stride, lanes)
        )
    }

    // MARK: Tiles

    /// Calls `body` with image, first output row and column, and place in the run of each tile, and
    /// with memory for the lines of one tile.
    @inline(__always)
    private func forEachTile(
        _ tiles: Range<Int>, size: Int,
        _ body: (
            _ image: Int, _ row: Int, _ column: Int, _ slot: Int,
            _ lines: UnsafeMutablePointer<Vector>
        ) -> Void
    ) {
        // Once for all tiles: so much does not fit the part of the stack that Swift would use.
        withUnsafeTemporaryAllocation(of: Vector.self, capacity: WinogradFilter.pointCount) {
            lines in
            guard let lines = lines.baseAddress else { return }
            var image = tiles.lowerBound / tileCount
            var tile = tiles.lowerBound % tileCount
            for slot in 0..<tiles.count {
                body(image, tile / tileColumns &* size, tile % tileColumns &* size, slot, lines)
                tile &+= 1
                if tile == tileCount {
                    tile = 0
                    image &+= 1
                }
            }
        }
    }

    private func check(
        _ images: FloatView, _ shape: ImageShape, _ tiles: Range<Int>, _ points: FloatView,
        _ channels: Int
    ) {
        precondition(
            images.count % shape.count == 0
                && tiles.upperBound <= images.count / shape.count * tileCount
                && points.count
                    == WinogradFilter.pointCount
                    * WinogradFilter.planeStride(tiles.count * channels),
            "tiles \(tiles) of \(images.count) values of \(shape) as \(points.count) points")
    }
}
