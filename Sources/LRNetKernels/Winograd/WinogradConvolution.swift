internal import LRNetSupport

/// A convolution computed with Winograd's algorithm. It computes outputs, input gradients and
/// weight gradients of whole images, one block of tiles at a time.
///
/// For outputs and input gradients, each of the 36 points of a block is one matrix product whose
/// rows are the block's tiles. A block is small enough that its points stay in the cache between
/// the transforms and the products. The blocks depend on the geometry alone.
///
/// Accuracy: compared with the direct sum in Double, the largest error of a tensor stays below 1e-5
/// of the tensor's root mean square in builds for AVX-512, at the layers of the three networks, with
/// activations after ReLU, moments of random ternary weights and normal gradients
/// (`WinogradAccuracyTests`).
///
/// Naive twins: `Reference.convolution`, `Reference.convolutionInputGradient` and
/// `Reference.convolutionWeightGradient`.
package struct WinogradConvolution: Sendable {
    /// The tiles of the convolution, and those of its input gradient.
    let tiles, transposedTiles: WinogradTiles

    /// For each point, the input channels whose weights are not all 0: for the window, and for
    /// the window rotated by 180 degrees, which the input gradient uses. `nil` if no weights are known to be 0.
    private let channels, turnedChannels: [[Range<Int>]]?

    /// The number formats of the products for which a workspace has memory.
    private let formats: [ProductFormat]

    /// The scratch memory of one thread. It contains the points of a block before and after the
    /// products. For weight gradients it contains the points of both factors and of a few weights.
    package struct Workspace: Sendable {
        let memory: FloatView

        /// Uses `storage` as the memory of a workspace.
        ///
        /// - Parameter storage: ``WinogradConvolution/workspaceCount`` values.
        package init(_ convolution: WinogradConvolution, in storage: FloatView) {
            precondition(
                storage.count == convolution.workspaceCount,
                "\(storage.count) values of memory for \(convolution.workspaceCount)")
            memory = storage
        }

        /// Allocates the memory of a workspace.
        package init(_ convolution: WinogradConvolution) {
            self.init(convolution, in: FloatBuffer(count: convolution.workspaceCount).all)
        }

        /// Returns two consecutive sets of planes, with `first` and `second` values per plane.
        fileprivate func planes(_ first: Int, _ second: Int) -> (Planes, Planes) {
            let start = Planes.count(first)
            return (
                Planes(memory[0..<start], count: first),
                Planes(memory[start..<start + Planes.count(second)], count: second)
            )
        }
    }

    /// The number of values in a workspace.
    package var workspaceCount: Int {
        // The last panel of columns may be read past its end.
        (formats.map(workspaceCount).max() ?? 0) + ProductTile.columnCount
    }

    private func workspaceCount(_ format: ProductFormat) -> Int {
        func count(_ layout: PointLayout, _ size: Int, _ channels: Int) -> Int {
            Planes.count(layout.planeCount(tiles: size, channels: channels))
        }
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        let layout: PointLayout = format == .float32 ? .floats : .channelPairs
        let (left, right) = gradientLayouts(format)
        let size = gradientBlockSize(format)
        return max(
            count(layout, blockSize, inputs) + count(.floats, blockSize, outputs),
            count(layout, blockSize, outputs) + count(.floats, blockSize, inputs),
            count(left, size, inputs) + count(right, size, outputs)
                + Planes.count(Self.gradientPanelCount))
    }

    /// The number of terms per chain (``MatrixProduct/Summation``) in sums over input channels,
    /// output channels and tiles. The rounding errors are a quarter to a half of those of one
    /// chain, at a cost of two to five percent of a step's time.
    private static let inputChain = 64, outputChain = 32, tileChain = 16

    /// The number of values of a block's points, before and after the products together, that stay
    /// in a core's cache.
    private static let cachedValueCount = 192 << 10

    /// The number of transformed weights (16 MiB) above which they are read from memory. A block
    /// must then be large to justify reading them.
    private static let largeWeightCount = 4 << 20

    /// Creates a convolution of unfolded images.
    ///
    /// - Parameters:
    ///   - outputs: The number of output channels.
    ///   - formats: The number formats of the products.
    /// - Precondition: The geometry has stride 1 and a window of 2 to 5.
    package init(geometry: PatchGeometry, outputs: Int, formats: [ProductFormat] = [.float32]) {
        self.init(geometry, outputs, formats)
    }

    /// Creates a convolution of folded images.
    ///
    /// - Precondition: The folded window has 2 to 5 rows.
    package init(folding: FoldedGeometry, outputs: Int, formats: [ProductFormat] = [.float32]) {
        self.init(folding.folded, outputs, formats, channels: folding.channels(at:turned:))
    }

    private init(
        _ geometry: PatchGeometry, _ outputs: Int, _ formats: [ProductFormat],
        channels: ((_ point: Int, _ turned: Bool) -> [Range<Int>])? = nil
    ) {
        self.formats = formats
        tiles = WinogradTiles(geometry: geometry, outputs: outputs)
        transposedTiles = tiles.transposed
        let points = 0..<WinogradFilter.pointCount
        self.channels = channels.map { channels in points.map { channels($0, false) } }
        turnedChannels = channels.map { channels in points.map { channels($0, true) } }
    }

    /// The number of tiles in a block: a multiple of 12, the rows of a product's largest tile.
    var blockSize: Int {
        let perTile = WinogradFilter.pointCount * (tiles.input.channels + tiles.output.channels)
        let weights = WinogradFilter.pointCount * tiles.input.channels * tiles.output.channels
        let least = weights > Self.largeWeightCount ? 96 : 24
        return min(max(Self.cachedValueCount / perTile, least), 240) / 12 * 12
    }

    /// Computes the outputs of whole images.
    ///
    /// - Parameters:
    ///   - squared: If true, the squares of the images are convolved.
    ///   - output: Overwritten.
    package func forward(
        _ images: FloatView, squared: Bool, weights: WinogradWeights, into output: FloatView,
        workspace: Workspace
    ) {
        switch weights.format {
        case .float32:
            convolve(images, squared: squared, tiles: tiles, into: output, workspace: workspace) {
                MatrixProduct.multiply(
                    $1, weights.forward($0), rows: channels?[$0], columns: nil, into: $2,
                    count: $3, summation: .runs(chain: Self.inputChain))
            }
        case .bfloat16:
            let (words, outputs) = (BFloatPairs.wordCount(tiles.input.channels), weights.outputs)
            convolve(
                images, squared: squared, tiles: tiles, layout: .channelPairs, into: output,
                workspace: workspace
            ) {
                BFloatProduct.multiply(
                    BFloatPanel.Left(start: $1, form: .rows(words: words)),
                    weights.pairedForward($0), terms: channels?[$0], into: $2, stride: outputs,
                    rows: $3)
            }
        }
    }

    /// Computes dL/d images from dL/d output.
    ///
    /// - Parameters:
    ///   - inputGradient: Overwritten.
    ///   - images: The images `x` whose squares were convolved, if they were. In that case `2 x`
    ///     times the result is added to `inputGradient` instead.
    package func inputGradient(
        _ gradient: FloatView, weights: WinogradWeights, into inputGradient: FloatView,
        squareOf images: FloatView? = nil, workspace: Workspace
    ) {
        switch weights.format {
        case .float32:
            convolve(
                gradient, squared: false, tiles: transposedTiles, into: inputGradient,
                squareOf: images, workspace: workspace
            ) {
                MatrixProduct.multiply(
                    $1, weights.backward($0), rows: nil, columns: turnedChannels?[$0], into: $2,
                    count: $3, summation: .runs(chain: Self.outputChain))
            }
        case .bfloat16:
            let (words, inputs) = (BFloatPairs.wordCount(tiles.output.channels), weights.inputs)
            convolve(
                gradient, squared: false, tiles: transposedTiles, layout: .channelPairs,
                into: inputGradient, squareOf: images, workspace: workspace
            ) {
                BFloatProduct.multiply(
                    BFloatPanel.Left(start: $1, form: .rows(words: words)),
                    weights.pairedBackward($0), columns: turnedChannels?[$0], into: $2,
                    stride: inputs, rows: $3)
            }
        }
    }

    /// Transforms the images, multiplies by the weights and transforms back, one block of tiles at
    /// a time.
    ///
    /// - Parameter multiply: Multiplies the values of `count` tiles at a point by the weights at
    ///   that point.
    private func convolve(
        _ images: FloatView, squared: Bool, tiles: WinogradTiles, layout: PointLayout = .floats,
        into output: FloatView, squareOf roots: FloatView? = nil, workspace: Workspace,
        multiply: (
            _ point: Int, _ values: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
            _ count: Int
        ) -> Void
    ) {
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        let order = TileOrder(tiles, images: images.count / tiles.input.count)
        let row = layout.planeCount(tiles: 1, channels: inputs)
        forEachBlock(order.count) { block in
            let (source, target) = workspace.planes(
                layout.planeCount(tiles: block.count, channels: inputs), block.count * outputs)
            tiles.transformInput(
                images, tiles: block, squared: squared, into: source.all, layout: layout)
            for point in 0..<WinogradFilter.pointCount {
                let slots = order.slots(at: point, in: block)
                let (values, result) = (source[point].pointer, target[point].pointer)
                multiply(
                    point, values + slots.lowerBound * row,
                    result + slots.lowerBound * outputs, slots.count)
                guard order.leavesGaps else { continue }
                result.update(repeating: 0, count: slots.lowerBound * outputs)
                (result + slots.upperBound * outputs)
                    .update(repeating: 0, count: (block.count - slots.upperBound) * outputs)
            }
            tiles.transformOutput(target.all, tiles: block, into: output, squareOf: roots)
        }
    }

    /// The largest number of rows of the weights (input channels) that are computed at a time, at
    /// all points, for one panel of columns. These sums stay in the cache until they are
    /// transformed.
    private static let mostGradientRows = 64
    private static let gradientPanelCount = mostGradientRows * ProductTile.columnCount

    private var gradientRowCount: Int { min(tiles.input.channels, Self.mostGradientRows) }

    /// The number of tiles in a block of a weight gradient. The more tiles, the cheaper it is to
    /// add to the gradient relative to the products, but the points of the block should not outgrow
    /// the gradient: `tiles * (inputs + outputs) <= inputs * outputs`. The minimum is 96. It is
    /// only 48 if few input channels reuse the part of the output gradient that was read.
    /// Blocks of bfloat16 values are whole blocks of 32 terms.
    private func gradientBlockSize(_ format: ProductFormat) -> Int {
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        let size = max(inputs * outputs / (inputs + outputs), inputs < laneCount ? 48 : 96)
        return format == .float32 ? size : 2 * BFloatPairs.wordCount(size)
    }

    /// The layouts of the input and of the output gradient for a weight gradient. The panels contain
    /// exactly the channels of one group of weights, or 16 input channels.
    private func gradientLayouts(_ format: ProductFormat) -> (left: PointLayout, right: PointLayout)
    {
        switch format {
        case .float32:
            (
                .floatPanels(width: gradientRowCount),
                .floatPanels(width: ProductTile.columnCount)
            )
        case .bfloat16:
            (
                .tilePairs(width: BFloatPairs.leftPanelWidth),
                .tilePairs(width: BFloatPairs.panelWidth)
            )
        }
    }

    /// Computes dL/d weights.
    ///
    ///     dg = E(w)' C [ sum over tiles of (B' d B) * (E(m) dY E(m)') ] C E(w)
    ///
    /// A few weights at a time are summed at all points and transformed immediately. The points of
    /// the gradient, which are four times as many as its values for a window of 3, therefore never
    /// reach memory. The points of both factors are stored in panels that contain exactly the
    /// channels of one such group of weights.
    ///
    /// At points where the weights are always 0 (``FoldedGeometry``), the sums are not computed and
    /// keep their old values. They contribute to no tap.
    ///
    /// - Parameters:
    ///   - squared: True if the forward pass convolved squares.
    ///   - gradient: dL/d output.
    ///   - weights: Stored `[window, window, inputs, outputs]`.
    ///   - panels: The panels of 32 outputs to compute; `nil` for all outputs.
    ///   - accumulate: If true, adds to `weights` instead of overwriting them.
    ///   - format: The number format of the products.
    package func weightGradient(
        _ images: FloatView, squared: Bool, gradient: FloatView, into weights: FloatView,
        panels: Range<Int>? = nil, accumulate: Bool = false, format: ProductFormat = .float32,
        workspace: Workspace
    ) {
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        let window = tiles.filter.window
        precondition(
            weights.count == window * window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
        let order = TileOrder(tiles, images: images.count / tiles.input.count)
        let width = ProductTile.columnCount
        let selected =
            panels.map { $0.lowerBound * width..<min($0.upperBound * width, outputs) }
            ?? 0..<outputs
        if order.count == 0 && !accumulate {
            for tap in 0..<window * window * inputs {
                weights[tap * outputs + selected.lowerBound..<tap * outputs + selected.upperBound]
                    .fill(0)
            }
        }
        let (left, right) = gradientLayouts(format)
        let blockSize = gradientBlockSize(format)
        for start in stride(from: 0, to: order.count, by: blockSize) {
            let block = start..<min(start + blockSize, order.count)
            let (rowCount, columnCount) = (gradientRowCount, ProductTile.columnCount)
            let (points, slopes) = workspace.planes(
                left.planeCount(tiles: block.count, channels: inputs),
                right.planeCount(tiles: block.count, channels: outputs))
            tiles.transformInput(
                images, tiles: block, squared: squared, into: points.all, layout: left)
            tiles.transformGradient(
                gradient, tiles: block, channels: selected, into: slopes.all, layout: right)
            if format == .bfloat16 {
                for point in 0..<WinogradFilter.pointCount {
                    BFloatPairs.arrangeLeft(points[point])
                }
            }
            let end = points.all.count + slopes.all.count
            let sums = Planes(
                workspace.memory[end..<end + Planes.count(Self.gradientPanelCount)],
                count: Self.gradientPanelCount)
            for row in stride(from: 0, to: inputs, by: rowCount) {
                let rows = row..<min(row + rowCount, inputs)
                for column in stride(
                    from: selected.lowerBound, to: selected.upperBound, by: columnCount)
                {
                    let columns = column..<min(column + columnCount, outputs)
                    for point in 0..<WinogradFilter.pointCount
                    where channels?[point].contains(where: { $0.overlaps(rows) }) ?? true {
                        let slots = order.slots(at: point, in: block)
                        let sums = sums[point].pointer
                        switch format {
                        case .float32:
                            MatrixProduct.multiplyPanel(
                                points[point].pointer + row * block.count
                                    + slots.lowerBound * rowCount, aStride: rowCount,
                                slopes[point].pointer + column * block.count
                                    + slots.lowerBound * columnCount, bStride: columnCount,
                                into: sums, rows: rows.count, columns: columns.count,
                                inner: slots.count, chain: Self.tileChain)
                        case .bfloat16:
                            BFloatProduct.multiplyPanel(
                                points[point].pointer, slopes[point].pointer, rows: rows,
                                columns: columns, terms: slots, of: block.count, into: sums)
                        }
                    }
                    WinogradWeights.interpolate(
                        sums.all.pointer, stride: WinogradFilter.planeStride(sums.count),
                        filter: tiles.filter, rows: rows, columns: columns, inputs: inputs,
                        outputs: outputs, into: weights.pointer, accumulate: accumulate || start > 0
                    )
                }
            }
        }
    }

    /// 36 planes of `count` values each, one per point.
    fileprivate struct Planes {
        let all: FloatView
        let count: Int

        /// Returns the number of values in the memory of 36 planes of `count` values each.
        static func count(_ count: Int) -> Int {
            WinogradFilter.pointCount * WinogradFilter.planeStride(count)
        }

        init(_ memory: FloatView, count: Int) {
            all = memory[0..<Self.count(count)]
            self.count = count
        }

        subscript(point: Int) -> FloatView {
            let start = point * WinogradFilter.planeStride(count)
            return all[start..<start + count]
        }
    }

    private func forEachBlock(_ tileCount: Int, _ body: (Range<Int>) -> Void) {
        for start in stride(from: 0, to: tileCount, by: blockSize) {
            body(start..<min(start + blockSize, tileCount))
        }
    }
}
