internal import LRNetSupport

/// A convolution of stride 1 as a grid of Winograd tiles, and the transforms between images and
/// points.
///
/// A block of `T` tiles is stored point by point: 36 planes of `[T][channels]`, with a cache line
/// between planes (``WinogradFilter/planeStride(_:)``). Each plane can therefore be the left factor
/// of one matrix product. Tiles are numbered across all images of a call (``TileOrder``). Values
/// outside an image are 0, and outputs outside it are dropped.
package struct WinogradTiles: Sendable {
    /// The sizes of the window and of the output tile, and their transforms.
    package let filter: WinogradFilter

    /// The shape of one input image.
    package let input: ImageShape

    /// The shape of one output image.
    package let output: ImageShape

    /// The rows of zeros above the input, and the columns of zeros to its left.
    let top, left: Int

    /// The rows and columns of tiles of one image.
    let tileRows, tileColumns: Int

    /// Creates the grid of a convolution.
    ///
    /// - Parameter outputs: The number of output channels.
    /// - Precondition: The geometry has stride 1 and a window of 2 to 5.
    package init(geometry: PatchGeometry, outputs: Int) {
        guard let filter = WinogradFilter(window: geometry.window), geometry.stride == 1 else {
            fatalError(
                "no Winograd filter for window \(geometry.window), stride \(geometry.stride)")
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

    /// The grid of the input gradient, which is the convolution of the output gradient with the
    /// turned window.
    package var transposed: WinogradTiles {
        WinogradTiles(
            filter: filter, input: output, output: input, top: filter.window - 1 - top,
            left: filter.window - 1 - left)
    }

    /// The number of tiles of one image.
    package var tileCount: Int { tileRows * tileColumns }

    /// Computes the points of a range of tiles, `B' d B`.
    ///
    /// - Parameters:
    ///   - images: Whole images of shape ``input``.
    ///   - tiles: A range of the tiles of these images.
    ///   - squared: If true, the squares of the values are transformed.
    ///   - points: Overwritten; 36 planes of `layout`. The values at points that a tile does not need
    ///     (``TileOrder``) are arbitrary, but their products with those of
    ///     ``transformGradient(_:tiles:channels:into:layout:)`` are 0 except for rounding.
    package func transformInput(
        _ images: FloatView, tiles: Range<Int>, squared: Bool, into points: FloatView,
        layout: PointLayout = .floats
    ) {
        let channels = input.channels
        let count = layout.planeCount(tiles: tiles.count, channels: channels)
        check(images, input, tiles, points, count)
        layout.clearPadding(points, tiles: tiles.count, channels: channels)
        let plane = WinogradFilter.planeStride(count)
        let imageCount = images.count / input.count
        TilePixels.forEachTile(of: self, tiles, images: imageCount, channels: channels) {
            pixels, tile, slot in
            pixels.locate(
                images.pointer + tile.image &* input.count, input,
                row: tile.row &* filter.outputSize &- top,
                column: tile.column &* filter.outputSize &- left,
                size: WinogradFilter.tileSize, outside: pixels.zeros)
            let missing = (rows: tile.missingRows, columns: tile.missingColumns)
            let isWhole = max(missing.rows, missing.columns) < 2
            @inline(__always)
            func transform<Format: PointFormat>(
                _ c: Int, _ lanes: Int, into target: UnsafeMutablePointer<Float>, _ format: Format
            ) {
                switch (squared, isWhole) {
                case (true, true):
                    pixels.transformInput(
                        c, lanes, squared: true, into: target, plane: plane, format)
                case (false, true):
                    pixels.transformInput(
                        c, lanes, squared: false, into: target, plane: plane, format)
                case (_, false):
                    pixels.transformInput(
                        c, lanes, squared: squared, missing: missing, into: target, plane: plane,
                        format)
                }
            }
            layout.forEachPart(0..<channels, slot: slot, tiles: tiles.count) {
                channels, offset in
                let (first, target) = (channels.lowerBound, points.pointer + offset)
                pixels.forEachVector(channels.count) { c, lanes in
                    switch layout.format(slot: slot) {
                    case .floats:
                        transform(first &+ c, lanes, into: target + c, FloatPoints(lanes: lanes))
                    case .channelPairs:
                        transform(first &+ c, lanes, into: target + c / 2, ChannelPairs())
                    case .firstOfPairs:
                        transform(first &+ c, lanes, into: target + c, FirstOfPairs())
                    case .secondOfPairs:
                        transform(first &+ c, lanes, into: target + c, SecondOfPairs())
                    }
                }
            }
        }
    }

    /// Returns the number of channels rounded up to whole panels.
    static func paddedCount(_ channels: Int, _ width: Int) -> Int {
        (channels + width - 1) / width * width
    }

    /// Computes the outputs of a range of tiles, `E(m)' C M C E(m)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes of shape `[tiles.count, output.channels]`; must be 0 at finite points
    ///     that a tile does not need.
    ///   - images: Whole images of shape ``output``; the tiles' pixels are overwritten.
    ///   - roots: If given, images `x` of the same shape. The outputs `y` are then gradients of
    ///     their squares, and `2 x y` is added to `images` instead.
    package func transformOutput(
        _ points: FloatView, tiles: Range<Int>, into images: FloatView,
        squareOf roots: FloatView? = nil
    ) {
        check(images, output, tiles, points, tiles.count * output.channels)
        precondition(
            roots == nil || roots?.count == images.count,
            "\(roots?.count ?? 0) roots for \(images.count) outputs")
        switch filter {
        case .window2: transformOutput(points, tiles, count: Five.self, into: images, roots)
        case .window3: transformOutput(points, tiles, count: Four.self, into: images, roots)
        case .window4: transformOutput(points, tiles, count: Three.self, into: images, roots)
        case .window5: transformOutput(points, tiles, count: Two.self, into: images, roots)
        }
    }

    @inline(__always)
    private func transformOutput<N: TileSide>(
        _ points: FloatView, _ tiles: Range<Int>, count: N.Type, into images: FloatView,
        _ roots: FloatView?
    ) {
        let channels = output.channels
        let plane = WinogradFilter.planeStride(tiles.count * channels)
        let imageCount = images.count / output.count
        TilePixels.forEachTile(of: self, tiles, images: imageCount, channels: channels) {
            pixels, tile, slot in
            let source = UnsafePointer(points.pointer + slot &* channels)
            let start = tile.image &* output.count
            let (row, column) = (tile.row &* N.count, tile.column &* N.count)
            pixels.locate(
                images.pointer + start, output, row: row, column: column, size: N.count,
                outside: pixels.discard)
            guard let roots else {
                pixels.forEachVector(channels) { c, lanes in
                    pixels.storeOutput(source + c, c, lanes, count: count, plane: plane)
                }
                return
            }
            pixels.locateRoots(
                roots.pointer + start, output, row: row, column: column, size: N.count)
            pixels.forEachVector(channels) { c, lanes in
                pixels.addOutput(source + c, c, lanes, count: count, plane: plane)
            }
        }
    }

    /// Computes the points of a range of tiles of the output gradient, `E(m) dY E(m)'`. This is the
    /// transpose of ``transformOutput(_:tiles:into:squareOf:)`` without `C`.
    ///
    /// - Parameters:
    ///   - images: Whole images of shape ``output``.
    ///   - channels: The channels to compute; starts at a panel of the layout. `nil` for all.
    ///   - points: Overwritten; 36 planes of `layout`.
    package func transformGradient(
        _ images: FloatView, tiles: Range<Int>, channels: Range<Int>? = nil,
        into points: FloatView, layout: PointLayout = .floats
    ) {
        let selected = channels ?? 0..<output.channels
        let width = layout.panelWidth(channels: output.channels)
        precondition(
            selected.lowerBound % width == 0 && selected.upperBound <= output.channels,
            "channels \(selected) of \(output.channels) in panels of \(width)")
        check(
            images, output, tiles, points,
            layout.planeCount(tiles: tiles.count, channels: output.channels))
        switch filter {
        case .window2:
            transformGradient(images, tiles, selected, count: Five.self, into: points, layout)
        case .window3:
            transformGradient(images, tiles, selected, count: Four.self, into: points, layout)
        case .window4:
            transformGradient(images, tiles, selected, count: Three.self, into: points, layout)
        case .window5:
            transformGradient(images, tiles, selected, count: Two.self, into: points, layout)
        }
    }

    @inline(__always)
    private func transformGradient<N: TileSide>(
        _ images: FloatView, _ tiles: Range<Int>, _ selected: Range<Int>, count: N.Type,
        into points: FloatView, _ layout: PointLayout
    ) {
        let channels = output.channels
        let plane = WinogradFilter.planeStride(
            layout.planeCount(tiles: tiles.count, channels: channels))
        layout.clearPadding(points, tiles: tiles.count, channels: channels)
        let imageCount = images.count / output.count
        TilePixels.forEachTile(of: self, tiles, images: imageCount, channels: channels) {
            pixels, tile, slot in
            pixels.locate(
                images.pointer + tile.image &* output.count, output, row: tile.row &* N.count,
                column: tile.column &* N.count, size: N.count, outside: pixels.zeros)
            layout.forEachPart(selected, slot: slot, tiles: tiles.count) { part, offset in
                let (first, target) = (part.lowerBound, points.pointer + offset)
                pixels.forEachVector(part.count) { c, lanes in
                    switch layout.format(slot: slot) {
                    case .floats:
                        pixels.evaluate(
                            first &+ c, lanes, count: count, into: target + c, plane: plane,
                            FloatPoints(lanes: lanes))
                    case .channelPairs:
                        pixels.evaluate(
                            first &+ c, lanes, count: count, into: target + c / 2, plane: plane,
                            ChannelPairs())
                    case .firstOfPairs:
                        pixels.evaluate(
                            first &+ c, lanes, count: count, into: target + c, plane: plane,
                            FirstOfPairs())
                    case .secondOfPairs:
                        pixels.evaluate(
                            first &+ c, lanes, count: count, into: target + c, plane: plane,
                            SecondOfPairs())
                    }
                }
            }
        }
    }

    private func check(
        _ images: FloatView, _ shape: ImageShape, _ tiles: Range<Int>, _ points: FloatView,
        _ planeCount: Int
    ) {
        precondition(
            images.count % shape.count == 0
                && tiles.upperBound <= images.count / shape.count * tileCount
                && points.count
                    == WinogradFilter.pointCount * WinogradFilter.planeStride(planeCount),
            "tiles \(tiles) of \(images.count) values of \(shape) as \(points.count) points")
    }
}
