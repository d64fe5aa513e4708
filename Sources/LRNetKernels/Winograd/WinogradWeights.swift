internal import LRNetSupport

/// The weights of a convolution, evaluated at the 36 points and packed as right factors of matrix
/// products (``PackedMatrix``).
///
///     forward:  U = E(w) g E(w)', as [36][inputs][outputs]
///     backward: the same for the turned window (rotated by 180 degrees), as [36][outputs][inputs]
///
/// The two forms use the same memory, so only one exists at a time. Other layers may use that
/// memory in between; the weights must therefore be packed before each series of products.
///
/// Naive twin: `Reference.winogradWeights`.
package struct WinogradWeights: Sendable {
    let filter: WinogradFilter
    let inputs, outputs: Int
    private let points: FloatView

    /// Uses `storage` as the memory of the weights.
    ///
    /// - Parameter storage: ``count(filter:inputs:outputs:)`` values.
    package init(filter: WinogradFilter, inputs: Int, outputs: Int, in storage: FloatView) {
        self.filter = filter
        self.inputs = inputs
        self.outputs = outputs
        precondition(
            storage.count == Self.count(filter: filter, inputs: inputs, outputs: outputs),
            "\(storage.count) values of memory for weights of \(inputs) inputs, \(outputs) outputs")
        points = storage
    }

    /// Returns the number of values in the memory of the weights.
    package static func count(filter: WinogradFilter, inputs: Int, outputs: Int) -> Int {
        let plane = max(
            PackedMatrix.count(inner: inputs, columns: outputs),
            PackedMatrix.count(inner: outputs, columns: inputs))
        return WinogradFilter.pointCount * WinogradFilter.planeStride(plane)
    }

    /// Returns the packed factor of outputs at a point. The last call to pack must have been
    /// ``pack(_:pool:)``.
    func forward(_ point: Int) -> PackedMatrix.Panels {
        factor(point, inner: inputs, columns: outputs)
    }

    /// Returns the packed factor of input gradients at a point. The last call to pack must have
    /// been ``packTurned(_:pool:)``.
    func backward(_ point: Int) -> PackedMatrix.Panels {
        factor(point, inner: outputs, columns: inputs)
    }

    private func factor(_ point: Int, inner: Int, columns: Int) -> PackedMatrix.Panels {
        let plane = WinogradFilter.planeStride(PackedMatrix.count(inner: inner, columns: columns))
        return PackedMatrix.Panels(
            inner: inner, columns: columns, start: UnsafePointer(points.pointer + point * plane))
    }

    /// Computes the packed factors of outputs.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    package func pack(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: inputs, columns: outputs, isTurned: false, pool: pool)
    }

    /// Computes the packed factors of input gradients.
    ///
    /// - Parameter weights: Stored `[window, window, inputs, outputs]`.
    package func packTurned(_ weights: FloatView, pool: ThreadPool) {
        checkCount(weights)
        transform(weights, inner: outputs, columns: inputs, isTurned: true, pool: pool)
    }

    private func checkCount(_ weights: FloatView) {
        precondition(
            weights.count == filter.window * filter.window * inputs * outputs,
            "\(weights.count) weights for \(inputs) inputs and \(outputs) outputs")
    }

    /// Transforms weights stored `[window, window, inner, columns]` directly into packed factors.
    /// Turned weights are stored `[window, window, columns, inner]` and read from the last tap to
    /// the first.
    private func transform(
        _ weights: FloatView, inner: Int, columns: Int, isTurned: Bool, pool: ThreadPool
    ) {
        switch filter {
        case .window2: transform(weights, Two.self, inner, columns, isTurned, pool)
        case .window3: transform(weights, Three.self, inner, columns, isTurned, pool)
        case .window4: transform(weights, Four.self, inner, columns, isTurned, pool)
        case .window5: transform(weights, Five.self, inner, columns, isTurned, pool)
        }
    }

    @inline(__always)
    private func transform<N: TileSide>(
        _ weights: FloatView, _ count: N.Type, _ inner: Int, _ columns: Int, _ isTurned: Bool,
        _ pool: ThreadPool
    ) {
        let plane = inner * columns
        let stride = WinogradFilter.planeStride(PackedMatrix.count(inner: inner, columns: columns))
        let rowStride = PackedMatrix.rowStride(columns)
        let padded = PackedMatrix.paddedColumnCount(columns)
        let source = UnsafePointer(weights.pointer)
        // Points too large for the cache bypass it: their lines need not be read before they are
        // written.
        let isStreamed =
            points.count >= Self.streamedCount && columns % laneCount == 0
            && Int(bitPattern: points.pointer) % FloatBuffer.alignment == 0
        /// Transforms one vector of windows.
        @inline(__always)
        func put(_ row: Int, _ c: Int, _ room: Int, _ source: UnsafePointer<Float>, _ plane: Int) {
            let target =
                points.pointer + PackedMatrix.offset(ofColumn: c, inner: inner)
                + row &* rowStride
            // The columns that pad a panel are transforms of zero lanes: zeros.
            let lanes = max(min(columns &- c, laneCount), 0)
            // Whole vectors are handled separately because their loads need no masks.
            if lanes == laneCount {
                Self.evaluate(
                    source, laneCount, count: count, plane: plane, into: target, stride: stride,
                    laneCount, isStreamed: isStreamed)
            } else {
                Self.evaluate(
                    source, lanes, count: count, plane: plane, into: target, stride: stride,
                    room, isStreamed: false)
            }
        }
        pool.forEachRange(inner, grain: Self.grain) { rows, _ in
            if isTurned {
                Self.withTurned(source, count, inner, columns, rows: rows, padded) {
                    block, c, room in
                    for row in rows {
                        let source = block + (row &- rows.lowerBound) &* laneCount
                        put(row, c, room, source, Self.grain &* laneCount)
                    }
                }
            } else {
                for row in rows {
                    forEachVector(padded) { c, room in
                        put(row, c, room, source + (row &* columns &+ c), plane)
                    }
                }
            }
            if isStreamed { finishStreaming() }
        }
    }

    /// Calls `body` for each vector of columns with the given rows of the turned weights,
    /// transposed into a buffer that fits in the cache. The buffer contains the taps from last to
    /// first, each as ``grain`` rows of 16 values.
    @inline(__always)
    private static func withTurned<N: TileSide>(
        _ weights: UnsafePointer<Float>, _: N.Type, _ inner: Int, _ columns: Int,
        rows: Range<Int>, _ padded: Int,
        _ body: (_ block: UnsafePointer<Float>, _ c: Int, _ room: Int) -> Void
    ) {
        let (taps, tapCount) = (N.count * N.count, grain * laneCount)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: taps * tapCount) { memory in
            guard let block = memory.baseAddress else { return }
            forEachVector(padded) { c, room in
                let lanes = max(min(columns &- c, laneCount), 0)
                for tap in 0..<taps {
                    let first = (taps &- 1 &- tap) &* inner &* columns
                    Transposition.transpose(
                        weights + (first &+ c &* inner &+ rows.lowerBound), stride: inner,
                        rows: lanes, columns: rows.count, into: block + tap &* tapCount,
                        stride: laneCount)
                }
                body(UnsafePointer(block), c, room)
            }
        }
    }

    /// The number of values (16 MiB) from which on the points bypass the cache.
    private static let streamedCount = 4 << 20

    /// The number of weight rows that one thread transforms at a time.
    private static let grain = 16

    /// Evaluates one vector of windows at all points, one half after the other.
    @inline(__always)
    private static func evaluate<N: TileSide>(
        _ source: UnsafePointer<Float>, _ lanes: Int, count: N.Type, plane: Int,
        into target: UnsafeMutablePointer<Float>, stride: Int, _ room: Int, isStreamed: Bool
    ) {
        evaluate(
            .near, source, lanes, count: count, plane: plane, into: target, stride: stride, room,
            isStreamed: isStreamed)
        evaluate(
            .far, source, lanes, count: count, plane: plane, into: target + 3 &* stride,
            stride: stride, room, isStreamed: isStreamed)
    }

    /// Evaluates one vector of windows at half of the points: three columns.
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

    /// Computes the gradients of some weights from their gradients at the points,
    /// `E(w)' C dU C E(w)`.
    ///
    /// - Parameters:
    ///   - points: 36 planes, `stride` values apart, with rows of 32 values.
    ///   - rows: The input channels that the rows of a plane belong to.
    ///   - columns: The output channels that the values of a row belong to, at most 32.
    ///   - weights: Stored `[window, window, inputs, outputs]`; overwritten or added to.
    static func interpolate(
        _ points: UnsafePointer<Float>, stride: Int, filter: WinogradFilter, rows: Range<Int>,
        columns: Range<Int>, inputs: Int, outputs: Int, into weights: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        let plane = inputs &* outputs
        // Gradients too large for the cache bypass it: their lines need not be read before they are
        // written.
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

    /// The number of values per tap from which on gradients bypass the cache. The gradients of a
    /// window of 3 then occupy more than 2 MiB.
    private static let streamedPlaneCount = 1 << 16
}
