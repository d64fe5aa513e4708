/// The weights of a convolution at the 36 points: packed before each run of products.
///
///     forward:  U = E(w) g E(w)', as [36][inputs][outputs]
///     backward: the same of the window turned by half a turn, as [36][outputs][inputs]
///
/// Both lie in the same memory, one at a time, which other layers may use in between.
public struct WinogradWeights: Sendable {
    let filter: WinogradFilter
    let inputs, outputs: Int
    private let points: FloatView
    private let turned: FloatView

    /// Lays weights into memory.
    ///
    /// - Parameter storage: ``count(filter:inputs:outputs:)`` values.
    public init(filter: WinogradFilter, inputs: Int, outputs: Int, in storage: FloatView) {
        self.filter = filter
        self.inputs = inputs
        self.outputs = outputs
        let turnedCount = filter.window * filter.window * inputs * outputs
        precondition(
            storage.count == Self.count(filter: filter, inputs: inputs, outputs: outputs),
            "\(storage.count) values of memory for weights of \(inputs) inputs, \(outputs) outputs")
        turned = storage[0..<turnedCount]
        points = storage[turnedCount..<storage.count]
    }

    /// The values that the weights take at the points, with what it takes to turn them.
    public static func count(filter: WinogradFilter, inputs: Int, outputs: Int) -> Int {
        let plane = max(
            PackedMatrix.count(inner: inputs, columns: outputs),
            PackedMatrix.count(inner: outputs, columns: inputs))
        return filter.window * filter.window * inputs * outputs
            + WinogradFilter.pointCount * WinogradFilter.planeStride(plane)
    }

    /// The packed factors of the points, once ``pack(_:pool:)`` has made them.
    func forward(_ point: Int) -> PackedMatrix.Panels {
        factor(point, inner: inputs, columns: outputs)
    }

    /// The packed factors of the points, once ``packTurned(_:pool:)`` has made them.
    func backward(_ point: Int) -> PackedMatrix.Panels {
        factor(point, inner: outputs, columns: inputs)
    }

    private func factor(_ point: Int, inner: Int, columns: Int) -> PackedMatrix.Panels {
        let plane = WinogradFilter.planeStride(PackedMatrix.count(inner: inner, columns: columns))
        return PackedMatrix.Panels(
            inner: inner, columns: columns, start: UnsafePointer(points.pointer + point * plane))
    }

