internal import CVectorMath

/// The way in which the values of tiles or windows at their points are stored, one vector of channels
/// at a time.
///
/// This is a type rather than a closure, because a closure over vectors would become a call for each
/// vector.
protocol PointFormat {
    /// Stores a vector at one point.
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>)
}

extension PointFormat {
    /// Stores the values of a line `stride` values apart.
    @inline(__always)
    func store(
        _ line: WinogradFilter.Line, _ target: UnsafeMutablePointer<Float>, stride: Int
    ) {
        store(line.0, target)
        store(line.1, target + stride)
        store(line.2, target + 2 &* stride)
        store(line.3, target + 3 &* stride)
        store(line.4, target + 4 &* stride)
        store(line.5, target + 5 &* stride)
    }
}

/// Float32 values.
struct FloatPoints: PointFormat {
    /// The number of values of a vector that are stored.
    let lanes: Int

    @inline(__always)
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
        LRNetKernels.store(value, target, lanes)
    }
}

/// Whole vectors of Float32 values that bypass the caches.
struct StreamedPoints: PointFormat {
    @inline(__always)
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>) { stream(value, target) }
}

/// Pairs of neighboring channels in bfloat16: eight words (``BFloatPairs``).
struct ChannelPairs: PointFormat {
    @inline(__always)
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
        lrnet_store_low_halves(lrnet_rounded_to_bfloat(value), target)
    }
}

/// The first values of 16 pairs in bfloat16: words whose high halves are 0.
struct FirstOfPairs: PointFormat {
    @inline(__always)
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
        let words = lrnet_rounded_to_bfloat(value)
        LRNetKernels.store(unsafeBitCast(words, to: Vector.self), target)
    }
}

/// The second values of 16 pairs in bfloat16: the high halves of words whose low halves are there.
struct SecondOfPairs: PointFormat {
    @inline(__always)
    func store(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
        let low = unsafeBitCast(load(target), to: Words.self)
        let words = low | lrnet_rounded_to_bfloat(value) &<< 16
        LRNetKernels.store(unsafeBitCast(words, to: Vector.self), target)
    }
}
