/// A convolution by Winograd's algorithm: outputs, input gradients and weight gradients of whole
/// images, a block of tiles at a time.
///
/// Each of the 36 points is one matrix product over a block's tiles; a block's points stay in cache
/// between the transforms and the products. The blocks follow from the geometry alone.
///
/// Against the direct sum in Double the largest error of a tensor stays below 1e-5 of its root mean
/// square. Measured at the layers of the three networks, with activations after ReLU, moments of
/// random ternary weights and normal gradients: at most 3.6e-6 for outputs, 6.8e-6 for input
/// gradients and 5.6e-6 for weight gradients over 60,000 elements of each tensor; over whole
/// tensors, weight gradients of the variance reach 9.0e-6, where one large square among few tiles
/// decides. With OpenBLAS's products one tensor, the same, reached 1.07e-5.
public struct WinogradConvolution: Sendable {
    /// The tiles of the convolution, and those of its input gradient.
    let tiles, transposedTiles: WinogradTiles

    /// Memory of one thread: points of a block before and after the products.
    public struct Workspace: Sendable {
        let points, products: FloatView

        /// Lays a workspace into memory.
        ///
        /// - Parameter storage: ``WinogradConvolution/workspaceCount`` values.
        public init(_ convolution: WinogradConvolution, in storage: FloatView) {
            precondition(
                storage.count == convolution.workspaceCount,
                "\(storage.count) values of memory for \(convolution.workspaceCount)")
            points = storage[0..<storage.count / 2]
            products = storage[storage.count / 2..<storage.count]
        }

        /// Allocates memory of its own.
        public init(_ convolution: WinogradConvolution) {
            self.init(convolution, in: FloatBuffer(count: convolution.workspaceCount).all)
        }
    }

    /// The values of a workspace.
    public var workspaceCount: Int {
        let widest = max(tiles.input.channels, tiles.output.channels)
        let plane = WinogradFilter.planeStride(max(blockSize, 1) * widest)
        return 2 * WinogradFilter.pointCount * plane
    }

    /// Terms of a chain of the sums over channels, and over tiles: a quarter or half of the rounding
    /// errors of one chain, for three and five percent of a step's time.
    private static let channelChain = 32, tileChain = 16

    /// Values of a block's points, before and after the products, that stay in a core's cache.
    private static let cachedValueCount = 192 << 10

    /// Values of transformed weights beyond which a block must be large to be worth fetching them.
    private static let largeWeightCount = 1 << 20

    /// Creates a convolution.
    ///
    /// - Parameter outputs: The number of output channels.
    /// - Precondition: The geometry has stride 1 and a window of 3 or 5.
    public init(geometry: PatchGeometry, outputs: Int) {
        tiles = WinogradTiles(geometry: geometry, outputs: outputs)
        transposedTiles = tiles.transposed
    }

    /// The values of a gradient at the points: 36 planes of `[inputs, outputs]`.
    public var weightPointCount: Int {
        let plane = tiles.input.channels * tiles.output.channels
        return WinogradFilter.pointCount * WinogradFilter.planeStride(plane)
    }

    /// Tiles of a block: whole rows of the product's tiles.
    var blockSize: Int {
        let perTile = WinogradFilter.pointCount * (tiles.input.channels + tiles.output.channels)
        let least = weightPointCount > Self.largeWeightCount ? 96 : 24
        return min(max(Self.cachedValueCount / perTile, least), 240) / 12 * 12
    }

    /// Computes the outputs of whole images.
    ///
    /// - Parameters:
    ///   - squared: Whether to convolve the squares of the images.
    ///   - output: Overwritten.
    public func forward(
        _ images: FloatView, squared: Bool, weights: WinogradWeights, into output: FloatView,
        workspace: Workspace
    ) {
        convolve(
            images, squared: squared, tiles: tiles, factor: weights.forward, into: output,
            workspace: workspace)
    }

    /// Computes dL/d images from dL/d output.
    ///
    /// - Parameters:
    ///   - inputGradient: Overwritten.
    ///   - squareOf: If given, the images `x` whose squares were convolved: `2 x` times the result is
    ///     then added to `inputGradient` instead.
    public func inputGradient(
        _ gradient: FloatView, weights: WinogradWeights, into inputGradient: FloatView,
        squareOf images: FloatView? = nil, workspace: Workspace
    ) {
        convolve(
            gradient, squared: false, tiles: transposedTiles, factor: weights.backward,
            into: inputGradient, squareOf: images, workspace: workspace)
    }

    private func convolve(
        _ images: FloatView, squared: Bool, tiles: WinogradTiles,
        factor: (Int) -> PackedMatrix,
        into output: FloatView, squareOf roots: FloatView? = nil, workspace: Workspace
    ) {
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        forEachBlock(images.count / tiles.input.count * tiles.tileCount) { block in
            let source = Planes(workspace.points, count: block.count * inputs)
            let target = Planes(workspace.products, count: block.count * outputs)
            tiles.transformInput(images, tiles: block, squared: squared, into: source.all)
            for point in 0..<WinogradFilter.pointCount {
                MatrixProduct.multiply(
                    .plain(source[point]), factor(point), into: target[point], rows: block.count,
                    summation: .runs(chain: Self.channelChain))
            }
            tiles.transformOutput(target.all, tiles: block, into: output, squareOf: roots)
        }
    }

    /// Computes dL/d weights at the points, or adds it; ``WinogradWeights`` turns it into that of
    /// the weights.
    ///
    /// - Parameters:
    ///   - squared: Whether the forward pass convolved squares.
    ///   - gradient: dL/d output.
    ///   - weightPoints: ``weightPointCount`` values.
    public func weightGradient(
        _ images: FloatView, squared: Bool, gradient: FloatView, into weightPoints: FloatView,
        accumulate: Bool, workspace: Workspace
    ) {
        let (inputs, outputs) = (tiles.input.channels, tiles.output.channels)
        let weights = Planes(weightPoints, count: inputs * outputs)
        var isFirst = !accumulate
        forEachBlock(images.count / tiles.input.count * tiles.tileCount) { block in
            let points = Planes(workspace.points, count: block.count * inputs)
            let gradients = Planes(workspace.products, count: block.count * outputs)
            tiles.transformInput(images, tiles: block, squared: squared, into: points.all)
            tiles.transformGradient(gradient, tiles: block, into: gradients.all)
            for point in 0..<WinogradFilter.pointCount {
                MatrixProduct.multiply(
                    .transposed(points[point]), gradients[point], into: weights[point],
                    rows: inputs, columns: outputs, inner: block.count, accumulate: !isFirst,
                    summation: .runs(chain: Self.tileChain))
            }
            isFirst = false
        }
    }

    /// 36 planes of `count` values.
    private struct Planes {
        let all: FloatView
        let count: Int

        init(_ memory: FloatView, count: Int) {
            all = memory[0..<WinogradFilter.pointCount * WinogradFilter.planeStride(count)]
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