    /// Makes the factors of outputs.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    public func pack(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: inputs, columns: outputs, pool: pool)
    }

    /// Makes the factors of input gradients.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    public func packTurned(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        let (plane, last) = (inputs * outputs, filter.window * filter.window - 1)
        pool.forEach(last + 1) { position, _ in
            let source = weights[position * plane..<(position + 1) * plane]
            let target = turned[(last - position) * plane..<(last - position + 1) * plane]
            Transposition.transpose(source, rows: inputs, columns: outputs, into: target)
        }
        transform(turned, inner: outputs, columns: inputs, pool: pool)
    }

    private func checkCount(_ weights: FloatView) {
        precondition(
            weights.count == filter.window * filter.window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
    }

    /// Transforms weights stored `[window, window, inner, columns]` straight into packed factors.
    private func transform(_ weights: FloatView, inner: Int, columns: Int, pool: ThreadPool) {
        switch filter {
        case .window2:
            transform(weights, count: Two.self, inner: inner, columns: columns, pool: pool)
        case .window3:
            transform(weights, count: Three.self, inner: inner, columns: columns, pool: pool)
        case .window4:
            transform(weights, count: Four.self, inner: inner, columns: columns, pool: pool)
        case .window5:
            transform(weights, count: Five.self, inner: inner, columns: columns, pool: pool)
        }
    }

    @inline(__always)
    private func transform<N: TileSide>(
        _ weights: FloatView, count: N.Type, inner: Int, columns: Int, pool: ThreadPool
    ) {
        let plane = inner * columns
        let stride = WinogradFilter.planeStride(PackedMatrix.count(inner: inner, columns: columns))
        let rowStride = PackedMatrix.rowStride(columns)
        let padded = PackedMatrix.paddedColumnCount(columns)
        let source = UnsafePointer(weights.pointer)
        // Points that do not fit a cache anyway: their lines need not be read before they are written.
        let isStreamed =
            points.count >= Self.streamedCount && columns % laneCount == 0
            && Int(bitPattern: points.pointer) % FloatBuffer.alignment == 0
        pool.forEachRange(inner, grain: Self.grain) { rows, _ in
            for row in rows {
                // Columns that only fill a panel up are transforms of nothing: zeros.
                forEachVector(padded) { c, room in
                    let target =
                        points.pointer + PackedMatrix.offset(ofColumn: c, inner: inner)
                        + row &* rowStride
                    let source = source + (row &* columns &+ c)
                    let lanes = max(min(columns &- c, laneCount), 0)
                    Self.evaluate(
                        .near, source, lanes, count: count, plane: plane, into: target,
                        stride: stride, room, isStreamed: isStreamed)
                    Self.evaluate(
                        .far, source, lanes, count: count, plane: plane,
                        into: target + 3 &* stride, stride: stride, room, isStreamed: isStreamed)
                }
            }
            if isStreamed { finishStreaming() }
        }
    }

    /// Points of more than 16 MiB.
    private static let streamedCount = 4 << 20

    /// Rows of weights that one thread transforms at a time.
    private static let grain = 16

    /// Half of the points of one vector of windows: three columns.
    @inline(__always)
    private static func evaluate<N: TileSide>(
        _ half: WinogradFilter.Half, _ source: UnsafePointer<Float>, _ lanes: Int,
        count _: N.Type, plane: Int, into target: UnsafeMutablePointer<Float>, stride: Int,
        _ room: Int, isStreamed: Bool
    ) {
        let count = N.count
        let zero = Vector(repeating: 0)
        @inline(__always)
        func row(_ y: Int) -> WinogradFilter.HalfLine {
            guard y < count else { return (zero, zero, zero) }
            let row = source + y &* count &* plane
            return WinogradFilter.evaluate(
                (
                    load(row, lanes), load(row + plane, lanes),
                    count > 2 ? load(row + 2 &* plane, lanes) : zero,
                    count > 3 ? load(row + 3 &* plane, lanes) : zero,
                    count > 4 ? load(row + 4 &* plane, lanes) : zero
                ), count: count, half)
        }
        @inline(__always)
        func put(_ column: WinogradFilter.Coefficients, _ target: UnsafeMutablePointer<Float>) {
            let line = WinogradFilter.evaluate(column, count: count)
            if isStreamed {
                TilePixels.stream(line, target, stride: 6 &* stride)
            } else {
                TilePixels.spread(line, target, stride: 6 &* stride, room)
            }
        }
        let columns = TilePixels.transposed((row(0), row(1), row(2), row(3), row(4)))
        put(columns.0, target)
        put(columns.1, target + stride)
        put(columns.2, target + 2 &* stride)
    }

    /// Gradients of some weights from their gradients at the points, `E(w)' C dU C E(w)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes `stride` values apart, of rows of 32 values.
    ///   - rows: The input channels of the planes' rows.
    ///   - columns: The output channels of the rows' values, 32 at most.
    ///   - weights: Stored `[window, window, inputs, outputs]`; overwritten or added to.
    static func interpolate(
        _ points: UnsafePointer<Float>, stride: Int, filter: WinogradFilter, rows: Range<Int>,
        columns: Range<Int>, inputs: Int, outputs: Int, into weights: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        let plane = inputs &* outputs
        // Gradients that do not fit a cache anyway: their lines need not be read before they are written.
        let isStreamed =
            !accumulate && plane >= streamedPlaneCount && outputs % laneCount == 0
            && Int(bitPattern: weights) % FloatBuffer.alignment == 0
        for row in rows {
            let source = points + (row &- rows.lowerBound) &* ProductTile.columnCount
            let target = weights + (row &* outputs &+ columns.lowerBound)
            forEachVector(columns.count) { c, lanes in
                @inline(__always)
                func interpolate<N: TileSide>(count: N.Type) {
                    let rows = TilePixels.interpolate(
                        source + c, laneCount, count: count, plane: stride)
                    if isStreamed {
                        let taps = StreamedTaps(target + c, count: N.count, plane: plane)
                        TilePixels.put(rows, count: count, into: taps)
                    } else {
                        let taps = WindowTaps(
                            target + c, count: N.count, plane: plane, lanes,
                            accumulate: accumulate)
                        TilePixels.put(rows, count: count, into: taps)
                    }
                }
                switch filter {
                case .window2: interpolate(count: Two.self)
                case .window3: interpolate(count: Three.self)
                case .window4: interpolate(count: Four.self)
                case .window5: interpolate(count: Five.self)
                }
            }
        }
        if isStreamed { finishStreaming() }
    }

    /// Values of a tap beyond which gradients are streamed: windows of 3 then take 2 MiB or more.
    private static let streamedPlaneCount = 1 << 16
}
